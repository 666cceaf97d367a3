import type { Exchange } from '../http/exchange.js'
import type { EngagementRecord, FindingRecord, ProductRecord, TestRecord } from '../records.js'
import type { Filter, Filters } from '../rules/filters.js'
import type { Ordering } from '../rules/ordering.js'
import { byFields } from '../rules/ordering.js'
import { tagFilters } from '../rules/tag-filters.js'
import { day } from '../rules/times.js'

type Column = keyof FindingRecord & string

const testOf = (row: FindingRecord, x: Exchange): TestRecord | undefined =>
  x.store.tests.get(row.test)
const engagementOf = (row: FindingRecord, x: Exchange): EngagementRecord | undefined =>
  x.store.engagements.get(testOf(row, x)?.engagement)
const productOf = (row: FindingRecord, x: Exchange): ProductRecord | undefined =>
  x.store.products.get(engagementOf(row, x)?.product)

/** Filters that compare the column of their own name. */
function columns(
  kind: 'boolean' | 'contains' | 'exact' | 'numbers' | 'number' | 'range' | 'day',
  names: Column[],
) {
  return Object.fromEntries(
    names.map((name) => [
      name,
      { kind, of: (row: FindingRecord) => row[name] } as unknown as Filter<FindingRecord>,
    ]),
  )
}

const breached = (row: FindingRecord, x: Exchange): boolean =>
  row.active && row.sla_expiration_date !== null && row.sla_expiration_date < day(x.store.now())

function parentTags(
  prefix: string,
  of: (row: FindingRecord, x: Exchange) => readonly string[],
): Filters<FindingRecord> {
  return {
    [`${prefix}__tags`]: { kind: 'tags', test: 'any', of },
    [`${prefix}__tags__and`]: { kind: 'tags', test: 'all', of },
    [`not_${prefix}__tags`]: { kind: 'tags', test: 'any', not: true, of },
  }
}

