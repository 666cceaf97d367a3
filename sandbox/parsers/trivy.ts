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
import { TRIVY_SEVERITY, vulnerabilityFinding } from './trivy-vulnerability.js'

/** "Trivy Scan": vulnerabilities, misconfigurations, secrets and licences of `trivy --format json`, schema 2, the older bare list, and cluster scans. */
export const parseTrivy: ReportParser = (report) => {
  const data = readJson(report)
  if (data === null) return { findings: [] }
  if (Array.isArray(data)) return { findings: targets(data, undefined) }
  const whole = object(data, 'the report')
  if (whole.SchemaVersion === 2) return { findings: targets(whole.Results, undefined) }
  if (whole.ClusterName === undefined || whole.ClusterName === null) {
    throw new ReportError('Schema of Trivy json report is not supported')
  }
  const findings = ['Vulnerabilities', 'Misconfigurations', 'Resources'].flatMap((list) =>
    objects(whole[list], list).flatMap((item) =>
      targets(
        item.Results,
        ['Namespace', 'Kind', 'Name']
          .map((key) => textOrNone(item[key]))
          .filter((part) => part !== undefined)
          .join(' / '),
      ),
    ),
  )
  return { findings }
}

function targets(value: Json | undefined, service: string | undefined): ParsedFinding[] {
  const list: readonly Json[] = Array.isArray(value) ? value : []
  return list
    .filter(isObject)
    .filter((target) => target.Target !== undefined)
    .flatMap((target) => [
      ...objects(target.Vulnerabilities, 'Vulnerabilities')
        .map((item) => vulnerabilityFinding(item, target, service))
        .filter((finding) => finding !== undefined),
      ...objects(target.Misconfigurations, 'Misconfigurations').map((item) =>
        misconfigurationFinding(item, target, service),
      ),
      ...objects(target.Secrets, 'Secrets').map((item) => secretFinding(item, target, service)),
      ...objects(target.Licenses, 'Licenses').map((item) => licenceFinding(item, target, service)),
    ])
}

function misconfigurationFinding(
  item: JsonObject,
  target: JsonObject,
  service: string | undefined,
): ParsedFinding {
  const id = textOrNone(item.ID)
  const description = textOrNone(item.Description) ?? ''
  const url = textOrNone(item.PrimaryURL)
  const references = texts(item.References, 'References').filter((link) => link !== url)
  const place = text(target.Target, 'Target')
  const identity = textOrNone(item.AVDID) ?? id
  return withoutUndefined<ParsedFinding>({
    title: `${id} - ${textOrNone(item.Title) ?? 'Unknown Misconfiguration'}`,
    severity: TRIVY_SEVERITY.get(textOrNone(item.Severity) ?? '') ?? 'Info',
    description: [
      `**Target:** ${place}`,
      `**Type:** ${textOrNone(item.Type) ?? ''}`,
      '',
      description,
      `${textOrNone(item.Message) ?? ''}${causeTable(item)}\n`,
    ].join('\n'),
    mitigation: textOrNone(item.Resolution),
    impact: description === '' ? undefined : description,
    references: (url === undefined ? references : [url, ...references]).join('\n') || undefined,
    vulnerability_ids: identity === undefined ? undefined : [identity],
    file_path: place,
    fix_available: true,
    static_finding: true,
    dynamic_finding: false,
    service,
    tags: tags(target.Type, target.Class),
  })
}

function causeTable(item: JsonObject): string {
  const cause = isObject(item.CauseMetadata) ? item.CauseMetadata : {}
  const code = isObject(cause.Code) ? cause.Code : {}
  const rows = objects(code.Lines, 'Lines').map(
    (line) => `${line.Number ?? ''}\t${line.Content ?? ''}\n`,
  )
  // DefectDojo prints the heading even without rows, unless Trivy wrote null.
  return code.Lines === null ? '' : `\nNumber\tContent\n${rows.join('')}`
}

function secretFinding(
  item: JsonObject,
  target: JsonObject,
  service: string | undefined,
): ParsedFinding {
  const place = text(target.Target, 'Target')
  return withoutUndefined<ParsedFinding>({
    title: `Secret detected in ${place} - ${item.Title}`,
    severity: knownSeverity(item),
    description: `${item.Title}\n**Category:** ${item.Category}\n**Match:** ${item.Match}\n`,
    file_path: place,
    line: numberOrNone(item.StartLine),
    fix_available: true,
    static_finding: true,
    dynamic_finding: false,
    service,
    tags: tags(target.Class),
  })
}

function licenceFinding(
  item: JsonObject,
  target: JsonObject,
  service: string | undefined,
): ParsedFinding {
  return withoutUndefined<ParsedFinding>({
    title: `License detected in ${target.Target} - ${item.Name}`,
    severity: knownSeverity(item),
    description: `${item.Name}\n**Category:** ${item.Category}\n**Package:** ${item.PkgName}\n`,
    file_path: textOrNone(item.FilePath),
    fix_available: true,
    static_finding: true,
    dynamic_finding: false,
    service,
    tags: tags(target.Class),
  })
}

/** Unlike for vulnerabilities, an unknown word here crashes DefectDojo's parser. */
function knownSeverity(item: JsonObject): Severity {
  const severity = TRIVY_SEVERITY.get(text(item.Severity, 'Severity'))
  if (severity === undefined) throw new TypeError(`${item.Severity} is not a severity`)
  return severity
}

function tags(...values: (Json | undefined)[]): string[] {
  return values.map(textOrNone).filter((value) => value !== undefined)
}
