import type { InjectOptions } from 'fastify'

/** The members every 2026-07-28 request carries about its sender. */
export const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
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
      ...(typeof params.name === 'string' && { 'mcp-name': params.name }),
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

/** One tool call for `app.inject`. */
export const callTool = (
  token: string | undefined,
  name: string,
  args: Record<string, unknown> = {},
): InjectOptions => rpc(token, 'tools/call', { name, arguments: args })