/** All list filters of 3.2.0: the table of the API document, §8.2. */
export const findingFilters: Filters<FindingRecord> = {
  ...columns('numbers', [
    'id',
    'cwe',
    'found_by',
    'reporter',
    'mitigated_by',
    'last_reviewed_by',
    'reviewers',
    'review_requested_by',
    'defect_review_requested_by',
    'nb_occurences',
    'scanner_confidence',
    'sast_source_line',
    'sonarqube_issue',
  ]),
  ...columns('boolean', [
    'active',
    'verified',
    'duplicate',
    'false_p',
    'out_of_scope',
    'is_mitigated',
    'under_review',
    'under_defect_review',
    'static_finding',
    'dynamic_finding',
    'risk_accepted',
    'fix_available',
    'known_exploited',
    'ransomware_used',
  ]),
  ...columns('contains', [
    'title',
    'component_name',
    'component_version',
    'file_path',
    'description',
    'mitigation',
    'impact',
    'references',
    'steps_to_reproduce',
    'severity_justification',
    'param',
    'payload',
    'hash_code',
    'unique_id_from_tool',
  ]),
  ...columns('exact', [
    'service',
    'vuln_id_from_tool',
    'fix_version',
    'effort_for_fixing',
    'planned_remediation_version',
    'cvssv3',
    'cvssv4',
    'sast_sink_object',
    'sast_source_object',
    'sast_source_file_path',
  ]),
  ...columns('number', ['cvssv3_score', 'cvssv4_score']),
  ...columns('range', ['date', 'created', 'mitigated', 'last_reviewed']),
  ...columns('day', [
    'kev_date',
    'sla_expiration_date',
    'sla_start_date',
    'planned_remediation_date',
    'publish_date',
  ]),
  exact_title: { kind: 'exact, no case', of: (row) => row.title },
  severity: { kind: 'words', of: (row) => row.severity },
  numerical_severity: { kind: 'words', of: (row) => row.numerical_severity },
  vulnerability_id: { kind: 'words', of: (row) => row.vulnerability_ids },
  product_lifecycle: { kind: 'words', of: (row, x) => productOf(row, x)?.lifecycle ?? null },
  product_name: { kind: 'exact, no case', of: (row, x) => productOf(row, x)?.name ?? null },
  product_name_contains: { kind: 'contains', of: (row, x) => productOf(row, x)?.name ?? null },
  has_jira: { kind: 'boolean', of: () => false },
  mitigation_available: { kind: 'boolean', of: (row) => Boolean(row.mitigation) },
  jira_creation: { kind: 'range', of: () => null },
  jira_change: { kind: 'range', of: () => null },
  epss_score_min: {
    kind: 'per cent',
    bound: 'min',
    other: 'epss_score_max',
    of: (r) => r.epss_score,
  },
  epss_score_max: {
    kind: 'per cent',
    bound: 'max',
    other: 'epss_score_min',
    of: (r) => r.epss_score,
  },
  epss_percentile_min: {
    kind: 'per cent',
    bound: 'min',
    other: 'epss_percentile_max',
    of: (row) => row.epss_percentile,
  },
  epss_percentile_max: {
    kind: 'per cent',
    bound: 'max',
    other: 'epss_percentile_min',
    of: (row) => row.epss_percentile,
  },
  outside_of_sla: {
    kind: 'code',
    meanings: { '0': (row, x) => !breached(row, x), '1': breached },
  },
  risk_acceptance: {
    kind: 'code',
    meanings: {
      '1': (row) => row.risk_accepted,
      '2': (row) => !row.risk_accepted,
      '3': (row, x) => expired(row, x),
    },
  },
  discovered_on: { kind: 'day', of: (row) => row.date },
  discovered_before: { kind: 'day', compare: 'before', of: (row) => row.date },
  discovered_after: { kind: 'day', compare: 'after', of: (row) => row.date },
  mitigated_on: { kind: 'moment', compare: 'on', of: (row) => row.mitigated },
  mitigated_before: { kind: 'moment', compare: 'before', of: (row) => row.mitigated },
  mitigated_after: { kind: 'moment', compare: 'after', of: (row) => row.mitigated },
  last_status_update: { kind: 'moment', compare: 'on', of: (row) => row.last_status_update },
  updated: { kind: 'moment', compare: 'on', of: (row) => row.updated },
  test: {
    kind: 'one',
    exists: (id, x) => x.store.tests.get(id) !== undefined,
    of: (row) => row.test,
  },
  duplicate_finding: {
    kind: 'one',
    exists: (id, x) => x.store.findings.get(id) !== undefined,
    of: (row) => row.duplicate_finding,
  },
  test__engagement: { kind: 'numbers', of: (row, x) => testOf(row, x)?.engagement },
  test__engagement__product: { kind: 'numbers', of: (row, x) => engagementOf(row, x)?.product },
  test__engagement__product__prod_type: {
    kind: 'numbers',
    of: (row, x) => productOf(row, x)?.prod_type,
  },
  test__test_type: { kind: 'numbers', of: (row, x) => testOf(row, x)?.test_type },
  // With locations on, neither old endpoints nor groups have rows to point to.
  endpoints: { kind: 'numbers', of: () => null },
  finding_group: { kind: 'numbers', of: () => null },
  ...tagFilters<FindingRecord>((row) => row.tags),
  ...parentTags('test', (row, x) => testOf(row, x)?.tags ?? []),
  ...parentTags('test__engagement', (row, x) => engagementOf(row, x)?.tags ?? []),
  ...parentTags('test__engagement__product', (row, x) => productOf(row, x)?.tags ?? []),
}

function expired(row: FindingRecord, x: Exchange): boolean {
  const now = x.store.now().getTime()
  return x.store.riskAcceptances
    .all()
    .some(
      (acceptance) =>
        acceptance.accepted_findings.includes(row.id) &&
        acceptance.expiration_date !== null &&
        Date.parse(acceptance.expiration_date) < now,
    )
}

/** What `o` may name on findings. `severity` sorts as text: Critical, High, Info, Low, Medium. */
export const findingOrdering: Ordering<FindingRecord> = {
  ...byFields<FindingRecord>(
    'active',
    'component_name',
    'component_version',
    'created',
    'cwe',
    'date',
    'duplicate',
    'dynamic_finding',
    'false_p',
    'id',
    'is_mitigated',
    'last_reviewed',
    'last_status_update',
    'numerical_severity',
    'out_of_scope',
    'planned_remediation_date',
    'severity',
    'sla_expiration_date',
    'static_finding',
    'title',
    'under_defect_review',
    'under_review',
    'verified',
  ),
  found_by: (row) => row.found_by[0],
  reviewers: (row) => row.reviewers[0],
  test__engagement__product__name: (row, x) => productOf(row, x)?.name,
}
