import { ApiError, broken, noSuch, notFound, refusedPlainly } from '../http/api-error.js'
import { type Exchange, noContent, ok, type Route } from '../http/exchange.js'
import { bodyFields } from '../http/json-body.js'
import { rowOf } from '../http/model.js'
import type { FindingRecord } from '../records.js'
import { setDuplicate } from '../rules/deduplication.js'
import { dateTime, flag, integer, optionalText, referenceToNothing } from '../rules/field-types.js'
import { type Fields, readFields } from '../rules/fields.js'
import { settleStatus, statusOf } from '../rules/finding-status.js'
import { unaccept } from '../rules/risk.js'
import { timestamp } from '../rules/times.js'
import { findingView } from '../views/findings.js'
import { findings } from './findings.js'

const noteFields: Fields = { note: optionalText(), note_type: referenceToNothing }
const closeFields: Fields = {
  is_mitigated: flag(),
  mitigated: dateTime({ nullable: true }),
  false_p: flag(),
  out_of_scope: flag(),
  duplicate: flag(),
  mitigated_by: integer({ nullable: true }),
  ...noteFields,
}

function sent(x: Exchange, fields: Fields): Record<string, unknown> {
  const { values, issues } = readFields(fields, bodyFields(x), x.store, false)
  if (issues) throw refusedPlainly(issues)
  return values
}

function reviewed(x: Exchange, finding: FindingRecord): void {
  const at = timestamp(x.store.now())
  finding.last_reviewed = at
  finding.last_reviewed_by = x.user.id
  finding.updated = at
}

function note(x: Exchange, finding: FindingRecord, entry: unknown): void {
  if (typeof entry !== 'string' || entry === '') return
  x.store.addNote(finding, { entry, author: x.user.id })
}

function close(x: Exchange) {
  const finding = rowOf(findings, x)
  const values = sent(x, closeFields)
  if (values.mitigated_by !== undefined && values.mitigated_by !== null) {
    const issue = { text: 'Not allowed to set mitigated_by.', code: 'invalid' }
    throw refusedPlainly({ mitigated_by: [issue] })
  }
  // The schema calls it optional; the server reads it unasked.
  if (values.is_mitigated === undefined) throw broken()
  const before = statusOf(finding)
  const at = timestamp(x.store.now())
  unaccept(x.store, finding, x.user)
  finding.active = false
  finding.is_mitigated = values.is_mitigated === true
  finding.false_p = values.false_p === true
  finding.out_of_scope = values.out_of_scope === true
  finding.duplicate = values.duplicate === true
  finding.under_review = false
  settleStatus(x.store, finding, before, x.user)
  // Whatever was sent and whatever was stored, these two imply it.
  if (finding.false_p || finding.out_of_scope) {
    finding.is_mitigated = true
    finding.verified = false
  }
  finding.mitigated = at
  finding.mitigated_by = x.user.id
  finding.last_status_update = at
  reviewed(x, finding)
  if (x.edition !== '2.47') note(x, finding, values.note)
  return ok({
    is_mitigated: finding.is_mitigated,
    mitigated: finding.mitigated,
    false_p: finding.false_p,
    out_of_scope: finding.out_of_scope,
    duplicate: finding.duplicate,
    mitigated_by: finding.mitigated_by,
    note_type: null,
  })
}

function verify(x: Exchange) {
  const finding = rowOf(findings, x)
  const values = sent(x, noteFields)
  const before = statusOf(finding)
  finding.verified = true
  settleStatus(x.store, finding, before, x.user)
  reviewed(x, finding)
  note(x, finding, values.note)
  return ok(findingView(x, finding))
}

function setOriginal(x: Exchange) {
  const finding = rowOf(findings, x)
  const text = x.params[1] ?? ''
  if (!/^\d+$/.test(text)) throw notFound()
  const original = findings.find(x, Number(text))
  const engagements = [finding, original].map((row) =>
    x.store.engagements.get(x.store.tests.get(row?.test)?.engagement),
  )
  const [own, other] = engagements
  if (!original || !own || !other || own.product !== other.product) throw noSuch('Finding')
  const inside = own.deduplication_on_engagement || other.deduplication_on_engagement
  if (inside && own.id !== other.id) throw new ApiError(400, null)
  if (finding.id === original.id) return noContent()
  for (const row of x.store.findings.all()) {
    if (row.duplicate_finding === finding.id) row.duplicate_finding = original.id
  }
  const { verified } = finding
  setDuplicate(x.store, finding, original)
  finding.verified = verified
  reviewed(x, finding)
  return noContent()
}

function reset(x: Exchange) {
  const finding = rowOf(findings, x)
  if (!finding.duplicate) throw new ApiError(400, null)
  const before = statusOf(finding)
  finding.duplicate = false
  finding.duplicate_finding = null
  finding.active = true
  settleStatus(x.store, finding, before, x.user)
  reviewed(x, finding)
  return noContent()
}

function cluster(x: Exchange) {
  const finding = rowOf(findings, x)
  const original = finding.duplicate_finding ?? finding.id
  const rows = findings
    .rows(x)
    .filter((row) => row.id === original || row.duplicate_finding === original)
    .filter((row) => row.id !== finding.id)
  return ok(rows.map((row) => findingView(x, row)))
}

/** What can be done with a finding beside changing it. */
export const findingActions: Route[] = [
  { path: 'findings/:id/close', methods: { POST: close } },
  { path: 'findings/:id/verify', methods: { POST: verify } },
  { path: 'findings/:id/original/:original', methods: { POST: setOriginal } },
  { path: 'findings/:id/duplicate', methods: { GET: cluster } },
  { path: 'findings/:id/duplicate/reset', methods: { POST: reset } },
]
