import { productIds } from '../completions/products.js'
import { words } from '../completions/words.js'
import { severities } from '../dojo/records.js'
import { limit } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { call, found, quotedWords } from './call-text.js'
import { definePrompt } from './define-prompt.js'
import { anyProduct, anySeverity, downTo, pageSizes } from './prompt-fields.js'
import { promptText } from './prompt-text.js'
import { failedReads, paging, trust } from './standing-rules.js'

export const workQueue = definePrompt({
  name: 'work_queue',
  title: 'Build a work queue',
  description: 'Put the open findings in the order in which to work on them. Changes nothing.',
  permission: 'metadata_read',
  input: fields({
    product_id: anyProduct,
    severity: anySeverity('The lowest severity to take in; High unless given.'),
    limit: limit('How many findings at most, 1 to 100; 20 unless given.'),
  }),
  complete: {
    product_id: productIds,
    severity: words(severities),
    limit: pageSizes,
  },
  tools: ['list_findings', 'get_finding'],

  text({ product_id, severity: lowest = 'High', limit }) {
    const open = { product_id, severity: found('severity'), active: true, duplicate: false }
    const overdue = call('list_findings', { ...open, outside_of_sla: true, limit })
    const all = call('list_findings', { ...open, limit })
    const scope = product_id === undefined ? 'all products' : `product ${product_id}`
    return promptText({
      task: `Queue the open DefectDojo findings of ${scope} in the order to work on them, at most ${limit}.`,
      steps: [
        `For each severity of ${quotedWords(downTo(lowest))}, until the queue is full: first the overdue, ${overdue}; then the others, ${all}, without those queued already.`,
        `${call('get_finding', { finding_id: found('id') })} for the first 5: what is known of the fix?`,
      ],
      rules: [paging, failedReads, trust],
      report:
        'a table in queue order: id, severity, overdue, verified, title, component or file; the fix for the first 5; pagination.count per severity. Unverified ones are for the prompt triage_finding.',
    })
  },
})
