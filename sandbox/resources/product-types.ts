import type { Model } from '../http/model.js'
import type { ProductTypeRecord } from '../records.js'
import { isStaff, mayUseProductType } from '../rules/access.js'
import { flag, optionalText, references, text } from '../rules/field-types.js'
import { timestamp } from '../rules/times.js'
import { removeProduct } from './removal.js'
import { nameTaken } from './unique-names.js'

/** `/product_types/`: by name, filtered by exact values only. */
export const productTypes: Model<ProductTypeRecord> = {
  path: 'product_types',
  label: 'Product_Type',
  rows: ({ store, user }) =>
    store.productTypes
      .all()
      .filter((row) => mayUseProductType(store, user, row.id))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
  find(x, id) {
    return mayUseProductType(x.store, x.user, id) ? x.store.productTypes.get(id) : undefined
  },
  view: (_x, rows) => rows.map((row) => ({ ...row })),
  filters: {
    id: { kind: 'number', of: (row) => row.id },
    name: { kind: 'exact', of: (row) => row.name },
    critical_product: { kind: 'boolean', of: (row) => row.critical_product },
    key_product: { kind: 'boolean', of: (row) => row.key_product },
    created: { kind: 'moment', compare: 'on', of: (row) => row.created },
    updated: { kind: 'moment', compare: 'on', of: (row) => row.updated },
  },
  ordering: {},
  prefetch: {},
  fields: {
    name: text({ required: true, max: 255 }),
    description: optionalText(4000),
    critical_product: flag(),
    key_product: flag(),
    authorized_users: references((store) => store.users),
  },
  mayWrite: (x) => isStaff(x.user),
  check: (x, values, row) =>
    nameTaken('product_ type', x.store.productTypes.all(), values.name, row),
  create: ({ store }, values) =>
    store.createProductType(values as { name: string } & Partial<ProductTypeRecord>),
  change({ store }, row, values) {
    Object.assign(row, values, { updated: timestamp(store.now()) })
  },
  remove({ store }, row) {
    for (const product of store.products.all()) {
      if (product.prod_type === row.id) removeProduct(store, product.id)
    }
    store.productTypes.delete(row.id)
  },
}
