import { maxDatabaseInteger } from '../guard/field-kinds.js'

/** With two more digits there are at most 111 ids, and an address that every proxy takes. */
const moreDigits = 2

/** True when what is typed is the beginning of an id, not of a name. */
export const isBeginningOfId = (typed: string): boolean => /^\d+$/.test(typed)

/**
 * Ids that begin with the digits typed, as DefectDojo's filter by several ids takes them, which is the only one it has: the digits
 * themselves, then with up to two more. Each further digit typed brings longer ids within reach. Undefined when no id begins so.
 */
export function idsBeginningWith(digits: string): string | undefined {
  const first = Number(digits)
  if (digits.startsWith('0') || first > maxDatabaseInteger) return undefined
  const ids: number[] = []
  for (let more = 0; more <= moreDigits; more += 1) {
    const step = 10 ** more
    for (let last = 0; last < step; last += 1) ids.push(first * step + last)
  }
  return ids.filter((id) => id <= maxDatabaseInteger).join(',')
}

/** The id that another argument holds: undefined when it is blank, null when it is no id, so that nothing can lie below it. */
export function givenId(text: string | undefined): number | null | undefined {
  const trimmed = text?.trim() ?? ''
  if (trimmed === '') return undefined
  const id = Number(trimmed)
  return /^[1-9]\d{0,9}$/.test(trimmed) && id <= maxDatabaseInteger ? id : null
}
