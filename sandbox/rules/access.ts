import type {
  EngagementRecord,
  FindingRecord,
  ProductRecord,
  TestRecord,
  UserRecord,
} from '../records.js'
import type { Store } from '../store.js'

/** Superusers and staff see everything and may change and delete it. */
export const isStaff = (user: UserRecord): boolean => user.is_staff || user.is_superuser

/** A product is seen, and may be changed, by those it names, and by those its product type names. */
export function mayUseProduct(store: Store, user: UserRecord, product: ProductRecord | undefined) {
  if (!product) return false
  if (isStaff(user) || product.authorized_users.includes(user.id)) return true
  return mayUseProductType(store, user, product.prod_type)
}

/** Product types are seen, and products created in them, by those they name. */
export function mayUseProductType(store: Store, user: UserRecord, productType: number): boolean {
  return (
    isStaff(user) ||
    (store.productTypes.get(productType)?.authorized_users.includes(user.id) ?? false)
  )
}

export interface Visibility {
  product(row: ProductRecord): boolean
  engagement(row: EngagementRecord): boolean
  test(row: TestRecord): boolean
  finding(row: FindingRecord): boolean
}

const everything: Visibility = {
  product: () => true,
  engagement: () => true,
  test: () => true,
  finding: () => true,
}

/** What a user sees, worked out once for a request that looks at many rows. */
export function visibility(store: Store, user: UserRecord): Visibility {
  if (isStaff(user)) return everything
  const products = new Set<number>()
  for (const row of store.products.all()) {
    if (mayUseProduct(store, user, row)) products.add(row.id)
  }
  const engagement = (row: EngagementRecord | undefined) =>
    row !== undefined && products.has(row.product)
  const test = (row: TestRecord | undefined) =>
    row !== undefined && engagement(store.engagements.get(row.engagement))
  return {
    product: (row) => products.has(row.id),
    engagement,
    test,
    finding: (row) => test(store.tests.get(row.test)),
  }
}
