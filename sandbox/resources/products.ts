import type { Model } from '../http/model.js'
import type { ProductRecord } from '../records.js'
import { isStaff, mayUseProduct, mayUseProductType, visibility } from '../rules/access.js'
import * as types from '../rules/field-types.js'
import { byFields } from '../rules/ordering.js'
import { tagFilters } from '../rules/tag-filters.js'
import { tagsField } from '../rules/tags.js'
import { day, timestamp } from '../rules/times.js'
import type { Store } from '../store.js'
import { productViews } from '../views/products.js'
import { removeProduct } from './removal.js'
import { nameTaken } from './unique-names.js'

const criticalities = ['very high', 'high', 'medium', 'low', 'very low', 'none']
const platforms = ['web service', 'desktop', 'iot', 'mobile', 'web']
const lifecycles = ['construction', 'production', 'retirement']
const origins = [
  'third party library',
  'purchased',
  'contractor',
  'internal',
  'open source',
  'outsourced',
]

const optional = { nullable: true }
const person = types.reference((store) => store.users, optional)

/** `/products/`: by name; every one carries the ids of its active findings. */
export const products: Model<ProductRecord> = {
  path: 'products',
  label: 'Product',
  rows(x) {
    const sees = visibility(x.store, x.user)
    return x.store.products
      .all()
      .filter(sees.product)
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  },
  find(x, id) {
    const row = x.store.products.get(id)
    return mayUseProduct(x.store, x.user, row) ? row : undefined
  },
  view: (x, rows) => productViews(x.store, rows),
  filters: {
    name: { kind: 'contains', of: (row) => row.name },
    name_exact: { kind: 'exact, no case', of: (row) => row.name },
    description: { kind: 'contains', of: (row) => row.description },
    id: { kind: 'numbers', of: (row) => row.id },
    prod_type: { kind: 'numbers', of: (row) => row.prod_type },
    product_manager: { kind: 'numbers', of: (row) => row.product_manager },
    technical_contact: { kind: 'numbers', of: (row) => row.technical_contact },
    team_manager: { kind: 'numbers', of: (row) => row.team_manager },
    regulations: { kind: 'numbers', of: (row) => row.regulations },
    prod_numeric_grade: { kind: 'numbers', of: (row) => row.prod_numeric_grade },
    user_records: { kind: 'numbers', of: (row) => row.user_records },
    business_criticality: {
      kind: 'choice',
      words: criticalities,
      of: (row) => row.business_criticality,
    },
    platform: { kind: 'choice', words: platforms, of: (row) => row.platform },
    lifecycle: { kind: 'choice', words: lifecycles, of: (row) => row.lifecycle },
    origin: { kind: 'choice', words: origins, of: (row) => row.origin },
    external_audience: { kind: 'boolean', of: (row) => row.external_audience },
    internet_accessible: { kind: 'boolean', of: (row) => row.internet_accessible },
    created: { kind: 'range', of: (row) => row.created },
    updated: { kind: 'range', of: (row) => row.updated },
    ...tagFilters<ProductRecord>((row) => row.tags),
    outside_of_sla: {
      kind: 'code',
      meanings: {
        '0': (row, x) => !outsideOfSla(x.store, row),
        '1': (row, x) => outsideOfSla(x.store, row),
      },
    },
  },
  ordering: {
    ...byFields<ProductRecord>(
      'id',
      'name',
      'created',
      'updated',
      'prod_numeric_grade',
      'business_criticality',
      'platform',
      'lifecycle',
      'origin',
      'revenue',
      'external_audience',
      'internet_accessible',
      'user_records',
      'prod_type',
      'product_manager',
      'technical_contact',
      'team_manager',
    ),
    prod_type__name: (row, x) => x.store.productTypes.get(row.prod_type)?.name,
  },
  prefetch: {
    prod_type: {
      ids: (row) => [row.prod_type],
      view: (x, id) => x.store.productTypes.get(id),
    },
    sla_configuration: {
      ids: (row) => [row.sla_configuration],
      view: (x, id) => x.store.slaConfigurations.get(id),
    },
  },
  parent: {
    field: 'prod_type',
    label: 'Product_Type',
    find: (x, id) => x.store.productTypes.get(id),
    may: (x, id) => mayUseProductType(x.store, x.user, id),
  },
  fields: {
    business_criticality: types.choice(criticalities, optional),
    platform: types.choice(platforms, optional),
    lifecycle: types.choice(lifecycles, optional),
    origin: types.choice(origins, optional),
    name: types.text({ required: true, max: 255 }),
    description: types.text({ required: true, max: 4000 }),
    prod_numeric_grade: types.integer(optional),
    user_records: types.integer({ nullable: true, min: 0 }),
    external_audience: types.flag(),
    internet_accessible: types.flag(),
    enable_product_tag_inheritance: types.flag(),
    enable_simple_risk_acceptance: types.flag(),
    enable_full_risk_acceptance: types.flag(),
    disable_sla_breach_notifications: types.flag(),
    product_manager: person,
    technical_contact: person,
    team_manager: person,
    prod_type: types.reference((store) => store.productTypes),
    sla_configuration: types.reference((store) => store.slaConfigurations),
    authorized_users: types.references((store) => store.users),
    regulations: types.references((store) => store.regulations),
    revenue: {
      nullable: true,
      read(value) {
        const number = Number(value)
        return Number.isFinite(number) && number >= 0
          ? { value: number.toFixed(2) }
          : { issue: { text: 'A valid number is required.', code: 'invalid' } }
      },
    },
    tags: tagsField(),
  },
  check: (x, values, row) => nameTaken('product', x.store.products.all(), values.name, row),
  create: ({ store }, values) => store.createProduct(values as { name: string }),
  change(x, row, values) {
    if (!isStaff(x.user)) delete values.authorized_users
    const { store } = x
    if (values.tags) values.tags = store.spell('product', values.tags as string[])
    Object.assign(row, values, { updated: timestamp(store.now()) })
  },
  remove: ({ store }, row) => removeProduct(store, row.id),
}

function outsideOfSla(store: Store, product: ProductRecord): boolean {
  const today = day(store.now())
  return store.findings.all().some((finding) => {
    if (!finding.active || finding.sla_expiration_date === null) return false
    if (finding.sla_expiration_date >= today) return false
    return store.engagements.get(store.tests.get(finding.test)?.engagement)?.product === product.id
  })
}
