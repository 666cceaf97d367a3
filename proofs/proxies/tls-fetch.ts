import type { EventEmitter } from 'node:events'
import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from 'node:http2'
import { Agent, request } from 'node:https'
import { connect as connectTcp } from 'node:net'
import type { Readable } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import type { Fetch } from '../clients/sdk-clients.js'

export interface TlsFetchOptions {
  /** Who has signed the other side's certificate. */
  readonly ca: Buffer
  /** Any of 127.0.0.0/8. */
  readonly localAddress: string
  readonly http: '1.1' | '2'
}

export interface TlsFetch {
  readonly fetch: Fetch
  /** Closes its connections. */
  close(): void
}

/** What Node's fetch does, for the requests of MCP clients, from an address and with an authority of one's choice. */
export function createTlsFetch(options: TlsFetchOptions): TlsFetch {
  return options.http === '2' ? overHttp2(options) : overHttp1(options)
}

const plainHeaders = (init: RequestInit): Record<string, string> =>
  Object.fromEntries(new Headers(init.headers))

/** An answer whose head is there; `leave` ends the exchange when nobody wants the rest. */
function toResponse(
  status: number,
  headers: object,
  answer: Readable,
  leave: () => void,
): Response {
  const given = Object.entries(headers)
    .filter(([name]) => !name.startsWith(':'))
    .map(([name, value]) => [name, String(value)] as [string, string])
  return new Response(status === 204 || status === 304 ? null : bodyOf(answer, leave), {
    status,
    headers: given,
  })
}

/** What comes of the answer. It counts even when nobody takes the rest of the request, which over HTTP/2 has the same stream. */
function bodyOf(answer: Readable, leave: () => void): ReadableStream<Uint8Array> {
  let over = false
  const finish = (end: () => void): void => {
    if (!over) end()
    over = true
  }
  return new ReadableStream({
    start(controller) {
      // The head can be the end of it too.
      if (answer.readableEnded) finish(() => controller.close())
      answer.on('data', (bytes: Buffer) => {
        if (!over) controller.enqueue(bytes)
      })
      answer.once('end', () => finish(() => controller.close()))
      answer.once('close', () => {
        finish(() => controller.error(new Error('the connection ended within an answer')))
      })
    },
    cancel: () => finish(leave),
  })
}

/** Calls `end` when the client aborts the exchange, also in the middle of an answer. */
function onAbort(
  signal: AbortSignal | null | undefined,
  exchange: EventEmitter,
  end: (reason: Error) => void,
): void {
  const abort = (): void => end(signal?.reason)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  exchange.once('close', () => signal?.removeEventListener('abort', abort))
}

function overHttp1({ ca, localAddress }: TlsFetchOptions): TlsFetch {
  const agent = new Agent({ keepAlive: true, ca, localAddress, family: 4 })
  return {
    fetch: (url, init = {}) =>
      new Promise((resolve, reject) => {
        const body = typeof init.body === 'string' ? init.body : ''
        const headers = {
          ...plainHeaders(init),
          ...(body !== '' && { 'content-length': Buffer.byteLength(body) }),
        }
        const sent = request(url, { method: init.method ?? 'GET', agent, headers })
        sent.on('error', reject)
        sent.on('response', (answer) => {
          // Without a listener, the end of a connection in the middle of a body would end this process.
          answer.on('error', () => {})
          const leave = (): void => void answer.destroy()
          resolve(toResponse(answer.statusCode ?? 0, answer.headers, answer, leave))
        })
        onAbort(init.signal, sent, (reason) => {
          reject(reason)
          sent.destroy(reason)
        })
        sent.end(body)
      }),
    close: () => agent.destroy(),
  }
}

function overHttp2({ ca, localAddress }: TlsFetchOptions): TlsFetch {
  const sessions = new Map<string, ClientHttp2Session>()
  function sessionOf(origin: string): ClientHttp2Session {
    const open = sessions.get(origin)
    if (open && !open.closed && !open.destroyed) return open
    const { hostname, port } = new URL(origin)
    const made = connect(origin, {
      createConnection() {
        const socket = connectTcp({ host: '127.0.0.1', port: Number(port), localAddress })
        return connectTls({ socket, servername: hostname, ca, ALPNProtocols: ['h2'] })
      },
    })
    made.on('error', () => {})
    sessions.set(origin, made)
    return made
  }
  return {
    fetch: (url, init = {}) =>
      new Promise((resolve, reject) => {
        const { origin, pathname, search } = new URL(url)
        const headers: OutgoingHttpHeaders = {
          ...plainHeaders(init),
          ':method': init.method ?? 'GET',
          ':path': pathname + search,
        }
        const stream = sessionOf(origin).request(headers)
        stream.on('error', reject)
        stream.on('response', ({ ':status': status = 0, ...rest }) =>
          resolve(toResponse(status, rest, stream, leave)),
        )
        const leave = (): void => stream.close(constants.NGHTTP2_CANCEL)
        onAbort(init.signal, stream, (reason) => {
          reject(reason)
          leave()
        })
        if (typeof init.body === 'string') stream.end(init.body)
        else stream.end()
      }),
    close() {
      for (const session of sessions.values()) session.destroy()
    },
  }
}
