import type { DojoCall } from './dojo-call.js'
import { engagementView, type PageRequest, productView, testView } from './views.js'

type Reader = Pick<DojoCall, 'get'>

/** One page of all products, by name. */
export const readProducts = async (dojo: Reader, page: PageRequest) =>
  productView.page(await dojo.get('products/', { ...page }), page)

/** One page of the engagements of a product. */
export const readEngagements = async (dojo: Reader, productId: number, page: PageRequest) =>
  engagementView.page(await dojo.get('engagements/', { product: productId, ...page }), page)

/** One page of the tests of an engagement, oldest first. */
export async function readTests(dojo: Reader, engagementId: number, page: PageRequest) {
  // DefectDojo 3.x has no order of its own here: without one, pages repeat and miss rows.
  const body = await dojo.get('tests/', { engagement: engagementId, o: 'created', ...page })
  return testView.page(body, page)
}
