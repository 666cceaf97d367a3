import { readCsv } from './csv.js'
import { type ParsedFinding, ReportError } from './parsed-report.js'
import { isSeverity } from './rating.js'
import { reportDay } from './report-date.js'
import { withoutUndefined } from './report-json.js'

type Row = ReadonlyMap<string, string>

/** The CSV form of "Generic Findings Import". Rows alike in severity, title and description count once. */
export function genericCsvFindings(report: string): ParsedFinding[] {
  const byIdentity = new Map<string, ParsedFinding>()
  for (const finding of readCsv(report).map(rowFinding)) {
    const identity = JSON.stringify([finding.severity, finding.title, finding.description])
    const earlier = byIdentity.get(identity)
    if (earlier === undefined) {
      byIdentity.set(identity, finding)
      continue
    }
    earlier.nb_occurences = (earlier.nb_occurences ?? 1) + 1
    const ids = [...(earlier.vulnerability_ids ?? []), ...(finding.vulnerability_ids ?? [])]
    if (ids.length > 0) earlier.vulnerability_ids = [...new Set(ids)]
  }
  return [...byIdentity.values()]
}

function rowFinding(row: Row): ParsedFinding {
  const severity = required(row, 'Severity')
  const ids = [row.get('CVE'), row.get('Vulnerability Id')].filter((id) => id)
  return withoutUndefined<ParsedFinding>({
    title: required(row, 'Title'),
    severity: isSeverity(severity) ? severity : 'Info',
    description: required(row, 'Description'),
    date: reportDay(required(row, 'Date')),
    mitigation: row.get('Mitigation'),
    impact: row.get('Impact'),
    references: row.get('References'),
    active: flag(row, 'Active'),
    verified: flag(row, 'Verified'),
    false_p: flag(row, 'FalsePositive'),
    is_mitigated: flag(row, 'IsMitigated'),
    cwe: whole(row, 'CweId'),
    vulnerability_ids: ids.length > 0 ? (ids as string[]) : undefined,
    cvssv3: row.get('CVSSV3') || undefined,
    cvssv4: row.get('CVSSV4') || undefined,
    epss_score: decimal(row, 'epss_score'),
    epss_percentile: decimal(row, 'epss_percentile'),
    fix_version: row.get('fix_version') || undefined,
    nb_occurences: 1,
  })
}

/** A missing column is a KeyError in DefectDojo's parser, so a plain Error. */
function required(row: Row, column: string): string {
  const value = row.get(column)
  if (value === undefined) throw new TypeError(`column ${column} is missing`)
  return value
}

function flag(row: Row, column: string): boolean | undefined {
  const value = row.get(column)
  return value === undefined ? undefined : /^t/i.test(value)
}

function whole(row: Row, column: string): number | undefined {
  const value = row.get(column)?.trim()
  if (value === undefined) return undefined
  if (/^\d+$/.test(value)) return Number.parseInt(value, 10)
  throw new ReportError(`invalid literal for int() with base 10: '${value}'`)
}

function decimal(row: Row, column: string): number | undefined {
  const value = row.get(column)?.trim()
  if (value === undefined) return undefined
  if (/^\d+(?:\.\d+)?$/.test(value)) return Number(value)
  throw new ReportError(`could not convert string to float: '${value}'`)
}
