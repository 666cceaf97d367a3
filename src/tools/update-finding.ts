import { FindingView, findingView } from '../dojo/finding-views.js'
import { severities } from '../dojo/records.js'
import { clearsMitigation, givenStateFlags, leavesVerifiedInactive } from '../dojo/state-gate.js'
import { invalid, ToolError } from '../errors.js'
import { flag, id, oneOf, optional, text } from '../guard/field-kinds.js'
import { type Bound, fields } from '../guard/fields.js'
import { defineTool, type ToolContext } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

const verifiedInactive = 'Cannot set verified=true on an inactive finding (active=false)'

const inputFields = {
  finding_id: id('Id from list_findings.'),
  title: optional(text(200, 'New title.', { refuse: ['secrets', 'instructions'] })),
  severity: optional(oneOf(severities, 'New severity.')),
  description: optional(
    text(10_000, 'Replaces the description.', { refuse: ['secrets', 'instructions'] }),
  ),
  active: flag(undefined, 'Open; false on a verified finding needs verified=false too.'),
  verified: flag(undefined, 'Confirmed; not on a false positive.'),
  false_p: flag(
    undefined,
    'False positive, which closes it; on a verified finding send verified=false too.',
  ),
  duplicate: flag(undefined, 'Duplicate; send active=false, verified=false too.'),
  out_of_scope: flag(undefined, 'Out of scope, which closes it.'),
  is_mitigated: flag(
    undefined,
    'Fixed; send active=false too, and verified=false if it is verified.',
  ),
}
type Changes = Omit<Bound<typeof inputFields>, 'finding_id'>

/**
 * Guards a change of state (behaviour spec §1.3/16 step 9): who may not reopen a finding must not do so by a flag.
 * Returns what the change does to a mitigated finding, or null.
 */
async function gate(findingId: number, changes: Changes, context: ToolContext) {
  const { dojo, caller, audit } = context
  const current = findingView.one(await dojo.get(`findings/${findingId}/`))
  context.findingsRead.record([findingId])

  if (leavesVerifiedInactive(changes, current)) {
    audit.detail('finding_id', findingId)
    audit.detail('caller_role', caller.role)
    audit.detail('rejection_reason', 'verified_inactive_mutex_post_state')
    throw new ToolError('state_refused', verifiedInactive)
  }

  const cause = clearsMitigation(changes, current)
  const mayReopen = caller.authenticated && caller.permissions.has('engagement_mgmt')
  if (cause !== null && !mayReopen) {
    audit.detail('finding_id', findingId)
    audit.detail('caller_role', caller.role)
    audit.detail('transition_cause', cause)
    throw new ToolError(
      'state_refused',
      'Cannot clear is_mitigated via update_finding — use reopen_finding (requires engagement_mgmt permission)',
    )
  }
  return cause
}

export const updateFinding = defineTool({
  name: 'update_finding',
  title: 'Change a finding',
  description: `Change the given fields of one finding and return it. To close or reopen use close_finding and reopen_finding: they do more. A flag that reopens a closed finding needs the engagement_mgmt permission. ${untrustedHint}`,
  permission: 'finding_mgmt',
  effect: 'change',
  input: fields(inputFields),
  output: FindingView,

  check({ finding_id: _, ...changes }) {
    if (Object.values(changes).every((value) => value === undefined)) {
      throw invalid('No fields to update. Specify at least one field to change.')
    }
    if (changes.active === true && changes.is_mitigated === true) {
      throw invalid('Cannot set active=true and is_mitigated=true in the same request')
    }
    if (changes.verified === true && changes.active === false) throw invalid(verifiedInactive)
  },

  async run({ finding_id, ...changes }, context) {
    const change = () => context.dojo.patch(`findings/${finding_id}/`, changes)
    if (givenStateFlags(changes).length === 0) return findingView.written(await change())

    context.progress(0, 2, 'Looking at the state of the finding')
    // Alone, so that the state the gate has seen is still the state when the change arrives.
    return context.dojo.exclusively(finding_id, async () => {
      const cause = await gate(finding_id, changes, context)
      context.progress(1, 2, 'Changing the finding')
      const changed = await change()
      if (cause !== null) {
        context.audit.note('INFO', 'update_finding mitigation state transitioned', {
          event_type: 'audit',
          tool_name: 'update_finding',
          finding_id,
          caller_role: context.caller.role,
          outcome: 'success',
          transition_cause: cause,
        })
      }
      return findingView.written(changed)
    })
  },
})
