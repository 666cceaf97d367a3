import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from './audited-server.js'
import { eventsOf } from './event-stream.js'
import { modernHeaders, modernMeta } from './posting.js'

/** A JSON-RPC message, and its text as it came. */
export interface Message {
  readonly id?: unknown
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly code: number; readonly message: string }
  readonly text: string
}

/** A request that was sent. */
export interface Asked {
  readonly id: number
  /** What came for it so far, oldest first. */
  readonly messages: readonly Message[]
  /** When nothing more will come: the stream has ended, or the connection has. `status` is 0 where there was no answer over HTTP. */
  readonly ended: Promise<{ readonly status: number }>
  /** Closes the connection it is answered on, where it has one of its own. */
  cut(): void
  /** Whether what it will be answered can be had on another connection. */
  canResume(): boolean
}

export type Params = Readonly<Record<string, unknown>>

/** A client of one protocol generation. Its ids count from 0, as those of every other client do. */
export interface ProtocolClient {
  readonly generation: string
  ask(method: string, params?: Params, meta?: Params): Asked
  /** Sends a notification; resolves to the status. */
  tell(method: string, params?: Params): Promise<number>
  /** Asks for the rest of what was cut; resolves when its answer has come, or cannot. */
  resume(asked: Asked): Promise<void>
  /** Ends what the server keeps for it, whatever is under way, and begins anew. */
  renew(): Promise<void>
  close(): Promise<void>
}

export interface ClientOptions {
  readonly port: number
  readonly token: string
  /** Connections, which other clients may use too. */
  readonly agent: Agent
  /** Called with each message, and what was asked for on its stream; undefined where nobody asked. */
  readonly onMessage?: (message: Message, asked: Asked | undefined) => void
}

interface OpenAsked extends Asked {
  readonly messages: Message[]
  lastEventId: string | undefined
  finish(status: number): void
  connection: { destroy(): void } | undefined
}

/** A client of 2026-07-28. */
export function createStatelessClient(options: ClientOptions): ProtocolClient {
  let nextId = 0
  const send = (asked: OpenAsked | undefined, method: string, params: Params): Promise<number> =>
    exchange(options, asked, {
      body: messageText(asked?.id, method, params),
      headers: modernHeaders(method, nameIn(params)),
    })
  return {
    generation: '2026-07-28',
    ask(method, params = {}, meta = {}) {
      const asked = openAsked(nextId++)
      void send(asked, method, { ...params, _meta: { ...modernMeta, ...meta } })
      return asked
    },
    tell: (method, params = {}) => send(undefined, method, { ...params, _meta: modernMeta }),
    resume: async () => {},
    async renew() {
      nextId = 0
    },
    close: async () => {},
  }
}

/** A client of an earlier revision, in a session. */
export async function createSessionClient(
  options: ClientOptions,
  revision = '2025-11-25',
): Promise<ProtocolClient & { readonly session: () => string }> {
  let nextId = 0
  let session = await open()

  async function open(): Promise<string> {
    const clientInfo = { name: 'proof', version: '1' }
    const params = { protocolVersion: revision, capabilities: {}, clientInfo }
    const asked = openAsked(nextId++)
    let id = ''
    await exchange(options, asked, {
      body: messageText(asked.id, 'initialize', params),
      onHead: (response) => {
        id = String(response.headers['mcp-session-id'])
      },
    })
    await exchange(options, undefined, {
      body: messageText(undefined, 'notifications/initialized', {}),
      headers: headersIn(id),
    })
    return id
  }

  function headersIn(id: string): Record<string, string> {
    return { 'mcp-session-id': id, 'mcp-protocol-version': revision }
  }

  return {
    generation: revision,
    session: () => session,
    ask(method, params = {}, meta) {
      const asked = openAsked(nextId++)
      void exchange(options, asked, {
        body: messageText(asked.id, method, { ...params, ...(meta && { _meta: meta }) }),
        headers: headersIn(session),
      })
      return asked
    },
    tell: (method, params = {}) =>
      exchange(options, undefined, {
        body: messageText(undefined, method, params),
        headers: headersIn(session),
      }),
    async resume(asked) {
      const own = asked as OpenAsked
      // The server may not have seen yet that the connection is gone.
      for (let status = 409; status === 409; ) {
        const { lastEventId = '' } = own
        const headers = { ...headersIn(session), 'last-event-id': lastEventId }
        status = await exchange(options, own, { method: 'GET', headers })
        if (status === 409) await pause(5)
      }
    },
    async renew() {
      await exchange(options, undefined, { method: 'DELETE', headers: headersIn(session) })
      nextId = 0
      session = await open()
    },
    async close() {
      await exchange(options, undefined, { method: 'DELETE', headers: headersIn(session) })
    },
  }
}

