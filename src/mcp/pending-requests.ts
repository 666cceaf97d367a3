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
  /** True when a request in `messages` has the id of another one that is not answered, or of one whose batch is not. */
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

/** Requests that came together. The SDK keeps the ids of all of them until the last is answered. */
interface Arrival {
  readonly inBatch: boolean
  readonly keys: readonly string[]
  waiting: number
}

/** Follows a session's requests from their arrival to what `transport` sends for them; `onAnswer` hears of each answer. */
export function trackRequests(
  transport: Pick<Transport, 'send'>,
  onAnswer: () => void,
): PendingRequests {
  const pending = new Map<string, Arrival>()
  const inUse = new Set<string>()
  const send = transport.send.bind(transport)
  transport.send = async (message, options) => {
    const isAnswer = isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)
    if (isAnswer && message.id !== undefined) {
      settle(keyOf(message.id))
      onAnswer()
    }
    await send(message, options)
  }

  function settle(key: string): void {
    const arrival = pending.get(key)
    if (arrival === undefined) return
    pending.delete(key)
    arrival.waiting -= 1
    if (arrival.waiting === 0) for (const id of arrival.keys) inUse.delete(id)
  }

  return {
    count: () => pending.size,
    clashes: (messages) => keysIn(messages).some((key) => inUse.has(key)),
    add(messages) {
      const keys = keysIn(messages)
      const arrival = { inBatch: messages.length > 1, keys, waiting: keys.length }
      for (const key of keys) {
        inUse.add(key)
        pending.set(key, arrival)
      }
    },
    forget(messages) {
      for (const key of keysIn(messages)) settle(key)
    },
    cancel: (messages) =>
      messages.filter(isJSONRPCNotification).flatMap((message) => {
        const id = cancelledId(message)
        const arrival = id === undefined ? undefined : pending.get(keyOf(id))
        if (id === undefined || arrival === undefined) return []
        settle(keyOf(id))
        return [{ id, inBatch: arrival.inBatch }]
      }),
  }
}

const keysIn = (messages: readonly unknown[]): string[] =>
  messages.filter(isJSONRPCRequest).map(({ id }) => keyOf(id))
