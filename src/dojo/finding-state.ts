import { ToolError } from '../errors.js'
import type { DojoCall } from './dojo-call.js'

/** Why a finding is closed (behaviour spec §1.3, tool 17). */
export const closeReasons = ['duplicate', 'false_positive', 'mitigated', 'out_of_scope'] as const
export type CloseReason = (typeof closeReasons)[number]

/** What follows a change of state: its note, then the finding is read back. */
export type StepAfterChange = 'note' | 'read_back'

export interface StateChangeOptions {
  /** Told when a step begins. */
  readonly onStep?: (step: StepAfterChange) => void
}

/** A finding whose state was changed. The change itself was made; what else failed is told beside it. */
export interface StateChange {
  /** The finding as DefectDojo gives it afterwards; null when it could not be read back. */
  readonly finding: unknown
  /** Why the note was not added, in words that may be shown. */
  readonly noteError?: string
  /** True when the finding could not be read back. */
  readonly readBackFailed?: true
}

/**
 * Closes a finding with DefectDojo's close operation, which also ends reviews and risk acceptance, closes locations, updates
 * issue trackers and notifies. The note goes in the same request where the instance takes it there (2.56), else after it.
 * A duplicate is a PATCH: the close operation would stamp it mitigated and leave it verified (DefectDojo API §8.6).
 * @throws ToolError when the finding was not closed
 */
export async function closeFinding(
  dojo: DojoCall,
  findingId: number,
  reason: CloseReason,
  note?: string,
  { now = () => new Date(), onStep = () => {} }: StateChangeOptions & { now?: () => Date } = {},
): Promise<StateChange> {
  if (reason === 'duplicate') {
    await dojo.patch(`findings/${findingId}/`, {
      active: false,
      verified: false,
      duplicate: true,
      is_mitigated: false,
    })
    return settle(dojo, findingId, note, onStep)
  }

  const { closesWithNote } = await dojo.edition()
  const noteInside = closesWithNote && note !== undefined && note !== ''
  await dojo.post(`findings/${findingId}/close/`, {
    // Without it the server breaks (500).
    is_mitigated: true,
    false_p: reason === 'false_positive',
    out_of_scope: reason === 'out_of_scope',
    duplicate: false,
    ...(noteInside && { note }),
    // Instances before 2.56 whose mitigation dates may be edited break without it; the others ignore it.
    ...(!closesWithNote && { mitigated: now().toISOString() }),
  })
  return settle(dojo, findingId, noteInside ? undefined : note, onStep)
}

/**
 * Makes a finding active again from every closed state: whatever is left set of duplicate and risk acceptance makes DefectDojo
 * refuse (DefectDojo API §8.5).
 * @throws ToolError when the finding was not reopened
 */
export async function reopenFinding(
  dojo: DojoCall,
  findingId: number,
  note?: string,
  { onStep = () => {} }: StateChangeOptions = {},
): Promise<StateChange> {
  await dojo.patch(`findings/${findingId}/`, {
    active: true,
    is_mitigated: false,
    false_p: false,
    out_of_scope: false,
    duplicate: false,
    risk_accepted: false,
  })
  return settle(dojo, findingId, note, onStep)
}

/** What follows the change. It stands whatever fails here, so failures are told and not thrown. */
async function settle(
  dojo: DojoCall,
  findingId: number,
  note: string | undefined,
  onStep: (step: StepAfterChange) => void,
): Promise<StateChange> {
  let noted: unknown
  if (note !== undefined) {
    onStep('note')
    noted = await attempt(
      dojo.post(`findings/${findingId}/notes/`, { entry: note, private: false }),
    )
  }
  onStep('read_back')
  const read = await attempt(dojo.get(`findings/${findingId}/`))
  return {
    finding: read instanceof ToolError ? null : read,
    ...(noted instanceof ToolError && { noteError: noted.message }),
    ...(read instanceof ToolError && { readBackFailed: true }),
  }
}

/** What a promise resolves with, or the error if it is one that may be shown. */
async function attempt(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise
  } catch (error) {
    if (error instanceof ToolError) return error
    throw error
  }
}
