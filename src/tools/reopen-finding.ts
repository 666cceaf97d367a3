import { reopenFinding as reopen } from '../dojo/finding-state.js'
import { id, optional, text } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'
import { StateChangeView, stateChangeResult, tellOfStateChange } from './state-change-result.js'

export const reopenFinding = defineTool({
  name: 'reopen_finding',
  title: 'Reopen a finding',
  description: `Make one finding active again from any closed state, with a note if given, and return it. Clears mitigated, false positive, out of scope, duplicate and risk accepted. ${untrustedHint}`,
  permission: 'engagement_mgmt',
  effect: 'transition',
  input: fields({
    finding_id: id('Id from list_findings.'),
    note: optional(text(10_000, 'Why; kept as a note.', { refuse: ['secrets', 'instructions'] })),
  }),
  output: StateChangeView,

  async run({ finding_id, note }, context) {
    const onStep = tellOfStateChange(context, 'Reopening the finding', note)
    const change = await reopen(context.dojo, finding_id, note, { onStep })
    return stateChangeResult('reopen_finding', 'reopened', finding_id, change, context)
  },
})
