import { forbidden, modelRefused, targetUnresolved } from '../http/api-error.js'
import type { Exchange } from '../http/exchange.js'
import type { EngagementRecord, TestRecord } from '../records.js'
import { isStaff, mayUseProduct, mayUseProductType } from '../rules/access.js'
import { addDays, day } from '../rules/times.js'
import type { ImportOptions } from './options.js'
import { sentFields } from './options.js'

/** Where a report goes, as far as it exists; what is missing may be made once the options are known to be good. */
export interface Target {
  engagement?: EngagementRecord
  /** Reimport only. */
  test?: TestRecord
  productName?: string
  engagementName?: string
  productTypeName?: string
}

function idField(x: Exchange, name: 'engagement' | 'test'): number | undefined {
  const value = sentFields(x)[name]
  if (value === undefined) return undefined
  if (!/^\d+$/.test(String(value))) throw targetUnresolved(`${name} must be an integer`)
  return Number(value)
}

const textField = (x: Exchange, name: string): string | undefined => {
  const value = sentFields(x)[name]
  return typeof value === 'string' ? value : undefined
}

function mayImport(x: Exchange, engagement: EngagementRecord): void {
  const product = x.store.products.get(engagement.product)
  if (!mayUseProduct(x.store, x.user, product)) throw forbidden()
}

/** Finds the engagement, or for a reimport the test, that the form names by id or by names. Checked before any option is. */
export function resolveTarget(x: Exchange, kind: 'import' | 'reimport'): Target {
  const { store } = x
  if (kind === 'reimport') {
    const id = idField(x, 'test')
    if (id !== undefined) {
      const test = store.tests.get(id)
      const engagement = store.engagements.get(test?.engagement)
      if (!test || !engagement) throw targetUnresolved(`Test "${id}" does not exist`)
      mayImport(x, engagement)
      return { test, engagement }
    }
  } else {
    const id = idField(x, 'engagement')
    if (id !== undefined) {
      const engagement = store.engagements.get(id)
      if (!engagement) throw targetUnresolved(`Engagement "${id}" does not exist`)
      mayImport(x, engagement)
      checkConsistent(x, engagement)
      return { engagement }
    }
  }
  return byNames(x, kind)
}

function checkConsistent(x: Exchange, engagement: EngagementRecord): void {
  const name = textField(x, 'product_name')
  const product = x.store.products.get(engagement.product)
  if (name === undefined || product?.name === name) return
  throw targetUnresolved(
    `The provided identifiers are inconsistent — engagement ${engagement.id} is not in product "${name}"`,
  )
}

function byNames(x: Exchange, kind: 'import' | 'reimport'): Target {
  const { store } = x
  const productName = textField(x, 'product_name')
  const engagementName = textField(x, 'engagement_name')
  const productTypeName = textField(x, 'product_type_name')
  if (productName === undefined) throw targetUnresolved('product_name parameter missing')
  if (engagementName === undefined) throw targetUnresolved('engagement_name parameter missing')
  const autoCreate = /^(true|1|t|yes|on)$/i.test(textField(x, 'auto_create_context') ?? '')
  const productType = store.productTypes.all().find((row) => row.name === productTypeName)
  if (!autoCreate && productTypeName !== undefined && !productType) {
    throw targetUnresolved(`Product Type "${productTypeName}" does not exist`)
  }
  const product = store.products.all().find((row) => row.name === productName)
  if (!product && !autoCreate) throw targetUnresolved(`Product "${productName}" does not exist`)
  const engagement = store.engagements
    .all()
    .findLast((row) => row.product === product?.id && row.name === engagementName)
  if (product && !engagement && !autoCreate) {
    throw targetUnresolved(
      `Engagement "${engagementName}" does not exist in Product "${productName}"`,
    )
  }
  const names = {
    productName,
    engagementName,
    ...(productTypeName === undefined ? {} : { productTypeName }),
  }
  if (!product) {
    mayCreateProduct(x, names, productType?.id)
    return names
  }
  if (!mayUseProduct(store, x.user, product)) {
    throw engagement
      ? forbidden()
      : forbidden(`No permission to create engagements in product "${productName}"`)
  }
  if (!engagement) return names
  if (kind === 'import') return { engagement, ...names }
  const test = newestTest(x, engagement)
  return test ? { test, engagement, ...names } : { engagement, ...names }
}

function mayCreateProduct(x: Exchange, names: Target, productType: number | undefined): void {
  const { productName, productTypeName } = names
  if (productTypeName === undefined) {
    throw targetUnresolved(
      `Product "${productName}" does not exist and no product_type_name provided to create the new product in`,
    )
  }
  if (productType === undefined) {
    if (isStaff(x.user)) return
    throw forbidden(`No permission to create product_type "${productTypeName}"`)
  }
  if (mayUseProductType(x.store, x.user, productType)) return
  throw forbidden(`No permission to create products in product_type "${productTypeName}"`)
}

function newestTest(x: Exchange, engagement: EngagementRecord): TestRecord | undefined {
  const scanType = textField(x, 'scan_type')
  const title = textField(x, 'test_title')
  return x.store.tests
    .all()
    .findLast(
      (row) =>
        row.engagement === engagement.id &&
        row.scan_type === scanType &&
        (title === undefined || row.title === title),
    )
}

/** The engagement to import into; with `auto_create_context` the product type, product and engagement that are missing are made. */
export function targetEngagement(
  x: Exchange,
  target: Target,
  options: ImportOptions,
): EngagementRecord {
  if (target.engagement) return target.engagement
  const { store } = x
  const { productName = '', engagementName = '', productTypeName } = target
  let product = store.products.all().find((row) => row.name === productName)
  if (!product) {
    const known = store.productTypes.all().find((row) => row.name === productTypeName)
    const productType = known ?? store.createProductType({ name: productTypeName ?? '' })
    product = store.createProduct({
      name: productName,
      description: productName,
      prod_type: productType.id,
    })
  }
  const today = day(store.now())
  return store.createEngagement({
    product: product.id,
    name: engagementName,
    engagement_type: 'CI/CD',
    status: 'In Progress',
    target_start: today,
    target_end: options.engagement_end_date ?? addDays(today, 365),
    deduplication_on_engagement: options.deduplication_on_engagement,
    source_code_management_uri: options.source_code_management_uri ?? null,
    lead: options.lead ?? x.user.id,
  })
}

/** The id of the environment that the form names, Development unless it does. */
export function environmentId(x: Exchange, options: ImportOptions): number | null {
  const name = options.environment ?? 'Development'
  const known = x.store.environments.all().find((row) => row.name === name)
  if (known) return known.id
  if (!options.auto_create_context) {
    throw modelRefused(`Environment named ${name} does not exist.`)
  }
  return x.store.environments.insert({ name }).id
}
