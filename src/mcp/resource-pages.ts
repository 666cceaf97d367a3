import {
  type ListResourcesResult,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server'
import type { Pipeline } from '../pipeline/call.js'
import { type ProductsListed, productListing } from '../resources/product-listing.js'
import type { Catalogue } from './catalogue.js'
import type { IncomingCall } from './incoming-call.js'
import { cursorAt, offsetOf } from './list-cursor.js'
import { resultOrThrow } from './protocol-errors.js'

/** One page of `resources/list`. */
export type ListResources = (cursor: unknown, call: IncomingCall) => Promise<ListResourcesResult>

/**
 * The first page is what is always there, without a question to DefectDojo; a client that wants more is given its products, page by
 * page, as calls on record.
 */
export function createListResources(
  catalogue: Pick<Catalogue, 'resources'>,
  pipeline: Pick<Pipeline, 'call'>,
): ListResources {
  return async (cursor, call) => {
    if (cursor === undefined) {
      const mayGoOn = call.caller.permissions.has(productListing.permission)
      return {
        resources: [...catalogue.resources(call.caller)],
        ...(mayGoOn && { nextCursor: cursorAt(0) }),
      }
    }

    const offset = typeof cursor === 'string' ? offsetOf(cursor) : undefined
    if (offset === undefined) {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid cursor')
    }
    const { name } = productListing
    const { resources, next } = resultOrThrow(
      await pipeline.call({ ...call, kind: 'listing', name, arguments: { offset } }),
    ) as ProductsListed
    return {
      resources,
      ...(next !== null && { nextCursor: cursorAt(next) }),
      // Products come and go; the first page does not.
      ttlMs: 0,
    }
  }
}
