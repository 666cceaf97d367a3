import { genericCsvFindings } from './generic-csv.js'
import { type ParsedFinding, ReportError, type ReportParser } from './parsed-report.js'
import { cweNumber, supportedSeverity } from './rating.js'
import { reportDay } from './report-date.js'
import {
  isObject,
  type Json,
  type JsonObject,
  object,
  objects,
  readJson,
  text,
  textOrNone,
  texts,
} from './report-json.js'

const SCAN_TYPE = 'Generic Findings Import'

/** How a field that is carried over is read. */
const CARRIED = {
  date: 'day',
  cwe: 'number',
  epss_score: 'number',
  epss_percentile: 'number',
  cvssv3: 'text',
  cvssv3_score: 'number',
  cvssv4: 'text',
  cvssv4_score: 'number',
  mitigation: 'text',
  impact: 'text',
  steps_to_reproduce: 'text',
  severity_justification: 'text',
  references: 'text',
  active: 'flag',
  verified: 'flag',
  false_p: 'flag',
  out_of_scope: 'flag',
  risk_accepted: 'flag',
  is_mitigated: 'flag',
  line: 'number',
  file_path: 'text',
  component_name: 'text',
  component_version: 'text',
  static_finding: 'flag',
  dynamic_finding: 'flag',
  scanner_confidence: 'number',
  unique_id_from_tool: 'text',
  vuln_id_from_tool: 'text',
  nb_occurences: 'number',
  service: 'text',
  kev_date: 'day',
  known_exploited: 'flag',
  ransomware_used: 'flag',
  fix_available: 'flag',
  fix_version: 'text',
} as const satisfies { readonly [K in keyof ParsedFinding]?: 'day' | 'number' | 'text' | 'flag' }

const REQUIRED = ['description', 'severity', 'title']

/** Accepted and left out of what is stored here: nothing in the sandbox shows them. */
const IGNORED = [
  'endpoints',
  'files',
  'under_review',
  'thread_id',
  'mitigated',
  'numerical_severity',
  'param',
  'payload',
  'sast_source_object',
  'sast_sink_object',
  'sast_source_line',
  'sast_source_file_path',
  'publish_date',
  'planned_remediation_date',
  'planned_remediation_version',
  'effort_for_fixing',
]

const ALLOWED = new Set([
  ...Object.keys(CARRIED),
  ...REQUIRED,
  ...IGNORED,
  'cve',
  'cwes',
  'tags',
  'vulnerability_ids',
])

/**
 * "Generic Findings Import": DefectDojo's own JSON, or CSV. DefectDojo goes by the file's extension; a parser here
 * sees only the text, and takes for CSV what starts with a header line that names Title and Severity.
 */
export const parseGeneric: ReportParser = (report) => {
  if (isCsv(report)) return { findings: genericCsvFindings(report.replace(/^\uFEFF/, '')) }
  const data = object(readJson(report), 'the report')
  const findings = objects(data.findings, 'findings').map(genericFinding)
  const testType = textOrNone(data.type)
  return testType === undefined || testType === SCAN_TYPE ? { findings } : { testType, findings }
}

function isCsv(report: string): boolean {
  const [header = ''] = report.replace(/^\uFEFF/, '').split(/\r?\n|\r/, 1)
  const columns = header.split(',').map((cell) => cell.replaceAll('"', '').trim())
  return columns.includes('Title') && columns.includes('Severity')
}

function genericFinding(item: JsonObject): ParsedFinding {
  const missing = REQUIRED.filter((name) => item[name] === undefined)
  if (missing.length > 0)
    throw new ReportError(`Required fields are missing: ${pythonList(missing)}`)
  const strange = Object.keys(item)
    .filter((name) => !ALLOWED.has(name))
    .sort()
  if (strange.length > 0) {
    throw new ReportError(`Not allowed fields are present: ${pythonList(strange)}`)
  }
  const carried = Object.entries(CARRIED)
    .filter(([name]) => item[name] !== undefined && item[name] !== null)
    .map(([name, kind]) => [name, carry(item[name], kind, name)])
  return {
    ...(Object.fromEntries(carried) as Partial<ParsedFinding>),
    title: text(item.title, 'title'),
    severity: supportedSeverity(text(item.severity, 'severity')),
    description: text(item.description, 'description'),
    ...vulnerabilityIds(item),
    ...weaknesses(item),
    ...(item.tags !== undefined && { tags: texts(item.tags, 'tags') }),
  }
}

function carry(value: Json | undefined, kind: string, name: string): string | number | boolean {
  if (kind === 'day') return reportDay(text(value, name))
  if (kind === 'text') return text(value, name)
  if (typeof value === (kind === 'flag' ? 'boolean' : 'number')) return value as number | boolean
  throw new TypeError(`${name} is not a ${kind}`)
}

function vulnerabilityIds(item: JsonObject): { vulnerability_ids?: string[] } {
  const cve = textOrNone(item.cve)
  const listed = texts(item.vulnerability_ids, 'vulnerability_ids')
  const ids = [...new Set(cve === undefined ? listed : [cve, ...listed])]
  return ids.length > 0 ? { vulnerability_ids: ids } : {}
}

/** `cwes` holds numbers, labels, or `{"cwe": label}`; its first is the primary one unless `cwe` says otherwise. */
function weaknesses(item: JsonObject): { cwe?: number; cwes?: number[] } {
  if (!Array.isArray(item.cwes) || item.cwes.length === 0) return {}
  const cwes = item.cwes.map((given: Json) => {
    const label = isObject(given) ? given.cwe : given
    const number =
      typeof label === 'number' ? label : cweNumber(`cwe-${String(label).replace(/^cwe-/i, '')}`)
    if (number === undefined) throw new ReportError(`Invalid CWE: ${String(label)}`)
    return number
  })
  const own = typeof item.cwe === 'number' && item.cwe > 0 ? item.cwe : cwes[0]
  return { ...(own !== undefined && { cwe: own }), cwes }
}

function pythonList(names: readonly string[]): string {
  return `[${names.map((name) => `'${name}'`).join(', ')}]`
}
