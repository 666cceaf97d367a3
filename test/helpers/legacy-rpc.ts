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

interface Answer {
  readonly id?: unknown
  readonly result?: Record<string, unknown>
  readonly error?: unknown
}

/** The answers in a body that may be a stream, without what else the server had to say there. */
export const answersIn = (body: string): readonly Answer[] => {
  const texts = body.startsWith('{') ? [body] : (body.match(/^data: .+$/gm) ?? [])
  return texts
    .map((text): Answer => JSON.parse(text.replace(/^data: /, '')))
    .filter((message) => 'id' in message)
}

/** The one answer in such a body. */
export const messageOf = (body: string): Answer => answersIn(body)[0] ?? {}
