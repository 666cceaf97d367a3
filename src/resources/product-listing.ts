import { type Static, Type } from '@sinclair/typebox'
import { readProducts } from '../dojo/lists.js'
import { nullable } from '../dojo/views.js'
import { offset } from '../guard/field-kinds.js'
import { type Fields, fields } from '../guard/fields.js'
import { untrustedWarning } from '../guard/presented-schema.js'
import { quoted } from '../guard/python-repr.js'
import { redactSecrets } from '../guard/secret-catalogue.js'
import type { Operation } from '../pipeline/operation.js'
import { addressOf } from './addresses.js'

const pageSize = 50

const ProductsListed = Type.Object({
  resources: Type.Array(
    Type.Object({
      uri: Type.String(),
      name: Type.String(),
      title: Type.String(),
      description: Type.String(),
      mimeType: Type.Literal('application/json'),
    }),
  ),
  next: nullable(Type.Integer()),
})
/** One page of them. */
export type ProductsListed = Static<typeof ProductsListed>

/**
 * DefectDojo's products as entries of `resources/list`. Hosts show name and title as labels of ours, so the product's own name stands
 * in the description alone, where it can be told that it is data.
 */
export const productListing: Operation = {
  name: 'products',
  permission: 'metadata_read',
  effect: 'read',
  input: fields({ offset: offset() }) as Fields<unknown>,
  output: ProductsListed,

  async run(input, { dojo }): Promise<ProductsListed> {
    const page = { limit: pageSize, offset: (input as { offset: number }).offset }
    const { items, pagination } = await readProducts(dojo, page)
    return {
      resources: items.map(({ id, name }) => ({
        uri: addressOf('products', id),
        name: `product-${id}`,
        title: `Product ${id}`,
        description: `${untrustedWarning}: ${quoted(redactSecrets(name))}`,
        mimeType: 'application/json',
      })),
      next: pagination.has_next ? page.offset + pageSize : null,
    }
  },
}
