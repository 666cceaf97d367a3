/** A JSON-RPC error as an HTTP answer. */
export const jsonRpcError = (
  status: number,
  code: number,
  message: string,
  id: string | number | null = null,
): Response => Response.json({ jsonrpc: '2.0', error: { code, message }, id }, { status })

/** The id of a message, where it has one that an answer may repeat. */
export function idOf(message: unknown): string | number | null {
  if (typeof message !== 'object' || message === null || !('id' in message)) return null
  return typeof message.id === 'string' || typeof message.id === 'number' ? message.id : null
}
