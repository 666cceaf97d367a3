import { type FieldIssues, ruleBroken } from '../http/api-error.js'
import type { Exchange } from '../http/exchange.js'
import type { Model } from '../http/model.js'
import type { FindingRecord } from '../records.js'
import { mayUseProduct, visibility } from '../rules/access.js'
import { cvss3Score } from '../rules/cvss.js'
import { deduplicate } from '../rules/deduplication.js'
import { settleStatus, statusOf } from '../rules/finding-status.js'
import { hashCode } from '../rules/hash-code.js'
import { unaccept } from '../rules/risk.js'
import { timestamp } from '../rules/times.js'
import type { Store } from '../store.js'
import { changedFindingView, createdFindingView, findingView } from '../views/findings.js'
import { briefUser } from '../views/people.js'
import { testView } from '../views/tests.js'
import { changeFields, createFields } from './finding-fields.js'
import { findingFilters, findingOrdering } from './finding-filters.js'
import { removeFinding } from './removal.js'

const productOfTest = (store: Store, test: number) =>
  store.products.get(store.engagements.get(store.tests.get(test)?.engagement)?.product)

const user = (x: Exchange, id: number) => briefUser(x.store, id) ?? undefined

/** `/findings/` by id. What closes, verifies and relates them is in `finding-actions.ts`. */
export const findings: Model<FindingRecord> = {
  path: 'findings',
  label: 'Finding',
  rows: (x) => {
    const all = x.store.findings.all()
    const sees = visibility(x.store, x.user)
    return all.filter(sees.finding)
  },
  find(x, id) {
    const row = x.store.findings.get(id)
    return row && mayUseProduct(x.store, x.user, productOfTest(x.store, row.test)) ? row : undefined
  },
  view: (x, rows) => rows.map((row) => findingView(x, row)),
  filters: findingFilters,
  ordering: findingOrdering,
  prefetch: {
    test: {
      ids: (row) => [row.test],
      view(x, id) {
        const test = x.store.tests.get(id)
        return test && testView(x.store, test)
      },
    },
    reporter: { ids: (row) => [row.reporter], view: user },
    mitigated_by: { ids: (row) => [row.mitigated_by], view: user },
    last_reviewed_by: { ids: (row) => [row.last_reviewed_by], view: user },
    reviewers: { ids: (row) => row.reviewers, view: user },
    found_by: { ids: (row) => row.found_by, view: (x, id) => x.store.testTypes.get(id) },
    duplicate_finding: {
      ids: (row) => [row.duplicate_finding],
      view(x, id) {
        const row = x.store.findings.get(id)
        return row && findingView(x, row)
      },
    },
  },
  parent: {
    field: 'test',
    label: 'Test',
    find: (x, id) => x.store.tests.get(id),
    may: (x, id) => mayUseProduct(x.store, x.user, productOfTest(x.store, id)),
  },
  fields: changeFields,
  createFields,
  check(x, values, _row, body) {
    const issues: FieldIssues = {}
    const text = 'Editing mitigated timestamp is disabled (EDITABLE_MITIGATED_DATA=false)'
    for (const name of ['mitigated', 'mitigated_by']) {
      if (body[name] === undefined || body[name] === null) continue
      issues[name] = [{ text, code: 'invalid' }]
    }
    const kevDate = values.kev_date
    if (typeof kevDate === 'string' && Date.parse(kevDate) > x.store.now().getTime() + 86_400_000) {
      issues.kev_date = [{ text: 'The KEV date cannot be in the future.', code: 'invalid' }]
    }
    return Object.keys(issues).length > 0 ? issues : undefined
  },
  create(x, values) {
    const { store } = x
    const given = values as Partial<FindingRecord> &
      Pick<FindingRecord, 'test' | 'title' | 'severity'>
    checkRules(x, given, undefined, productOfTest(store, given.test)?.enable_simple_risk_acceptance)
    derive(given, undefined)
    const finding = store.createFinding({ reporter: x.user.id, ...stored(given) } as typeof given)
    settleStatus(store, finding, null, x.user)
    return finding
  },
  createdView(x, finding) {
    const json = createdFindingView(finding)
    // The server deduplicates after it has answered.
    deduplicate(x.store, [finding])
    return { json, headers: { location: finding.url ?? 'None' } }
  },
  change(x, finding, values) {
    const { store } = x
    const given = values as Partial<FindingRecord>
    const simple = productOfTest(store, finding.test)?.enable_simple_risk_acceptance
    checkRules(x, given, finding, simple)
    const before = statusOf(finding)
    if (given.risk_accepted === false) unaccept(store, finding, x.user)
    if (given.vulnerability_ids?.length === 0) delete given.vulnerability_ids
    derive(given, finding)
    if (given.tags) given.tags = store.spell('finding', given.tags)
    Object.assign(finding, stored(given), { updated: timestamp(store.now()) })
    settleStatus(store, finding, before, x.user)
    store.refresh(finding)
    finding.hash_code = hashCode(finding, store.tests.get(finding.test)?.scan_type ?? null)
  },
  changedView: (x, row) => changedFindingView(x, row),
  remove: ({ store }, row) => removeFinding(store, row.id),
}

/** What no state may be, compared with what is stored plus what was sent. */
function checkRules(
  x: Exchange,
  given: Partial<FindingRecord>,
  row: FindingRecord | undefined,
  simpleRiskAcceptance: boolean | undefined,
): void {
  const whole = x.method === 'PUT'
  const active = given.active ?? (whole ? true : (row?.active ?? true))
  const verified = given.verified ?? row?.verified ?? false
  const duplicate = given.duplicate ?? row?.duplicate ?? false
  const falsePositive = given.false_p ?? row?.false_p ?? false
  const accepted = given.risk_accepted ?? row?.risk_accepted ?? false
  if ((active || verified) && duplicate) {
    throw ruleBroken('Duplicate findings cannot be verified or active')
  }
  if (falsePositive && verified) throw ruleBroken('False positive findings cannot be verified.')
  if (accepted && !row?.risk_accepted && !simpleRiskAcceptance) {
    throw ruleBroken(
      'Simple risk acceptance is disabled for this product, use the UI to accept this finding.',
    )
  }
  if (active && accepted) throw ruleBroken('Active findings cannot be risk accepted.')
}

/** Values that follow from others that were sent: the score from its vector, the weaknesses from each other. */
function derive(given: Partial<FindingRecord>, row: FindingRecord | undefined): void {
  if (given.cvssv3) given.cvssv3_score = cvss3Score(given.cvssv3) ?? null
  if (given.cwes && !given.cwe) given.cwe = Number(given.cwes[0]?.replace('CWE-', '') ?? 0)
  else if (given.cwe && !given.cwes) {
    const others = row?.cwes.filter((cwe) => cwe !== `CWE-${row.cwe}`) ?? []
    given.cwes = [`CWE-${given.cwe}`, ...others]
  }
  if (given.cwe === null) given.cwe = 0
  if (given.component_name === '') given.component_name = null
  if (given.component_version === '') given.component_version = null
}

/** The columns of a finding among what was sent. */
function stored(given: Partial<FindingRecord>): Partial<FindingRecord> {
  const { push_to_jira: _push, ...columns } = given as Partial<FindingRecord> & {
    push_to_jira?: boolean
  }
  return columns
}
