import type { Upload } from '../dojo/dojo-call.js'
import { type ImportView, importView } from '../dojo/import-view.js'
import { afterWrite } from '../dojo/record-reader.js'
import { severities } from '../dojo/records.js'
import { invalid } from '../errors.js'
import { flag, oneOf, optional, text } from '../guard/field-kinds.js'
import type { Bound } from '../guard/fields.js'
import { base64Report, reportName, textReport } from '../guard/scan-file-fields.js'
import { newTags } from '../guard/tag-fields.js'
import { normaliseTag } from '../guard/tag-rules.js'
import type { ToolContext } from './define-tool.js'

/** What import_scan and reimport_scan have in common; `closeOldFindings` is where they differ. */
export const scanFields = (closeOldFindings: boolean, closes: string) => ({
  scan_type: text(
    200,
    "DefectDojo's exact name of the report format, e.g. 'SARIF', 'Bandit Scan', 'Trivy Scan', 'Semgrep JSON Report', 'Generic Findings Import'.",
    { notBlank: true },
  ),
  file: optional(base64Report('The report as base64, at most 50 MiB; or use content.')),
  content: optional(textReport('The report as plain text, at most 50 MiB; or use file.')),
  file_name: reportName(
    'With extension: xml, csv, json, jsonl, sarif, html, txt, nessus, fpr, zip, xlsx, log, md.',
  ),
  product_name: optional(secretFree(200, 'Product to import into; needs engagement_name.')),
  engagement_name: optional(secretFree(200, 'Engagement to import into; the newest so named.')),
  auto_create_context: flag(true, 'Create a missing product, engagement or product type.'),
  close_old_findings: flag(closeOldFindings, closes),
  deduplication_on_engagement: flag(
    true,
    'A created engagement looks for duplicates only within itself.',
  ),
  product_type_name: optional(secretFree(200, 'Needed when the product must be created.')),
  active: flag(undefined, 'Force open or not; unset: as the report says.'),
  verified: flag(undefined, 'Force verified or not; unset: as the report says.'),
  minimum_severity: optional(oneOf(severities, 'Drop findings below it.')),
  push_to_jira: flag(false, 'Create JIRA issues.'),
  version: optional(secretFree(100, 'Version that was scanned.')),
  branch_tag: optional(secretFree(200, 'Branch or tag that was scanned.')),
  commit_hash: optional(secretFree(64, 'Commit that was scanned.')),
  build_id: optional(secretFree(200, 'Build that was scanned.')),
  tags: optional(newTags('Tags of the test, stored in lower case. Letters, digits, ._:/+-')),
  group_by: optional(
    secretFree(
      200,
      'Group findings by component_name, component_name+component_version, file_path, finding_title or vuln_id_from_tool.',
    ),
  ),
})

function secretFree(max: number, description: string) {
  return text(max, description, { refuse: ['secrets'] })
}

export type ScanInput = Bound<ReturnType<typeof scanFields>>

/** Exactly one of the two forms of a report. */
export function checkReport({ file, content }: ScanInput): void {
  if ((file === undefined) === (content === undefined)) {
    throw invalid('exactly one of file (base64) and content (plain text) must be given')
  }
}

/** A plain form field for every given value; booleans and numbers as text. */
function formFields(
  values: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): Upload['fields'] {
  const given = Object.entries(values).flatMap(([name, value]): [string, string | string[]][] => {
    if (value === undefined) return []
    return [[name, typeof value === 'object' ? [...value] : String(value)]]
  })
  return Object.fromEntries(given)
}

/** Sending, and being read by DefectDojo. */
const steps = 2
/** Parts of the sending that are told, of a body that is not sent in an instant. */
const parts = 10
const mebibyte = 1_048_576
const largeBytes = 4 * mebibyte

/** Tells a waiting client how much of a report is sent, and when all of it is. */
function tellOfSending({ progress, log }: ToolContext, reportBytes: number) {
  let told = 0
  progress(0, steps, 'Sending the report')
  log('info', 'Sending the report', { bytes: reportBytes })

  return (bytes: number, total: number): void => {
    const part = Math.floor((bytes / total) * parts)
    if (!(part > told) || (part < parts && total < largeBytes)) return
    told = part
    if (part < parts) {
      const size = `${Math.floor(bytes / mebibyte)} of ${Math.ceil(total / mebibyte)} MiB`
      progress(part / parts, steps, `Sending the report, ${size}`)
    } else {
      progress(1, steps, 'DefectDojo is reading the report')
      log('info', 'DefectDojo is reading the report')
    }
  }
}

/** Uploads a report; the waiting client is told of it. */
export async function uploadScan(
  path: string,
  { file, content, file_name, tags, ...options }: ScanInput & { test?: number | undefined },
  context: ToolContext,
): Promise<ImportView> {
  const report = file === undefined ? Buffer.from(content ?? '') : Buffer.from(file, 'base64')
  const body = await context.dojo.upload(
    path,
    {
      fields: formFields({ ...options, tags: tags?.map(normaliseTag) }),
      file: { name: file_name, content: report },
    },
    tellOfSending(context, report.length),
  )
  context.log('info', 'The report is imported')
  return afterWrite(importView, body)
}
