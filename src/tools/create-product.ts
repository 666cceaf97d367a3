import { ProductView, productView } from '../dojo/views.js'
import { id, text } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

export const createProduct = defineTool({
  name: 'create_product',
  title: 'Create a product',
  description: `Create a product (application) and return it with its id. Next: create_engagement. ${untrustedHint}`,
  permission: 'product_mgmt',
  effect: 'create',
  input: fields({
    name: text(200, 'Unique on the whole server.', { refuse: ['instructions'] }),
    description: text(10_000, 'What it is; not blank.', { refuse: ['instructions'] }),
    prod_type_id: id('Id from list_product_types.'),
  }),
  output: ProductView,

  async run({ name, description, prod_type_id }, { dojo }) {
    const body = { name, description, prod_type: prod_type_id }
    return productView.written(await dojo.post('products/', body))
  },
})
