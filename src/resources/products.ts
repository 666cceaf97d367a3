import { readProducts } from '../dojo/lists.js'
import { ProductView } from '../dojo/views.js'
import { fields } from '../guard/fields.js'
import { untrustedHint } from '../tools/shared-texts.js'
import { defineResource } from './define-resource.js'
import { addressed, pageFields, pageOf, pageOfObjects } from './pages.js'

export const products = defineResource({
  name: 'products',
  title: 'Products',
  description: `The products (applications) DefectDojo tracks, sorted by name, page by page. ${untrustedHint}`,
  uri: 'defectdojo://products{?limit,offset}',
  permission: 'metadata_read',
  input: fields(pageFields),
  output: pageOf(addressed(ProductView)),

  async run(page, { dojo }) {
    return pageOfObjects('defectdojo://products', 'products', await readProducts(dojo, page))
  },
})
