import { ProductView, productView } from '../dojo/views.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

export const getProduct = defineTool({
  name: 'get_product',
  title: 'Get a product',
  description: `Get one product: name, description, product type id. ${untrustedHint}`,
  permission: 'metadata_read',
  effect: 'read',
  input: fields({ product_id: id('Id from list_products.') }),
  output: ProductView,

  async run({ product_id }, { dojo }) {
    return productView.one(await dojo.get(`products/${product_id}/`))
  },
})
