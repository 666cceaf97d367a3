import type { Exchange } from '../http/exchange.js'
import type { FindingRecord } from '../records.js'
import { timestamp } from '../rules/times.js'

/** Closes a finding because a report no longer has it; `verified` stays. */
export function mitigate(x: Exchange, finding: FindingRecord, entry: string): void {
  const at = timestamp(x.store.now())
  Object.assign(finding, {
    active: false,
    is_mitigated: true,
    mitigated: at,
    mitigated_by: x.user.id,
    last_status_update: at,
    updated: at,
  })
  x.store.addNote(finding, { entry, author: x.user.id })
}
