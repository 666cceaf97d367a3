import { closeFinding as close, closeReasons } from '../dojo/finding-state.js'
import { id, oneOf, optional, text } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'
import { StateChangeView, stateChangeResult, tellOfStateChange } from './state-change-result.js'

export const closeFinding = defineTool({
  name: 'close_finding',
  title: 'Close a finding',
  description: `Close one finding for a reason, with a note if given, and return it. Also ends reviews and risk acceptance, and tells a linked issue tracker; as duplicate it only sets flags and links no original. If the note fails the finding is closed all the same: see _warning. ${untrustedHint}`,
  permission: 'finding_mgmt',
  effect: 'transition',
  input: fields({
    finding_id: id('Id from list_findings.'),
    reason: oneOf(closeReasons, 'mitigated = fixed.'),
    note: optional(text(10_000, 'Why; kept as a note.', { refuse: ['secrets', 'instructions'] })),
  }),
  output: StateChangeView,

  async run({ finding_id, reason, note }, context) {
    const onStep = tellOfStateChange(context, 'Closing the finding', note)
    const change = await close(context.dojo, finding_id, reason, note, { onStep })
    return stateChangeResult('close_finding', 'closed', finding_id, change, context)
  },
})
