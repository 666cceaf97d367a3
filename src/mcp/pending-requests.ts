import {
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type RequestId,
  type Transport,
} from '@modelcontextprotocol/server'
import { cancelledId } from './cancellations.js'

/** A request that was cancelled before it was answered: it gets no answer. */
export interface CancelledRequest {
  readonly id: RequestId
  /** True when it came in a batch, whose other requests are answered on the same stream. */
  readonly inBatch: boolean
}

/** The requests of one session that have no answer yet. */
export interface PendingRequests {
  count(): number
  /** True when a request in `messages` has the id of another one that is still waiting for its answer. */
  clashes(messages: readonly unknown[]): boolean
  /** Notes the requests in `messages`, which are about to be handled. */
  add(messages: readonly unknown[]): void
  /** Forgets them again: they were refused. */
  forget(messages: readonly unknown[]): void
  /** Forgets the requests that `messages` cancel, and says which they were. */
  cancel(messages: readonly unknown[]): readonly CancelledRequest[]
}

/** `1` and `"1"` are two ids. */
const keyOf = (id: RequestId): string => `${typeof id} ${id}`

/** Follows a session's requests from their arrival to what `transport` sends for them; `onAnswer` hears of each answer. */
export function trackRequests(
  transport: Pick<Transport, 'send'>,
  onAnswer: () => void,
): PendingRequests {
  const pending = new Map<string, { readonly inBatch: boolean }>()
  const send = transport.send.bind(transport)
  transport.send = async (message, options) => {
    const isAnswer = isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)
    if (isAnswer && message.id !== undefined) {
      pending.delete(keyOf(message.id))
      onAnswer()
    }
    await send(message, options)
  }

  return {
    count: () => pending.size,
    clashes: (messages) =>
      messages.some((message) => isJSONRPCRequest(message) && pending.has(keyOf(message.id))),
    add(messages) {
      for (const message of messages) {
        if (isJSONRPCRequest(message)) {
          pending.set(keyOf(message.id), { inBatch: messages.length > 1 })
        }
      }
    },
    forget(messages) {
      for (const message of messages) {
        if (isJSONRPCRequest(message)) pending.delete(keyOf(message.id))
      }
    },
    cancel: (messages) =>
      messages.filter(isJSONRPCNotification).flatMap((message) => {
        const id = cancelledId(message)
        const request = id !== undefined && pending.get(keyOf(id))
        if (id === undefined || !request) return []
        pending.delete(keyOf(id))
        return [{ id, ...request }]
      }),
  }
}
