import type { FindingRecord, UserRecord } from '../records.js'
import type { Store } from '../store.js'
import { timestamp } from './times.js'

/** The columns whose change makes DefectDojo bring the others into step; `duplicate` is not one of them. */
const watched = [
  'active',
  'verified',
  'false_p',
  'is_mitigated',
  'mitigated',
  'mitigated_by',
  'out_of_scope',
  'risk_accepted',
] as const
export type StatusBefore = Pick<FindingRecord, (typeof watched)[number]>

/** The state to compare with after a change. */
export function statusOf(finding: FindingRecord): StatusBefore {
  return Object.fromEntries(watched.map((name) => [name, finding[name]])) as StatusBefore
}

/**
 * The table of the API document, §8.5, as the server does it: one pass over the columns that changed, in this order. `before` is null
 * for a new finding, which counts as everything changed.
 */
export function settleStatus(
  store: Store,
  finding: FindingRecord,
  before: StatusBefore | null,
  user: UserRecord,
): void {
  const changed = (name: keyof StatusBefore) => before === null || before[name] !== finding[name]
  if (before !== null && !watched.some(changed)) return
  const at = timestamp(store.now())
  const mitigate = () => {
    finding.is_mitigated = true
    finding.mitigated ??= at
    finding.mitigated_by ??= user.id
  }
  const unmitigate = () => {
    finding.is_mitigated = false
    finding.mitigated = null
    finding.mitigated_by = null
  }
  if (changed('is_mitigated') && !finding.is_mitigated) unmitigate()
  if (finding.is_mitigated) mitigate()
  if (changed('active') && finding.active) {
    finding.false_p = false
    finding.out_of_scope = false
    unmitigate()
  }
  if (
    (changed('false_p') || changed('out_of_scope')) &&
    (finding.false_p || finding.out_of_scope)
  ) {
    mitigate()
    finding.active = false
    finding.verified = false
  }
  if (!finding.duplicate) finding.duplicate_finding = null
  finding.last_status_update = at
}
