import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import type { Test } from 'tap'
import { openAccessCaller } from '../../src/access/caller.js'
import { initialize, legacyHeaders } from '../helpers/legacy-rpc.js'
import { modernMeta } from '../helpers/rpc.js'
import type { TestApp } from '../helpers/test-app.js'

/** A JSON-RPC message as it came over the wire. */
export interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: Record<string, unknown> & { _meta?: unknown }
  readonly result?: Record<string, unknown>
  readonly error?: { code: number; message: string; data?: unknown }
}

/** A client without a library: what it gets is what was sent. */
export interface Wire {
  /** Every message so far, in the order in which they came. */
  readonly messages: Message[]
  /** Sends a request; the answer will be among the messages. */
  request(id: number, method: string, params?: Record<string, unknown>): void
  /** Resolves with the first message that is as wanted. */
  until(wanted: (message: Message) => boolean): Promise<Message>
  answer(id: number): Promise<Message>
  /** Takes a request back as the transport has it. */
  cancel(id: number): Promise<void>
  /** The client is gone. */
  leave(): Promise<void>
}

export interface WireKind {
  readonly name: string
  /** What the service needs to be started with. */
  readonly env: Readonly<Record<string, string>>
  readonly modern: boolean
  open(t: Test, service: TestApp): Promise<Wire>
}

/** Collects messages and wakes whoever waits for one. */
function inbox() {
  const messages: Message[] = []
  const waiting = new Set<() => void>()
  const until = (wanted: (message: Message) => boolean): Promise<Message> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = messages.find(wanted)
        if (!found) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  return {
    messages,
    until,
    answer: (id: number) => until((message) => message.id === id && message.method === undefined),
    receive(message: Message): void {
      messages.push(message)
      for (const look of [...waiting]) look()
    },
  }
}

/** Hands over the messages of an answer as they come, be it JSON or a stream of events; ends quietly with the connection. */
async function readAnswer(response: Response, receive: (message: Message) => void): Promise<void> {
  const streams = response.headers.get('content-type')?.includes('text/event-stream')
  let rest = ''
  try {
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      rest += text
      const events = streams ? rest.split('\n\n') : []
      rest = events.pop() ?? rest
      for (const event of events) {
        const data = /^data: (\{.*)$/m.exec(event)?.[1]
        if (data !== undefined) receive(JSON.parse(data))
      }
    }
  } catch {
    // Left in the middle, by either side.
    return
  }
  if (!streams && rest !== '') receive(JSON.parse(rest))
}

const modernHttp: WireKind = {
  name: '2026-07-28 over streamable HTTP',
  env: {},
  modern: true,
  async open(t, service) {
    const url = `${await service.listen()}/mcp`
    const running = new Map<number, AbortController>()
    const { receive, ...box } = inbox()
    const leave = async () => running.forEach((call) => void call.abort())
    t.teardown(leave)
    return {
      ...box,
      leave,
      request(id, method, params = {}) {
        const call = new AbortController()
        running.set(id, call)
        const name = params.name ?? params.uri
        const meta = { ...modernMeta, ...(params._meta as object | undefined) }
        fetch(url, {
          method: 'POST',
          signal: call.signal,
          headers: {
            ...legacyHeaders(service.tokens.admin),
            'mcp-protocol-version': '2026-07-28',
            'mcp-method': method,
            ...(typeof name === 'string' && { 'mcp-name': name }),
          },
          body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } }),
        }).then(
          (response) => readAnswer(response, receive),
          () => {},
        )
      },
      async cancel(id) {
        running.get(id)?.abort()
      },
    }
  },
}

const session: WireKind = {
  name: 'a 2025-11-25 session over streamable HTTP',
  env: {},
  modern: false,
  async open(t, service) {
    const url = `${await service.listen()}/mcp`
    const { receive, ...box } = inbox()
    const streams = new AbortController()
    let headers: Record<string, string> = legacyHeaders(service.tokens.admin)
    const post = (message: object) =>
      fetch(url, {
        method: 'POST',
        signal: streams.signal,
        headers,
        body: JSON.stringify({ jsonrpc: '2.0', ...message }),
      })
    t.teardown(() => streams.abort())
    const opened = await post(initialize('2025-11-25'))
    await opened.text()
    headers = {
      ...headers,
      'mcp-session-id': opened.headers.get('mcp-session-id') ?? '',
      'mcp-protocol-version': '2025-11-25',
    }
    return {
      ...box,
      request(id, method, params = {}) {
        post({ id, method, params }).then(
          (response) => readAnswer(response, receive),
          () => {},
        )
      },
      async cancel(requestId) {
        await post({ method: 'notifications/cancelled', params: { requestId } })
      },
      async leave() {
        await fetch(url, { method: 'DELETE', headers })
      },
    }
  },
}

const sse: WireKind = {
  name: 'HTTP+SSE',
  env: { MCP_TRANSPORT: 'sse' },
  modern: false,
  async open(t, service) {
    const base = await service.listen()
    const { receive, ...box } = inbox()
    const stream = new AbortController()
    t.teardown(() => stream.abort())
    const headers = legacyHeaders(service.tokens.admin)
    const opened = await fetch(`${base}/sse`, { headers, signal: stream.signal })
    const [first, rest] = opened.body?.tee() ?? []
    const reader = first?.pipeThrough(new TextDecoderStream()).getReader()
    const path = /^data: (.+)$/m.exec((await reader?.read())?.value ?? '')?.[1]
    reader?.read().catch(() => {})
    void readAnswer(new Response(rest ?? null, { headers: opened.headers }), receive)
    const post = (message: object) =>
      fetch(`${base}${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ jsonrpc: '2.0', ...message }),
      })
    await post(initialize('2025-11-25'))
    await box.answer(1)
    return {
      ...box,
      request: (id, method, params = {}) => void post({ id, method, params }).catch(() => {}),
      async cancel(requestId) {
        await post({ method: 'notifications/cancelled', params: { requestId } })
      },
      leave: async () => stream.abort(),
    }
  },
}

/** The same as `cli/stdio.ts` in this process, so that a test can turn its timers and see the end of its input. */
const stdio = (modern: boolean): WireKind => ({
  name: `${modern ? '2026-07-28' : '2025-11-25'} over stdio`,
  env: {},
  modern,
  async open(t, { app }) {
    await app.ready()
    const input = new PassThrough()
    const output = new PassThrough()
    const { receive, ...box } = inbox()
    let rest = ''
    output.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) receive(JSON.parse(line))
    })
    const exchange = {
      caller: openAccessCaller(),
      transport: 'stdio' as const,
      clientAddress: null,
      sessionId: 'the-process',
    }
    const served = serveStdio(() => app.mcp.createServer(exchange), {
      transport: new StdioServerTransport(input, output),
    })
    t.teardown(() => served.close())
    const write = (message: object) =>
      input.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
    const withMeta = (params: Record<string, unknown>) =>
      modern
        ? { ...params, _meta: { ...modernMeta, ...(params._meta as object | undefined) } }
        : params
    if (!modern) {
      write(initialize('2025-11-25'))
      await box.answer(1)
    }
    return {
      ...box,
      request: (id, method, params = {}) => write({ id, method, params: withMeta(params) }),
      async cancel(requestId) {
        write({ method: 'notifications/cancelled', params: withMeta({ requestId }) })
      },
      async leave() {
        input.end()
        await once(input, 'close')
      },
    }
  },
})

/** Every way in which a client can be connected. */
export const wireKinds: readonly WireKind[] = [modernHttp, session, sse, stdio(false), stdio(true)]
