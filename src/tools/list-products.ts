import { readProducts } from '../dojo/lists.js'
import { listOf, ProductView } from '../dojo/views.js'
import { limit, offset } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

export const listProducts = defineTool({
  name: 'list_products',
  title: 'List products',
  description: `List the products (applications) DefectDojo tracks, sorted by name. Next: list_engagements or list_findings with a product's id. ${untrustedHint}`,
  permission: 'metadata_read',
  effect: 'read',
  input: fields({ limit: limit(), offset: offset() }),
  output: listOf(ProductView),

  async run(page, { dojo }) {
    return readProducts(dojo, page)
  },
})
