import { recentDates } from '../completions/dates.js'
import { productIds } from '../completions/products.js'
import { severities } from '../dojo/records.js'
import { date, optional } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { call, found, quotedText, quotedWords } from './call-text.js'
import { definePrompt } from './define-prompt.js'
import { anyProduct, downTo } from './prompt-fields.js'
import { promptText } from './prompt-text.js'
import { failedReads, paging, trust } from './standing-rules.js'

/** Whose report it is: the name of one product, or those that are worst. */
function subject(product_id: number | undefined): string {
  if (product_id !== undefined) return `${call('get_product', { product_id })} for its name.`
  const products = call('list_products', { limit: 100 })
  const critical = call('list_findings', {
    product_id: found('id'),
    severity: 'Critical',
    active: true,
    duplicate: false,
    limit: 1,
  })
  return `${products}; for each, ${critical}: name the 5 with most open Critical.`
}

export const weeklyPostureReport = definePrompt({
  name: 'weekly_posture_report',
  title: 'Report the security posture',
  description: 'Count what is open, overdue, new and closed, and say what needs attention.',
  permission: 'metadata_read',
  input: fields({
    product_id: anyProduct,
    since: optional(date('First day of the period, YYYY-MM-DD; 7 days ago unless given.')),
  }),
  complete: { product_id: productIds, since: recentDates() },
  tools: ['get_product', 'list_products', 'list_findings', 'get_finding'],

  text({ product_id, since }) {
    const open = { product_id, active: true, duplicate: false }
    const count = (more: Parameters<typeof call>[1]) => call('list_findings', { ...more, limit: 1 })
    const closed = { product_id, is_mitigated: true, limit: 100 }
    const newest = {
      ...open,
      severity: found('severity'),
      limit: 20,
      offset: found('count - 20 or 0'),
    }
    const first = since === undefined ? 'the day 7 days ago' : quotedText(since)
    const scope = product_id === undefined ? 'all products' : `product ${product_id}`
    return promptText({
      task: `Report the security posture of ${scope} in DefectDojo. The period begins on ${first}.`,
      steps: [
        subject(product_id),
        `Open by severity, ${quotedWords(severities)}: pagination.count of ${count({ ...open, severity: found('severity') })}.`,
        `Likewise unconfirmed: ${count({ ...open, verified: false })}; overdue: ${count({ ...open, outside_of_sla: true })}; risk accepted: ${count({ product_id, risk_accepted: true })}.`,
        `Closed: ${call('list_findings', closed)}; count mitigated in the period: false_p, out_of_scope, else fixed. Stop after 10 pages.`,
        `New, for ${quotedWords(downTo('High'))}: ${call('list_findings', newest)}, the newest come last; ${call('get_finding', { finding_id: found('id') })}, keep those with a date in the period; if all have one, take the 20 before.`,
      ],
      rules: [paging, failedReads, trust],
      report:
        'judgement in short; table of counts, none estimated; new Critical and High with ids; what a human must decide; what was cut off.',
    })
  },
})
