import type { RawClient, RawHeaders } from './raw-client.js'

/** The revisions that begin with `initialize`, oldest first. */
export const sessionVersions = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const
export type SessionVersion = (typeof sessionVersions)[number]

/** The revision that says everything in every request. */
export const envelopeVersion = '2026-07-28'

export type Params = Readonly<Record<string, unknown>>

export const rpc = (id: string | number, method: string, params: Params = {}) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
})

/** A request that says who asks, as 2026-07-28 wants it. */
export const enveloped = (
  id: string | number,
  method: string,
  params: Params = {},
  version: string = envelopeVersion,
) => rpc(id, method, { ...params, _meta: envelope(version) })

export const envelope = (version: string = envelopeVersion) => ({
  'io.modelcontextprotocol/protocolVersion': version,
  'io.modelcontextprotocol/clientInfo': { name: 'proof', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
})

export const initialize = (version: string) =>
  rpc('initialize', 'initialize', {
    protocolVersion: version,
    capabilities: {},
    clientInfo: { name: 'proof', version: '1' },
  })

/** What every client sends; without a token, what one without access sends. */
export const usualHeaders = (token?: string): RawHeaders => [
  ['Accept', 'application/json, text/event-stream'],
  ['Content-Type', 'application/json'],
  ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]),
]

export const versionHeader = (version: string): RawHeaders => [['MCP-Protocol-Version', version]]
export const sessionHeader = (session: string): RawHeaders => [['Mcp-Session-Id', session]]

const nameOf = ({ name, uri }: Params): unknown => name ?? uri

/** The headers of 2026-07-28 that repeat what the body says. */
export const routingHeaders = (method: string, params: Params = {}): RawHeaders => {
  const name = nameOf(params)
  return [
    ['Mcp-Method', method],
    ...(typeof name === 'string' ? [['Mcp-Name', name] as const] : []),
  ]
}

/** Everything that stands in the head of a well-formed 2026-07-28 request besides the usual. */
export const envelopeHeaders = (method: string, params: Params = {}): RawHeaders => [
  ...versionHeader(envelopeVersion),
  ...routingHeaders(method, params),
]

/** Opens a session that speaks `version`; an error if the server would rather speak another. */
export async function openSession(
  client: RawClient,
  token: string | undefined,
  version: SessionVersion,
): Promise<string> {
  const { headers, messages, body } = await client.send({
    path: '/mcp',
    headers: usualHeaders(token),
    body: JSON.stringify(initialize(version)),
  })
  const session = headers['mcp-session-id']
  if (typeof session !== 'string') throw new Error(`no session: ${body}`)
  const agreed = messages.find(({ result }) => result !== undefined)?.result?.protocolVersion
  if (agreed !== version) throw new Error(`asked for ${version}, got ${String(agreed)}`)
  return session
}
