import type { ProductRecord } from '../records.js'
import type { Store } from '../store.js'

/** Products with the ids of their active findings, which are gathered once for all of them. */
export function productViews(store: Store, products: readonly ProductRecord[]): object[] {
  const active = activeFindings(store)
  return products.map(({ meta, updated: _updated, ...product }) => {
    const list = active.get(product.id) ?? []
    return { ...product, product_meta: meta, findings_count: list.length, findings_list: list }
  })
}

function activeFindings(store: Store): Map<number, number[]> {
  const productOfTest = new Map<number, number>()
  for (const test of store.tests.all()) {
    const product = store.engagements.get(test.engagement)?.product
    if (product !== undefined) productOfTest.set(test.id, product)
  }
  const lists = new Map<number, number[]>()
  for (const finding of store.findings.all()) {
    if (!finding.active) continue
    const product = productOfTest.get(finding.test)
    if (product === undefined) continue
    const list = lists.get(product)
    if (list) list.push(finding.id)
    else lists.set(product, [finding.id])
  }
  return lists
}
