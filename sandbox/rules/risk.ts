import type { FindingRecord, UserRecord } from '../records.js'
import type { Store } from '../store.js'

/** Takes the finding out of every risk acceptance and makes it active again, unless something else closed it. */
export function unaccept(store: Store, finding: FindingRecord, user: UserRecord): void {
  if (!finding.risk_accepted) return
  for (const acceptance of store.riskAcceptances.all()) {
    acceptance.accepted_findings = acceptance.accepted_findings.filter((id) => id !== finding.id)
  }
  finding.risk_accepted = false
  if (!finding.mitigated && !finding.false_p && !finding.out_of_scope) finding.active = true
  const entry = 'Risk acceptance removed: the finding was taken out of its risk acceptances.'
  store.addNote(finding, { entry, author: user.id })
}
