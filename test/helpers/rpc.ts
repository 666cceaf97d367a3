import type { InjectOptions } from 'fastify'

/** The members every 2026-07-28 request carries about its sender. */
export const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

/** What a call is about, in base64 where a header cannot hold it. */
function nameHeader(name: unknown): Record<string, string> {
  if (typeof name !== 'string') return {}
  const isPlain = /^[!-~](?:[ -~]*[!-~])?$/.test(name)
  return { 'mcp-name': isPlain ? name : `=?base64?${Buffer.from(name).toString('base64')}?=` }
}

/** One 2026-07-28 request to `/mcp` for `app.inject`. */
export function rpc(
  token: string | undefined,
  method: string,
  params: Record<string, unknown> = {},
  meta: Record<string, unknown> = {},
): InjectOptions {
  return {
    method: 'POST',
    url: '/mcp',
    headers: {
      host: '127.0.0.1',
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...nameHeader(params.name ?? (method === 'resources/read' ? params.uri : undefined)),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    payload: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: { ...params, _meta: { ...modernMeta, ...meta } },
    }),
  }
}

/** One reading of a resource for `app.inject`. */
export const readResource = (token: string | undefined, uri: unknown): InjectOptions =>
  rpc(token, 'resources/read', { uri })

/** One tool call for `app.inject`. */
export const callTool = (
  token: string | undefined,
  name: string,
  args: Record<string, unknown> = {},
): InjectOptions => rpc(token, 'tools/call', { name, arguments: args })
