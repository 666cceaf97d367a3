import { Type } from '@sinclair/typebox'
import { productIds } from '../completions/products.js'
import { ProductView, productView } from '../dojo/views.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { untrustedHint } from '../tools/shared-texts.js'
import { addressBelow } from './addresses.js'
import { defineResource } from './define-resource.js'
import { addressed, withAddress } from './pages.js'

export const product = defineResource({
  name: 'product',
  title: 'A product',
  description: `One product: name, description, product type id, and where its engagements are. ${untrustedHint}`,
  uri: 'defectdojo://products/{product_id}',
  permission: 'metadata_read',
  input: fields({ product_id: id('Id of the product.') }),
  complete: { product_id: productIds },
  output: Type.Composite([addressed(ProductView), Type.Object({ engagements: Type.String() })]),

  async run({ product_id }, { dojo }) {
    const view = productView.one(await dojo.get(`products/${product_id}/`))
    const engagements = addressBelow('products', product_id, 'engagements')
    return { ...withAddress('products', view), engagements }
  },
})
