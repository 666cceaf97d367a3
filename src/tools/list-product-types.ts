import { listOf, ProductTypeView, productTypeView } from '../dojo/views.js'
import { limit, offset } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

export const listProductTypes = defineTool({
  name: 'list_product_types',
  title: 'List product types',
  description: `List the product types (groups of products) that create_product needs, sorted by name. ${untrustedHint}`,
  permission: 'metadata_read',
  effect: 'read',
  input: fields({ limit: limit(), offset: offset() }),
  output: listOf(ProductTypeView),

  async run(page, { dojo }) {
    return productTypeView.page(await dojo.get('product_types/', page), page)
  },
})
