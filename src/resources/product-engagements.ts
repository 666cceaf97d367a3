import { productIds } from '../completions/products.js'
import { readEngagements } from '../dojo/lists.js'
import { EngagementView } from '../dojo/views.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { untrustedHint } from '../tools/shared-texts.js'
import { addressBelow } from './addresses.js'
import { defineResource } from './define-resource.js'
import { addressed, pageFields, pageOf, pageOfObjects } from './pages.js'

export const productEngagements = defineResource({
  name: 'product-engagements',
  title: 'Engagements of a product',
  description: `The engagements (testing efforts, e.g. a release or a CI pipeline) of one product, page by page. ${untrustedHint}`,
  uri: 'defectdojo://products/{product_id}/engagements{?limit,offset}',
  permission: 'metadata_read',
  input: fields({ product_id: id('Id of the product.'), ...pageFields }),
  complete: { product_id: productIds },
  output: pageOf(addressed(EngagementView)),

  async run({ product_id, ...page }, { dojo }) {
    const address = addressBelow('products', product_id, 'engagements')
    return pageOfObjects(address, 'engagements', await readEngagements(dojo, product_id, page))
  },
})
