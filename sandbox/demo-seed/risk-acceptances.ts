import { addDays, day, timestamp } from '../rules/times.js'
import type { Store } from '../store.js'
import type { People } from './people.js'

/** Risk acceptance belongs to an engagement: one for each that has accepted findings, every third of them expired. */
export function createRiskAcceptances(store: Store, people: People, now: Date): void {
  const byEngagement = new Map<number, number[]>()
  for (const finding of store.findings.all()) {
    const engagement = store.tests.get(finding.test)?.engagement
    if (!finding.risk_accepted || engagement === undefined) continue
    byEngagement.set(engagement, [...(byEngagement.get(engagement) ?? []), finding.id])
  }
  for (const [index, [engagementId, accepted_findings]] of [...byEngagement].entries()) {
    const engagement = store.engagements.get(engagementId)
    const product = store.products.get(engagement?.product)
    const expired = index % 3 === 2
    const ends = addDays(day(now), expired ? -10 : 40 + 25 * index)
    const at = timestamp(new Date(`${addDays(ends, -180)}T10:00:00Z`))
    store.riskAcceptances.insert({
      created: at,
      updated: at,
      name: `${product?.name}: accepted until ${ends}`,
      recommendation: 'F',
      recommendation_details: 'Fix with the next larger release.',
      decision: 'A',
      decision_details: 'The fault can be reached from the internal network only.',
      accepted_by: 'Head of Products',
      expiration_date: `${ends}T00:00:00Z`,
      expiration_date_warned: null,
      expiration_date_handled: null,
      reactivate_expired: !expired,
      restart_sla_expired: false,
      owner: people.mira,
      accepted_findings,
      notes: [],
    })
  }
}
