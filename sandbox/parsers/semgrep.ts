import {
  type ParsedFinding,
  ReportError,
  type ReportParser,
  type Severity,
} from './parsed-report.js'
import {
  isObject,
  type Json,
  type JsonObject,
  numberOrNone,
  object,
  objects,
  readJson,
  text,
  textOrNone,
  texts,
  withoutUndefined,
} from './report-json.js'

const SEVERITY = new Map<string, Severity>([
  ['CRITICAL', 'Critical'],
  ['ERROR', 'High'],
  ['HIGH', 'High'],
  ['WARNING', 'Medium'],
  ['MEDIUM', 'Medium'],
  // DefectDojo rates Semgrep's INFO as Low.
  ['LOW', 'Low'],
  ['INFO', 'Low'],
])

/**
 * "Semgrep JSON Report": `semgrep --json`, and the `vulns` of its supply chain reports. Results of one rule at one
 * place count once. JSON with neither list gives nothing.
 */
export const parseSemgrep: ReportParser = (report) => {
  const data = readJson(report)
  if (!isObject(data)) return { findings: [] }
  const read =
    data.results === undefined
      ? objects(data.vulns, 'vulns').map(supplyChainFinding)
      : objects(data.results, 'results').map(codeFinding)
  const byPlace = new Map<string, ParsedFinding>()
  for (const finding of read) {
    const place = JSON.stringify([finding.title, finding.file_path, finding.line])
    const earlier = byPlace.get(place)
    if (earlier) earlier.nb_occurences = (earlier.nb_occurences ?? 1) + 1
    else byPlace.set(place, finding)
  }
  return { findings: [...byPlace.values()] }
}

function codeFinding(item: JsonObject): ParsedFinding {
  const extra = object(item.extra, 'extra')
  const metadata = object(extra.metadata, 'extra.metadata')
  const rule = text(item.check_id, 'check_id')
  return withoutUndefined<ParsedFinding>({
    title: rule,
    severity: severity(extra.severity),
    description: describe(extra),
    mitigation: mitigation(extra),
    references:
      metadata.references === undefined
        ? undefined
        : texts(metadata.references, 'references').join('\n'),
    ...weaknesses(metadata.cwe),
    file_path: text(item.path, 'path'),
    line: numberOrNone(object(item.start, 'start').line),
    static_finding: true,
    dynamic_finding: false,
    unique_id_from_tool: fingerprint(extra),
    vuln_id_from_tool: rule,
    nb_occurences: 1,
  })
}

function supplyChainFinding(item: JsonObject): ParsedFinding {
  const advisory = object(item.advisory, 'advisory')
  const place = object(item.dependencyFileLocation, 'dependencyFileLocation')
  return withoutUndefined<ParsedFinding>({
    title: text(item.title, 'title'),
    severity: severity(advisory.severity),
    description: textOrNone(advisory.description) ?? '',
    ...weaknesses(object(advisory.references, 'advisory.references').cweIds),
    file_path: text(place.path, 'path'),
    line: numberOrNone(place.startLine),
    static_finding: true,
    dynamic_finding: false,
    unique_id_from_tool: isObject(item.extra) ? fingerprint(item.extra) : undefined,
    vuln_id_from_tool: String(item.repositoryId),
    nb_occurences: 1,
  })
}

function severity(value: Json | undefined): Severity {
  const word = text(value, 'severity')
  const known = SEVERITY.get(word.toUpperCase())
  if (known === undefined) throw new ReportError(`Unknown value for severity: ${word}`)
  return known
}

function describe(extra: JsonObject): string {
  const message = `**Result message:** ${text(extra.message, 'message')}\n`
  // Semgrep writes "requires login" where it withholds something from users without an account.
  const snippet = extra.lines === 'requires login' ? undefined : textOrNone(extra.lines)
  return snippet === undefined ? message : `${message}**Snippet:**\n\`\`\`${snippet}\`\`\`\n`
}

function mitigation(extra: JsonObject): string | undefined {
  if (extra.fix !== undefined) return text(extra.fix, 'fix')
  if (extra.fix_regex === undefined) return undefined
  const regex = JSON.stringify(extra.fix_regex)
  return `**You can automaticaly apply this regex:**\n\n\`\`\`\n\n${regex}\n\n\`\`\`\n`
}

function fingerprint(extra: JsonObject): string | undefined {
  return extra.fingerprint === 'requires login' ? undefined : textOrNone(extra.fingerprint)
}

/** `CWE-79: …` or a list of such; the first is the primary one. */
function weaknesses(value: Json | undefined): { cwe?: number; cwes?: number[] } {
  if (value === undefined) return {}
  const labels = typeof value === 'string' ? [value] : texts(value, 'cwe')
  const cwes = labels.map((label) => {
    const digits = /^[^:]*?-(\d+)\s*(?::|$)/.exec(label)?.[1]
    if (digits === undefined) {
      throw new ReportError(`invalid literal for int() with base 10: '${label}'`)
    }
    return Number.parseInt(digits, 10)
  })
  const [cwe] = cwes
  return cwe === undefined ? {} : { cwe, cwes }
}
