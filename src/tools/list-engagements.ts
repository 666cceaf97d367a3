import { readEngagements } from '../dojo/lists.js'
import { EngagementView, listOf } from '../dojo/views.js'
import { id, limit, offset } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

export const listEngagements = defineTool({
  name: 'list_engagements',
  title: 'List engagements of a product',
  description: `List the engagements (testing efforts, e.g. a release or a CI pipeline) of one product. Next: list_tests. ${untrustedHint}`,
  permission: 'metadata_read',
  effect: 'read',
  input: fields({ product_id: id('Id from list_products.'), limit: limit(), offset: offset() }),
  output: listOf(EngagementView),

  async run({ product_id, ...page }, { dojo }) {
    return readEngagements(dojo, product_id, page)
  },
})
