/** The first message of a 2025-era client. */
export const initialize = (protocolVersion: string) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion, capabilities: {}, clientInfo: { name: 'test', version: '1' } },
})

/** Headers of a 2025-era request to `/mcp`. */
export const legacyHeaders = (token: string, more: Record<string, string> = {}) => ({
  host: '127.0.0.1',
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
  authorization: `Bearer ${token}`,
  ...more,
})

/** The message in a body that may be one event of a stream. */
export const messageOf = (body: string): { result?: Record<string, unknown>; error?: unknown } =>
  JSON.parse(body.startsWith('{') ? body : (/^data: (.+)$/m.exec(body)?.[1] ?? '{}'))
