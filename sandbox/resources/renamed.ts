import type { Model } from '../http/model.js'
import type { ProductRecord, ProductTypeRecord } from '../records.js'
import { productTypes } from './product-types.js'
import { products } from './products.js'

/** The new names of a product's fields; the others stay. */
const assetNames: Readonly<Record<string, string>> = {
  prod_type: 'organization',
  product_meta: 'asset_meta',
  prod_numeric_grade: 'asset_numeric_grade',
  product_manager: 'asset_managers',
  enable_product_tag_inheritance: 'enable_asset_tag_inheritance',
}

const organizationNames: Readonly<Record<string, string>> = {
  critical_product: 'critical_asset',
  key_product: 'key_asset',
}

const rename = (view: object, names: Readonly<Record<string, string>>): object =>
  Object.fromEntries(Object.entries(view).map(([name, value]) => [names[name] ?? name, value]))

/** `/assets/`: the products again under their new names, to read; the same rows and ids. */
export const assets: Model<ProductRecord> = {
  path: 'assets',
  label: 'Product',
  rows: products.rows,
  find: products.find,
  view: (x, rows) => products.view(x, rows).map((view) => rename(view, assetNames)),
  ...(products.filters ? { filters: products.filters } : {}),
  prefetch: {},
}

/** `/organizations/`: the product types again. */
export const organizations: Model<ProductTypeRecord> = {
  path: 'organizations',
  label: 'Product_Type',
  rows: productTypes.rows,
  find: productTypes.find,
  view: (x, rows) => productTypes.view(x, rows).map((view) => rename(view, organizationNames)),
  ...(productTypes.filters ? { filters: productTypes.filters } : {}),
  prefetch: {},
}
