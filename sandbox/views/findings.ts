import type { Exchange } from '../http/exchange.js'
import type { FindingRecord } from '../records.js'
import { day, daysBetween } from '../rules/times.js'
import type { Store } from '../store.js'
import { notesOf } from './notes.js'

/** The parts of `display_status` in DefectDojo's order, `Inactive, Mitigated, False Positive`. */
function displayStatus(finding: FindingRecord): string {
  const parts = [finding.active ? 'Active' : 'Inactive']
  if (finding.verified) parts.push('Verified')
  if (finding.mitigated !== null || finding.is_mitigated) parts.push('Mitigated')
  if (finding.false_p) parts.push('False Positive')
  if (finding.out_of_scope) parts.push('Out Of Scope')
  if (finding.duplicate) parts.push('Duplicate')
  if (finding.risk_accepted) parts.push('Risk Accepted')
  return parts.join(', ')
}

/** Days since the finding was found, until it was mitigated. */
function age(finding: FindingRecord, now: Date): number {
  const end = finding.mitigated?.slice(0, 10) ?? day(now)
  return Math.max(0, daysBetween(finding.date, end))
}

function slaDaysRemaining(finding: FindingRecord, now: Date): number | null {
  if (finding.sla_expiration_date === null) return null
  const from = finding.mitigated?.slice(0, 10) ?? day(now)
  return daysBetween(from, finding.sla_expiration_date)
}

/** The columns; what JSON leaves out is undefined, which is far cheaper than copying all the others one by one. */
function stored(finding: FindingRecord): Record<string, unknown> {
  return {
    ...finding,
    meta: undefined,
    request_response: undefined,
    cwes: finding.cwes.map((cwe) => ({ cwe })),
    vulnerability_ids: finding.vulnerability_ids.map((id) => ({ vulnerability_id: id })),
    endpoints: [],
    files: [],
  }
}

/** A finding as reading shows it. `related_fields` is filled when the query says literally `true`. */
export function findingView(x: Exchange, finding: FindingRecord): Record<string, unknown> {
  const { store } = x
  const now = store.now()
  return {
    ...stored(finding),
    request_response: {
      req_resp: finding.request_response,
    },
    accepted_risks: acceptedRisks(store, finding),
    push_to_jira: false,
    age: age(finding, now),
    sla_days_remaining: slaDaysRemaining(finding, now),
    finding_meta: finding.meta,
    related_fields: x.query.get('related_fields') === 'true' ? related(store, finding) : null,
    jira_creation: null,
    jira_change: null,
    display_status: displayStatus(finding),
    finding_groups: [],
    notes: notesOf(store, finding),
  }
}

/** What PATCH and PUT answer: all of it but `push_to_jira`. */
export function changedFindingView(x: Exchange, finding: FindingRecord): object {
  return { ...findingView(x, finding), push_to_jira: undefined }
}

/** What a create answers: the stored fields only. */
export function createdFindingView(finding: FindingRecord): object {
  return { ...stored(finding), push_to_jira: false, notes: [] }
}

function acceptedRisks(store: Store, finding: FindingRecord): object[] {
  if (!finding.risk_accepted) return []
  return store.riskAcceptances
    .all()
    .filter((row) => row.accepted_findings.includes(finding.id))
    .map((row) => ({ ...row, path: 'No proof has been supplied', notes: notesOf(store, row) }))
}

function named(row: { id: number; name: string } | undefined): object | null {
  return row ? { id: row.id, name: row.name } : null
}

function related(store: Store, finding: FindingRecord): object | null {
  const test = store.tests.get(finding.test)
  const engagement = store.engagements.get(test?.engagement)
  const product = store.products.get(engagement?.product)
  if (!test || !engagement || !product) return null
  const { branch_tag, build_id, commit_hash, version } = test
  return {
    test: {
      id: test.id,
      title: test.title,
      test_type: named(store.testTypes.get(test.test_type)),
      engagement: {
        id: engagement.id,
        name: engagement.name,
        description: engagement.description,
        product: {
          id: product.id,
          name: product.name,
          prod_type: named(store.productTypes.get(product.prod_type)),
        },
        target_start: engagement.target_start,
        target_end: engagement.target_end,
        branch_tag: engagement.branch_tag,
        engagement_type: engagement.engagement_type,
        build_id: engagement.build_id,
        commit_hash: engagement.commit_hash,
        version: engagement.version,
        created: engagement.created,
        updated: engagement.updated,
      },
      environment: named(store.environments.get(test.environment)),
      branch_tag,
      build_id,
      commit_hash,
      version,
    },
    jira: null,
  }
}
