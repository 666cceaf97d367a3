import { PROTOCOL_VERSION_META_KEY } from '@modelcontextprotocol/server'
import { isJsonObject } from '../json-object.js'

/** The only revision that has JSON-RPC batches (2025-03-26 basic; gone in 2025-06-18). */
export const batchRevision = '2025-03-26'

/** What a batch in any other revision is told. */
export const noBatches = `JSON-RPC batches exist in protocol version ${batchRevision} only`

/** Far more than any client sends; each of them is a call of its own. */
const maxMessages = 50

/** Why a batch is refused as a whole, before anything of it runs; null when each of its messages may go its own way. */
export function batchRefusal(messages: readonly unknown[]): string | null {
  if (messages.length === 0) return 'The batch is empty'
  if (messages.length > maxMessages) return `A batch may hold at most ${maxMessages} messages`
  const ids = new Set<unknown>()
  const cancelled = new Set<unknown>()
  for (const message of messages) {
    if (!isJsonObject(message)) return 'The batch holds something that is no message'
    const { id, method, params } = message
    if (method === 'initialize') return 'initialize must not be part of a batch'
    if (
      isJsonObject(params) &&
      isJsonObject(params._meta) &&
      PROTOCOL_VERSION_META_KEY in params._meta
    ) {
      return 'A batch must not hold messages of protocol version 2026-07-28 or later'
    }
    if (method === 'notifications/cancelled' && isJsonObject(params))
      cancelled.add(params.requestId)
    if (id === undefined || method === undefined) continue
    if (ids.has(id)) return 'Two messages of the batch have the same id'
    ids.add(id)
  }
  if ([...cancelled].some((id) => ids.has(id))) {
    return 'A batch must not cancel a request of its own'
  }
  return null
}
