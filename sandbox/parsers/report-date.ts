import { ReportError } from './parsed-report.js'

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}.*)?$/
const MONTH_FIRST = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: \d{1,2}:\d{2}.*)?$/

/**
 * The day of a date or date-time in a report, as `YYYY-MM-DD` in the zone the report uses. Takes ISO 8601 and
 * `MM/DD/YYYY`; DefectDojo guesses at more, this does not. Anything else is a {@link ReportError}.
 */
export function reportDay(value: string): string {
  const iso = ISO.exec(value.trim())
  const monthFirst = MONTH_FIRST.exec(value.trim())
  const [year, month, day] = iso
    ? [iso[1], iso[2], iso[3]]
    : monthFirst
      ? [monthFirst[3], monthFirst[1], monthFirst[2]]
      : []
  const written = `${year}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}`
  const time = Date.parse(`${written}T00:00:00Z`)
  // Date.parse rolls 30 February over into March on some engines, hence the way back.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== written) {
    throw new ReportError(`Unknown string format: ${value}`)
  }
  return written
}
