/** The state a finding is in, as far as a change of it is guarded. */
export interface FindingState {
  readonly active: boolean
  readonly verified: boolean
  readonly is_mitigated: boolean
  readonly mitigated: string | null
}

const stateFlags = [
  'active',
  'verified',
  'is_mitigated',
  'false_p',
  'duplicate',
  'out_of_scope',
] as const

/** State flags a caller may set; undefined where it says nothing. */
export type StateChanges = {
  readonly [Flag in (typeof stateFlags)[number]]?: boolean | undefined
}

/** The state flags that a change names, in a fixed order. */
export const givenStateFlags = (changes: StateChanges): readonly string[] =>
  stateFlags.filter((name) => changes[name] !== undefined)

/** True when a change of `active` or `verified` would leave a finding verified and inactive, which DefectDojo's pages cannot show. */
export function leavesVerifiedInactive(changes: StateChanges, current: FindingState): boolean {
  if (changes.active === undefined && changes.verified === undefined) return false
  const verified = changes.verified ?? current.verified
  const active = changes.active ?? current.active
  return verified && !active
}

/**
 * Why a change would clear the mitigation of a mitigated finding, as the audit trail names it; several joined with commas.
 * Null when the finding is not mitigated or nothing in the change can clear it. DefectDojo does so as a side effect of several flags.
 */
export function clearsMitigation(changes: StateChanges, current: FindingState): string | null {
  if (!current.is_mitigated && !current.mitigated) return null
  const causes = [
    changes.is_mitigated === false && 'explicit_field',
    changes.active === true && 'active_side_effect',
    changes.false_p !== undefined && 'false_p_side_effect',
    changes.duplicate !== undefined && 'duplicate_side_effect',
    changes.out_of_scope !== undefined && 'out_of_scope_side_effect',
  ].filter((cause) => cause !== false)
  return causes.length > 0 ? causes.join(',') : null
}
