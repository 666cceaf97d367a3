import { forbidden } from '../http/api-error.js'
import type { Exchange } from '../http/exchange.js'
import type { Model } from '../http/model.js'
import type { FindingRecord, RiskAcceptanceRecord } from '../records.js'
import { mayUseProduct, visibility } from '../rules/access.js'
import * as types from '../rules/field-types.js'
import { timestamp } from '../rules/times.js'
import { notesOf } from '../views/notes.js'

const decisions = ['A', 'V', 'M', 'F', 'T']

function visible(x: Exchange): RiskAcceptanceRecord[] {
  const sees = visibility(x.store, x.user)
  return x.store.riskAcceptances.all().filter((row) =>
    row.accepted_findings.some((id) => {
      const finding = x.store.findings.get(id)
      return finding !== undefined && sees.finding(finding)
    }),
  )
}

/** `/risk_acceptance/`: accepting makes the findings inactive, risk accepted, and says so in a note. */
export const riskAcceptances: Model<RiskAcceptanceRecord> = {
  path: 'risk_acceptance',
  label: 'Risk_Acceptance',
  rows: visible,
  find: (x, id) => visible(x).find((row) => row.id === id),
  view: (x, rows) =>
    rows.map((row) => ({
      ...row,
      path: 'No proof has been supplied',
      notes: notesOf(x.store, row),
    })),
  filters: {
    id: { kind: 'number', of: (row) => row.id },
    name: { kind: 'exact', of: (row) => row.name },
    owner: { kind: 'number', of: (row) => row.owner },
    accepted_findings: { kind: 'numbers', of: (row) => row.accepted_findings },
  },
  ordering: { name: (row) => row.name },
  prefetch: {},
  fields: {
    name: types.text({ required: true, max: 300 }),
    recommendation: types.choice(decisions),
    recommendation_details: types.optionalText(),
    decision: types.choice(decisions),
    decision_details: types.optionalText(),
    accepted_by: types.optionalText(200),
    expiration_date: types.dateTime({ nullable: true }),
    reactivate_expired: types.flag(),
    restart_sla_expired: types.flag(),
    owner: types.reference((store) => store.users, { required: true }),
    accepted_findings: types.references((store) => store.findings, { required: true }),
  },
  create(x, values) {
    const { store } = x
    const findings = (values.accepted_findings as number[])
      .map((id) => store.findings.get(id))
      .filter((row) => row !== undefined)
    for (const finding of findings) checkAcceptable(x, finding)
    const at = timestamp(store.now())
    const row = store.riskAcceptances.insert({
      created: at,
      updated: at,
      recommendation: 'F',
      recommendation_details: null,
      decision: 'A',
      decision_details: null,
      accepted_by: null,
      expiration_date: null,
      expiration_date_warned: null,
      expiration_date_handled: null,
      reactivate_expired: true,
      restart_sla_expired: false,
      notes: [],
      ...(values as Pick<RiskAcceptanceRecord, 'name' | 'owner' | 'accepted_findings'>),
    })
    for (const finding of findings) {
      Object.assign(finding, { active: false, risk_accepted: true, last_status_update: at })
      const entry = `The risk of this finding was accepted in "${row.name}".`
      store.addNote(finding, { entry, author: x.user.id })
    }
    return row
  },
}

function checkAcceptable(x: Exchange, finding: FindingRecord): void {
  const { store } = x
  const engagement = store.engagements.get(store.tests.get(finding.test)?.engagement)
  const product = store.products.get(engagement?.product)
  if (!product?.enable_full_risk_acceptance || !mayUseProduct(store, x.user, product)) {
    throw forbidden()
  }
}
