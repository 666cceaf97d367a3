import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { inspect } from 'node:util'
import type { Test } from 'tap'
import { createDojoClient, type DojoClientOptions } from '../../src/dojo/client.js'
import type { DojoCall } from '../../src/dojo/dojo-call.js'
import type { UpstreamEvent } from '../../src/dojo/upstream-event.js'
import { ToolError } from '../../src/errors.js'

/** One request as the upstream saw it. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export type Answer = (request: Seen, response: ServerResponse) => void

export interface Upstream {
  readonly url: string
  readonly seen: Seen[]
  /** Answers from now on. */
  answer: Answer
}

/** A server on a free port of the loopback that answers as told and keeps what it saw. */
export async function startUpstream(t: Test, answer: Answer): Promise<Upstream> {
  const sockets = new Set<Socket>()
  const upstream = { url: '', seen: [] as Seen[], answer }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const seen = { method, url, headers, body: Buffer.concat(chunks) }
      upstream.seen.push(seen)
      upstream.answer(seen, response)
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  upstream.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return upstream
}

/** Answers with JSON. */
export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body))

/** Answers with a page. */
export const page =
  (status: number, text = '<html>Sign in to dojo-internal</html>'): Answer =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(text)

export const readKey = `read-${'0'.repeat(35)}`
export const writeKey = `write-${'1'.repeat(34)}`
export const requestId = '3f0c9a52-0000-4000-8000-000000000001'

/** What a test may look at beside the answers. */
export interface Watched {
  readonly events: UpstreamEvent[]
  /** Milliseconds of every pause before a repetition; none is waited for. */
  readonly pauses: number[]
  call(options?: {
    signal?: AbortSignal
    timeoutSeconds?: number
    onFirstWrite?: () => void
    observe?: (event: UpstreamEvent) => void
  }): DojoCall
}

/** A client whose pauses take no time, for an upstream. */
export function watchedClient(
  t: Test,
  url: string,
  options: Partial<DojoClientOptions> = {},
): Watched {
  const events: UpstreamEvent[] = []
  const pauses: number[] = []
  const client = createDojoClient({
    url,
    keys: { read: readKey, write: writeKey },
    userAgent: 'mcp-defectdojo/test',
    timeoutSeconds: 5,
    importTimeoutSeconds: 10,
    maxResponseBytes: 1_048_576,
    observe: (event) => events.push(event),
    random: () => 0.5,
    sleep: async (milliseconds) => {
      pauses.push(milliseconds)
    },
    ...options,
  })
  t.teardown(() => client.close())
  return {
    events,
    pauses,
    call: ({ signal = new AbortController().signal, ...rest } = {}) =>
      client.forCall({ requestId, signal, ...rest }),
  }
}

/** Every word that must never be in an error: keys, address, and what the upstream said. */
const forbidden = [
  readKey,
  writeKey,
  '127.0.0.1',
  'dojo-internal',
  'authorization',
  'Authorization:',
]

/** The error a promise rejects with, after checking that it is ours and gives nothing away, however it is printed. */
export async function failureOf(t: Test, promise: Promise<unknown>): Promise<ToolError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ToolError)) throw new TypeError(`not a ToolError: ${inspect(error)}`)
  const printed = inspect(error, { depth: 20, showHidden: true, getters: true })
  for (const word of forbidden) {
    if (printed.includes(word)) t.fail(`the error gives away ${word}`, { printed })
  }
  return error
}
