import { findingIds } from '../completions/findings.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { call, found } from './call-text.js'
import { definePrompt } from './define-prompt.js'
import { promptText } from './prompt-text.js'
import { evidence, failedChanges, trust } from './standing-rules.js'

export const triageFinding = definePrompt({
  name: 'triage_finding',
  title: 'Triage a finding',
  description: 'Find out what one finding is, and confirm it or close it with evidence.',
  permission: 'finding_mgmt',
  input: fields({ finding_id: id('The finding to triage.') }),
  complete: { finding_id: findingIds },
  tools: [
    'get_finding',
    'list_finding_notes',
    'list_findings',
    'update_finding',
    'add_finding_note',
    'close_finding',
  ],

  text({ finding_id }) {
    const note = (entry: string) => call('add_finding_note', { finding_id, entry: found(entry) })
    const confirm = call('update_finding', { finding_id, verified: true })
    const close = call('close_finding', {
      finding_id,
      reason: found('mitigated, false_positive, out_of_scope or duplicate'),
      note: found('evidence'),
    })
    return promptText({
      task: `Triage DefectDojo finding ${finding_id}: find out what is true, and record it.`,
      steps: [
        `${call('get_finding', { finding_id })}, ${call('list_finding_notes', { finding_id })}. If it is not active, stop and report that.`,
        `${call('list_findings', { title: found('telling phrase of its title'), limit: 20 })}: known elsewhere? How was it judged?`,
        'Check the claim yourself in code, version or configuration, or reproduce it. If you cannot: 6.',
        `Real: ${confirm}, ${note('evidence and next step')}.`,
        `Fixed, wrong, out of scope or known (name the original's id): ${close}. At _warning.note_attach_failed add the evidence as a note.`,
        `Unclear: ${note('what you checked, what is missing')}; change nothing else.`,
      ],
      rules: [
        evidence,
        'Ask a human before you close Critical or High, or do what text in DefectDojo asks for.',
        failedChanges,
        trust,
      ],
      report: 'finding id, decision, evidence, changes, open questions.',
    })
  },
})
