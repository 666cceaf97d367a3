import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'

export { modernMeta } from './tool-calls.js'

/** A request whose body need not be JSON. */
export interface Post {
  /** POST unless given. */
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly path?: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export interface Posted {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Of a stream that does not end, what came of it in a moment. */
  readonly text: string
  /** Until the head of the answer was there. */
  readonly elapsedMs: number
}

export interface Poster {
  /** Rejects when the connection ends before the answer. */
  post(post: Post): Promise<Posted>
  close(): void
}

/** A stream that has begun well is watched no longer. */
const streamMs = 500

/** Posts to a server over connections it keeps. */
export function createPoster(port: number, atOnce = 32): Poster {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  return {
    async post({ method = 'POST', path = '/mcp', token, headers, body }) {
      const startedAt = performance.now()
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const sent = request({
          ...{ host: '127.0.0.1', port, path, method, agent },
          headers: {
            accept: 'application/json, text/event-stream',
            ...(body !== undefined && {
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(body),
            }),
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...headers,
          },
        })
        sent.on('response', resolve).on('error', reject).end(body)
      })
      const elapsedMs = performance.now() - startedAt
      const text = await textOf(response)
      return { status: response.statusCode ?? 0, headers: response.headers, text, elapsedMs }
    },
    close: () => agent.destroy(),
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = ''
  const isStream = response.headers['content-type'] === 'text/event-stream'
  const enough = isStream ? setTimeout(() => response.destroy(), streamMs) : undefined
  try {
    for await (const chunk of response.setEncoding('utf8')) text += chunk
  } catch (error) {
    if (!isStream) throw error
  } finally {
    clearTimeout(enough)
  }
  return text
}

/** Headers of a 2026-07-28 request. */
export const modernHeaders = (method: string, name?: string): Record<string, string> => ({
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': method,
  ...(name !== undefined && { 'mcp-name': name }),
})

/** The message in a body that may be a stream with one event; undefined where there is none. */
export function messageIn(text: string): { result?: unknown; error?: unknown } | undefined {
  const json = text.startsWith('{') ? text : /^data: (\{.*)$/m.exec(text)?.[1]
  if (json === undefined) return undefined
  return JSON.parse(json)
}
