import type { Fetch } from '../clients/sdk-clients.js'
import { modernMeta } from '../tool-calls.js'

/** What the end of an HTTP exchange shows of itself. */
export interface Event {
  readonly id: string | null
  /** The message; null of an event without one. */
  readonly data: Readonly<Record<string, unknown>> | null
  /** Text of a comment, which is all there is then. */
  readonly comment: string | null
}

/** MCP without a client that would hide how its streams behave. */
export interface RawMcp {
  /** A request of 2026-07-28, or of the session if there is one. */
  post(method: string, params: object, options?: PostOptions): Promise<Response>
  /** The session's own stream, or what came after an event. */
  listen(options?: { readonly after?: string; readonly signal?: AbortSignal }): Promise<Response>
  /** Ends the session. */
  close(): Promise<void>
}

export interface PostOptions {
  readonly signal?: AbortSignal
  readonly id?: string
  readonly headers?: Readonly<Record<string, string>>
}

const modern = '2026-07-28'
const legacy = '2025-11-25'

/** @param fetch how its requests reach `url` */
export function createRawMcp(url: string, token: string, fetch: Fetch, session?: string): RawMcp {
  const authorization = `Bearer ${token}`
  const sessionHeaders = session
    ? { 'mcp-session-id': session, 'mcp-protocol-version': legacy }
    : undefined
  return {
    async post(method, params, { signal, id = 'proof', headers } = {}) {
      const { _meta, ...rest } = params as { _meta?: object; name?: string }
      return fetch(url, {
        method: 'POST',
        headers: {
          authorization,
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
          ...(sessionHeaders ?? {
            'mcp-protocol-version': modern,
            'mcp-method': method,
            ...(rest.name !== undefined && { 'mcp-name': rest.name }),
          }),
          ...headers,
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id,
          method,
          params: { ...rest, _meta: { ...(!session && modernMeta), ..._meta } },
        }),
        ...(signal && { signal }),
      })
    },
    listen: ({ after, signal } = {}) =>
      fetch(url, {
        headers: {
          authorization,
          accept: 'text/event-stream',
          ...sessionHeaders,
          ...(after !== undefined && { 'last-event-id': after }),
        },
        ...(signal && { signal }),
      }),
    async close() {
      await fetch(url, { method: 'DELETE', headers: { authorization, ...sessionHeaders } })
    },
  }
}

/** Opens a session as clients up to 2025-11-25 do. */
export async function openSession(url: string, token: string, fetch: Fetch): Promise<RawMcp> {
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
  }
  const params = {
    protocolVersion: legacy,
    capabilities: {},
    clientInfo: { name: 'proof', version: '1' },
  }
  const opened = await fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
  })
  const session = opened.headers.get('mcp-session-id')
  const text = await opened.text()
  if (session === null) throw new Error(`no session: ${opened.status} ${text.slice(0, 200)}`)
  return createRawMcp(url, token, fetch, session)
}

/** The events and comments of a stream as they come; the message alone of an answer that is none. */
export async function* eventsOf(response: Response): AsyncGenerator<Event> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    yield { id: null, data: (await response.json()) as Record<string, unknown>, comment: null }
    return
  }
  let text = ''
  const decoder = new TextDecoder()
  for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(bytes, { stream: true })
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      yield eventIn(text.slice(0, end))
      text = text.slice(end + 2)
    }
  }
}

function eventIn(block: string): Event {
  const field = (name: string): string | null =>
    new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1] ?? null
  const data = field('data')
  return {
    id: field('id'),
    data: data?.startsWith('{') ? (JSON.parse(data) as Record<string, unknown>) : null,
    comment: field(''),
  }
}
