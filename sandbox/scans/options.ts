import { type FieldIssues, refused, ruleBroken } from '../http/api-error.js'
import type { Exchange, UploadedFile } from '../http/exchange.js'
import { bodyFields } from '../http/json-body.js'
import type { Severity } from '../parsers/parsed-report.js'
import * as types from '../rules/field-types.js'
import { type Fields, readFields } from '../rules/fields.js'
import { severities } from '../rules/severities.js'
import { tagsField } from '../rules/tags.js'
import { day } from '../rules/times.js'
import { scanTypes } from './scan-types.js'

/** What was sent with a report, checked, in the names of the form; defaults are filled in. */
export interface ImportOptions {
  scan_type: string
  scan_date?: string
  minimum_severity: Severity
  /** Undefined: as the parser says. */
  active?: boolean
  verified?: boolean
  auto_create_context: boolean
  deduplication_on_engagement: boolean
  deduplication_execution_mode: string | null
  close_old_findings: boolean
  close_old_findings_product_scope: boolean
  do_not_reactivate: boolean
  apply_tags_to_findings: boolean
  tags?: string[]
  service?: string
  version?: string
  branch_tag?: string
  build_id?: string
  commit_hash?: string
  test_title?: string
  environment?: string
  engagement_end_date?: string
  source_code_management_uri?: string
  group_by?: string
  lead: number | null
  create_finding_groups_for_all_findings: boolean
  apply_tags_to_endpoints: boolean
  push_to_jira: boolean
}

const groupings = [
  'component_name',
  'component_name+component_version',
  'file_path',
  'finding_title',
  'vuln_id_from_tool',
]

const fields: Fields = {
  scan_date: types.date(),
  minimum_severity: types.choice(severities),
  active: types.flag(),
  verified: types.flag(),
  scan_type: types.choice(scanTypes, { required: true }),
  endpoint_to_add: types.referenceToNothing,
  product_type_name: types.text(),
  product_name: types.text(),
  engagement_name: types.text(),
  engagement_end_date: types.date(),
  source_code_management_uri: types.url(600),
  test_title: types.text({ max: 255 }),
  auto_create_context: types.flag(),
  deduplication_on_engagement: types.flag(),
  lead: types.reference((store) => store.users, { nullable: true }),
  tags: tagsField(),
  close_old_findings: types.flag(),
  close_old_findings_product_scope: types.flag(),
  do_not_reactivate: types.flag(),
  push_to_jira: types.flag(),
  deduplication_execution_mode: types.choice(['async', 'async_wait', 'sync']),
  environment: types.text(),
  version: types.text({ max: 100 }),
  build_id: types.text({ max: 150 }),
  branch_tag: types.text({ max: 150 }),
  commit_hash: types.text({ max: 150 }),
  api_scan_configuration: types.referenceToNothing,
  service: types.text({ max: 200 }),
  group_by: types.choice(groupings),
  create_finding_groups_for_all_findings: types.flag(),
  apply_tags_to_findings: types.flag(),
  apply_tags_to_endpoints: types.flag(),
}

const extensions = [
  'xml',
  'csv',
  'nessus',
  'json',
  'jsonl',
  'html',
  'js',
  'zip',
  'xlsx',
  'txt',
  'sarif',
  'fpr',
  'md',
  'log',
  'fvdl',
]

const defaults = {
  minimum_severity: 'Info' as Severity,
  auto_create_context: false,
  deduplication_on_engagement: false,
  deduplication_execution_mode: null,
  close_old_findings_product_scope: false,
  do_not_reactivate: false,
  apply_tags_to_findings: false,
  apply_tags_to_endpoints: false,
  create_finding_groups_for_all_findings: true,
  push_to_jira: false,
  lead: null,
}

/** The fields of the form that hold something: an empty one counts as not sent. */
export function sentFields(x: Exchange): Record<string, unknown> {
  const sent = Object.entries(bodyFields(x)).filter(([, value]) => value !== '')
  return Object.fromEntries(sent)
}

/** Checks the options and the report file. `sent` are the options as given, for the echo in the answer. */
export function readOptions(
  x: Exchange,
  closeOldFindings: boolean,
): { options: ImportOptions; sent: Record<string, unknown>; file: UploadedFile } {
  const body = sentFields(x)
  if (typeof body.tags === 'string') body.tags = [body.tags]
  const { values, issues } = readFields(fields, body, x.store, false)
  const scanDate = values.scan_date
  const early: FieldIssues =
    typeof scanDate === 'string' && scanDate > day(x.store.now())
      ? { scan_date: [{ text: 'The scan_date cannot be in the future!', code: 'invalid' }] }
      : {}
  const complaints: FieldIssues = { ...early, ...issues }
  const file = x.body.kind === 'form' ? x.body.files.file : undefined
  if (file) {
    const complaint = refuseExtension(file.filename)
    if (complaint) complaints.file = [{ text: complaint, code: 'invalid_extension' }]
  }
  if (Object.keys(complaints).length > 0) throw refused(complaints)
  if (!file) {
    throw ruleBroken(`Uploading a Report File is required for ${String(values.scan_type)}`)
  }
  const options = { ...defaults, close_old_findings: closeOldFindings, ...values } as ImportOptions
  return { options, sent: values, file }
}

function refuseExtension(filename: string): string | undefined {
  const dot = filename.lastIndexOf('.')
  const extension = dot === -1 ? '' : filename.slice(dot + 1).toLowerCase()
  if (extensions.includes(extension)) return undefined
  return `File extension “${extension}” is not allowed. Allowed extensions are: ${extensions.join(', ')}.`
}
