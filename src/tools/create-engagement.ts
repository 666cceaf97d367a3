import { EngagementView, engagementView } from '../dojo/views.js'
import { invalid } from '../errors.js'
import { date, id, text } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

export const createEngagement = defineTool({
  name: 'create_engagement',
  title: 'Create an engagement',
  description: `Create an engagement (a testing effort) in a product and return it with its id. Next: create_test or import_scan. ${untrustedHint}`,
  permission: 'engagement_mgmt',
  effect: 'create',
  input: fields({
    product_id: id('Id from list_products.'),
    name: text(200, 'E.g. the release or pipeline.', { refuse: ['instructions'] }),
    target_start: date('First day, YYYY-MM-DD.'),
    target_end: date('Last day, YYYY-MM-DD.'),
  }),
  output: EngagementView,

  check({ target_start, target_end }) {
    // DefectDojo refuses it too, without saying which of the two is wrong.
    if (target_start > target_end) {
      throw invalid(
        `target_start must not be after target_end, got '${target_start}' and '${target_end}'`,
      )
    }
  },

  async run({ product_id, ...rest }, { dojo }) {
    return engagementView.written(await dojo.post('engagements/', { product: product_id, ...rest }))
  },
})
