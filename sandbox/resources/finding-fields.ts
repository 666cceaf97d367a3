import { pythonList } from '../http/api-error.js'
import { cvss3Score, isCvss4 } from '../rules/cvss.js'
import * as types from '../rules/field-types.js'
import { type Field, type Fields, issue } from '../rules/fields.js'
import { severities } from '../rules/severities.js'
import { tagsField } from '../rules/tags.js'

const optional = { nullable: true }
const people = types.references((store) => store.users)
const person = types.reference((store) => store.users, optional)
const score10 = types.decimal({ nullable: true, min: 0, max: 10 })
const score1 = types.decimal({ nullable: true, min: 0, max: 1 })

/** A list of objects with one text each, `[{"vulnerability_id": "CVE-…"}]`; 3.2 also takes the bare texts. */
function listOf(key: string, read: (text: string) => string | undefined): Field {
  return {
    read(value) {
      if (!Array.isArray(value)) {
        const type = types.pythonType(value)
        return issue(`Expected a list of items but got type "${type}".`, 'not_a_list')
      }
      const texts: string[] = []
      for (const item of value) {
        const given: unknown =
          typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[key] : item
        const text = typeof given === 'string' ? read(given) : undefined
        if (text === undefined) return issue(`Invalid ${key}.`)
        texts.push(text)
      }
      return { value: texts }
    },
  }
}

const severity: Field = {
  required: true,
  read: (value) =>
    severities.some((word) => word === value)
      ? { value }
      : issue(`Severity must be one of the following: ${pythonList(severities)}`),
}

const cvssv3: Field = {
  nullable: true,
  read(value) {
    if (value === '') return { value: null }
    return typeof value === 'string' && cvss3Score(value) !== undefined
      ? { value }
      : issue('No valid CVSS3 vectors found by cvss.parse_cvss_from_text()')
  },
}

const cvssv4: Field = {
  nullable: true,
  read(value) {
    if (value === '') return { value: null }
    return typeof value === 'string' && isCvss4(value)
      ? { value }
      : issue('No valid CVSS4 vectors found by cvss.parse_cvss_from_text()')
  },
}

/** What a change may set. `test`, `duplicate_finding`, `hash_code` and the like are ignored, not refused. */
export const changeFields: Fields = {
  found_by: types.references((store) => store.testTypes, { required: true }),
  vulnerability_ids: listOf('vulnerability_id', (text) => text),
  cwes: listOf('cwe', (text) => (/^CWE-\d+$/i.test(text) ? text.toUpperCase() : undefined)),
  reporter: types.reference((store) => store.users),
  title: types.text({ required: true, max: 511 }),
  date: types.date(),
  sla_start_date: types.date(optional),
  sla_expiration_date: types.date(optional),
  cwe: types.integer(optional),
  epss_score: score1,
  epss_percentile: score1,
  known_exploited: types.flag(),
  ransomware_used: types.flag(),
  kev_date: types.date(optional),
  cvssv3,
  cvssv3_score: score10,
  cvssv4,
  cvssv4_score: score10,
  url: types.optionalText(2000),
  severity,
  description: types.text({ required: true }),
  mitigation: types.optionalText(),
  fix_available: types.flag(optional),
  fix_version: types.optionalText(100),
  impact: types.optionalText(),
  steps_to_reproduce: types.optionalText(),
  severity_justification: types.optionalText(),
  references: types.optionalText(),
  active: types.flag(),
  verified: types.flag(),
  false_p: types.flag(),
  duplicate: types.flag(),
  out_of_scope: types.flag(),
  risk_accepted: types.flag(),
  under_review: types.flag(),
  under_defect_review: types.flag(),
  is_mitigated: types.flag(),
  thread_id: types.integer(),
  numerical_severity: types.text({ required: true, max: 4 }),
  line: types.integer(optional),
  file_path: types.optionalText(4000),
  component_name: types.optionalText(500),
  component_version: types.optionalText(100),
  static_finding: types.flag(),
  dynamic_finding: types.flag(),
  scanner_confidence: types.integer(optional),
  unique_id_from_tool: types.optionalText(500),
  vuln_id_from_tool: types.optionalText(500),
  sast_source_object: types.optionalText(500),
  sast_sink_object: types.optionalText(500),
  sast_source_line: types.integer(optional),
  sast_source_file_path: types.optionalText(4000),
  nb_occurences: types.integer(optional),
  publish_date: types.date(optional),
  service: types.optionalText(200),
  planned_remediation_date: types.date(optional),
  planned_remediation_version: types.optionalText(99),
  effort_for_fixing: types.optionalText(99),
  review_requested_by: person,
  defect_review_requested_by: person,
  sonarqube_issue: types.referenceToNothing,
  reviewers: people,
  tags: tagsField(),
  push_to_jira: types.flag(),
}

/** What a create may set: as a change, but flags are required and tags are lower-cased. */
export const createFields: Fields = {
  ...changeFields,
  test: types.reference((store) => store.tests),
  active: types.flag({ required: true }),
  verified: types.flag({ required: true }),
  tags: tagsField(true),
}
