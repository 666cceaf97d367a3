/** Headers that repeat what the body says, for proxies that decide by them (2026-07-28 basic/transports). */
export type RoutingHeader = 'mcp-method' | 'mcp-name'

/** Where a method's body says what `Mcp-Name` repeats. */
const namedBy: Readonly<Record<string, 'name' | 'uri'>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
}

/** `=?base64?…?=` around a value that no header could hold as it is. */
const encoded = /^=\?base64\?((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)\?=$/

/**
 * True when a proxy could have decided on something else than the body asks for: wherever these headers are present they must say
 * what the body says, in every protocol generation (error -32020). A batch says several things, so it agrees with none.
 */
export function headersContradict(
  header: (name: RoutingHeader) => string | null,
  body: unknown,
): boolean {
  if (typeof body !== 'object' || body === null) return false
  const said = { method: header('mcp-method'), name: header('mcp-name') }
  if (Array.isArray(body)) return said.method !== null || said.name !== null
  const { method, params } = body as { method?: unknown; params?: unknown }
  if (typeof method !== 'string') return false
  if (said.method !== null && said.method !== method) return true
  const member = Object.hasOwn(namedBy, method) ? namedBy[method] : undefined
  if (said.name === null || member === undefined) return false
  const name =
    typeof params === 'object' && params !== null ? Reflect.get(params, member) : undefined
  return typeof name === 'string' && decoded(said.name) !== name
}

/** Blanks around a header's value are gone by now; what `trim` would take besides, a proxy reads as part of it. */
function decoded(value: string): string | undefined {
  if (!value.startsWith('=?base64?') || !value.endsWith('?=')) return value
  const base64 = encoded.exec(value)?.[1]
  if (base64 === undefined) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(base64, 'base64'),
    )
  } catch {
    return undefined
  }
}
