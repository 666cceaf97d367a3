import { isSpecType, type JSONRPCNotification, type RequestId } from '@modelcontextprotocol/server'

/** The id of the request that a message cancels; undefined when it cancels none, or the SDK would not understand that it does. */
export function cancelledId(message: JSONRPCNotification): RequestId | undefined {
  const understood = withoutNullReason(message)
  return isSpecType.CancelledNotification(understood) ? understood.params.requestId : undefined
}

/** The same message, where `"reason": null` says what no reason says: the SDK would pass over the whole cancellation. */
export function withoutNullReason(message: JSONRPCNotification): JSONRPCNotification {
  if (message.method !== 'notifications/cancelled' || message.params?.reason !== null)
    return message
  const { reason: _, ...params } = message.params
  return { ...message, params }
}