/** A client of the older HTTP+SSE transport; everything is answered on one stream. */
export async function createSseClient(options: ClientOptions): Promise<ProtocolClient> {
  let nextId = 0
  let stream = await open()

  async function open() {
    const waiting = new Map<unknown, OpenAsked>()
    let path = ''
    const sent = startRequest(options, { method: 'GET', path: '/sse', own: true })
    const read = async (): Promise<void> => {
      for await (const { type, data } of eventsOf((await sent.response).setEncoding('utf8'))) {
        if (type === 'endpoint') path = data
        else receive(data)
      }
    }
    const receive = (data: string): void => {
      const message = messageOf(data)
      const asked = waiting.get(message.id)
      options.onMessage?.(message, asked)
      asked?.messages.push(message)
      if (asked && isAnswer(message)) {
        waiting.delete(message.id)
        asked.finish(200)
      }
    }
    const ended = read().catch(() => {})
    void ended.then(() => {
      for (const asked of waiting.values()) asked.finish(0)
    })
    await until('the stream names its address', () => path !== '')
    const own = { waiting, path: () => path, close: () => sent.destroy(), ended }
    await ask(own, 'initialize', {
      ...{ protocolVersion: '2024-11-05', capabilities: {} },
      clientInfo: { name: 'proof', version: '1' },
    }).ended
    await post(own, messageText(undefined, 'notifications/initialized', {}))
    return own
  }

  type Stream = {
    waiting: Map<unknown, OpenAsked>
    path(): string
    close(): void
    ended: Promise<void>
  }

  function post({ path }: Stream, body: string): Promise<number> {
    return exchange(options, undefined, { path: path(), body })
  }

  function ask(on: Stream, method: string, params: Params): OpenAsked {
    const asked = openAsked(nextId++)
    on.waiting.set(asked.id, asked)
    void post(on, messageText(asked.id, method, params)).then((status) => {
      if (status === 202) return
      on.waiting.delete(asked.id)
      asked.finish(status)
    })
    return asked
  }

  return {
    generation: '2024-11-05 over HTTP+SSE',
    ask: (method, params = {}, meta) =>
      ask(stream, method, { ...params, ...(meta && { _meta: meta }) }),
    tell: (method, params = {}) => post(stream, messageText(undefined, method, params)),
    resume: async () => {},
    async renew() {
      stream.close()
      await stream.ended
      nextId = 0
      stream = await open()
    },
    async close() {
      stream.close()
      await stream.ended
    },
  }
}

const isAnswer = ({ id, method }: Message): boolean => id !== undefined && method === undefined
const messageOf = (text: string): Message => ({ ...(JSON.parse(text) as object), text })

function messageText(id: number | undefined, method: string, params: Params): string {
  return JSON.stringify({ jsonrpc: '2.0', ...(id !== undefined && { id }), method, params })
}

/** What the `Mcp-Name` header repeats. */
function nameIn({ name, uri }: Params): string | undefined {
  const named = name ?? uri
  return typeof named === 'string' ? named : undefined
}

function openAsked(id: number): OpenAsked {
  let finish = (_status: number): void => {}
  const ended = new Promise<{ status: number }>((resolve) => {
    finish = (status) => resolve({ status })
  })
  const asked: OpenAsked = {
    id,
    messages: [],
    ended,
    finish,
    lastEventId: undefined,
    connection: undefined,
    cut: () => asked.connection?.destroy(),
    canResume: () => asked.lastEventId !== undefined,
  }
  return asked
}

interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly onHead?: (response: IncomingMessage) => void
  /** On a connection that nobody else uses. */
  readonly own?: boolean
}

function startRequest({ port, token, agent }: ClientOptions, it: HttpRequest) {
  const { method = 'POST', path = '/mcp', headers = {}, body, own = false } = it
  const sent = request({
    ...{ host: '127.0.0.1', port, path, method, agent: own ? new Agent() : agent },
    headers: {
      accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      ...(body !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      }),
      ...headers,
    },
  })
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve).on('error', reject)
  })
  sent.end(body)
  return { response, destroy: () => void sent.destroy() }
}

/** One request over HTTP, to the end of its answer; what comes in it counts as answer to `asked`. Resolves to the status, or 0. */
async function exchange(
  options: ClientOptions,
  asked: OpenAsked | undefined,
  it: HttpRequest,
): Promise<number> {
  const sent = startRequest(options, it)
  if (asked) asked.connection = sent
  let status = 0
  try {
    const response = await sent.response
    status = response.statusCode ?? 0
    it.onHead?.(response)
    response.setEncoding('utf8')
    const isStream = response.headers['content-type'] === 'text/event-stream'
    const texts = isStream ? dataOf(response, asked) : whole(response)
    for await (const text of texts) {
      // A refusal to resume, or to take a notification, says nothing about what was asked.
      if (status !== 200 && (asked === undefined || it.method === 'GET')) continue
      const message = messageOf(text)
      options.onMessage?.(message, asked)
      asked?.messages.push(message)
      // A stream that was resumed may stay open.
      if (isAnswer(message) && it.method === 'GET') sent.destroy()
    }
  } catch {
    // Cut, by either side.
  }
  asked?.finish(status)
  return status
}

async function* dataOf(
  response: IncomingMessage,
  asked: OpenAsked | undefined,
): AsyncGenerator<string> {
  for await (const { id, data } of eventsOf(response)) {
    if (asked && id !== undefined) asked.lastEventId = id
    if (data !== '') yield data
  }
}

async function* whole(response: IncomingMessage): AsyncGenerator<string> {
  let text = ''
  for await (const chunk of response) text += chunk
  if (text !== '') yield text
}
