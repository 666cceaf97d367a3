import { type Static, Type } from '@sinclair/typebox'
import type { StateChange, StepAfterChange } from '../dojo/finding-state.js'
import { FindingView, findingView } from '../dojo/finding-views.js'
import { ToolError } from '../errors.js'
import type { ToolContext } from './define-tool.js'

/** A finding after its state was changed; its id alone, with a warning, when it could not be read back. */
export const StateChangeView = Type.Composite([
  Type.Pick(FindingView, ['id']),
  Type.Partial(Type.Omit(FindingView, ['id'])),
  Type.Object({
    _warning: Type.Optional(
      Type.Object({
        message: Type.String(),
        note_attach_failed: Type.Optional(Type.Literal(true)),
        read_back_failed: Type.Optional(Type.Literal(true)),
        finding_id: Type.Integer(),
      }),
    ),
  }),
])
type StateChangeView = Static<typeof StateChangeView>

/** Tells a waiting client that a change of state begins, and returns how to tell it what follows. */
export function tellOfStateChange(
  { progress }: ToolContext,
  doing: string,
  note: string | undefined,
): (step: StepAfterChange) => void {
  const steps = note === undefined ? 2 : 3
  progress(0, steps, doing)
  return (step) => {
    if (step === 'note') progress(1, steps, 'Adding the note')
    else progress(steps - 1, steps, 'Reading the finding back')
  }
}

/** The finding as it is now; null when it could not be had, which does not undo the change. */
function readBack({ finding, readBackFailed }: StateChange): FindingView | null {
  if (readBackFailed) return null
  try {
    return findingView.one(finding)
  } catch (error) {
    if (error instanceof ToolError) return null
    throw error
  }
}

/**
 * The result of a change of state that was made, whatever failed after it; a failed note is also told to the audit trail.
 * @param tool the tool's name
 * @param done what was done, e.g. `closed`
 */
export function stateChangeResult(
  tool: string,
  done: string,
  findingId: number,
  change: StateChange,
  { audit }: ToolContext,
): StateChangeView {
  const { noteError } = change
  const finding = readBack(change)
  if (noteError !== undefined) {
    audit.note('WARNING', 'note_attach_failure', {
      event_type: 'note_attach_failure',
      tool_name: tool,
      finding_id: findingId,
      reason: noteError,
    })
  }

  const view = finding ?? { id: findingId }
  if (finding !== null && noteError === undefined) return view
  const messages = [
    ...(noteError === undefined ? [] : [`Finding ${done} but note failed: ${noteError}`]),
    ...(finding === null
      ? [`Finding ${done} but it could not be read back. Use get_finding.`]
      : []),
  ]
  return {
    ...view,
    _warning: {
      message: messages.join('. '),
      ...(noteError !== undefined && { note_attach_failed: true }),
      ...(finding === null && { read_back_failed: true }),
      finding_id: findingId,
    },
  }
}
