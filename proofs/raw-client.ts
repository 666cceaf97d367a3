import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'

/** Headers as they are sent: in this order, and as often as they stand here. */
export type RawHeaders = readonly (readonly [name: string, value: string])[]

/** A JSON-RPC message as it came back. */
export interface Message {
  readonly id?: string | number | null
  readonly method?: string
  readonly result?: {
    readonly isError?: boolean
    readonly content?: readonly { readonly text?: string }[]
    readonly [name: string]: unknown
  }
  readonly error?: { readonly code: number; readonly message: string }
}

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Of a JSON body, or of every event of a stream. */
  readonly messages: readonly Message[]
}

export interface RawRequest {
  /** POST unless given. */
  readonly method?: string
  readonly path: string
  readonly headers: RawHeaders
  /** The `Host`; the address itself unless given, none when null. */
  readonly host?: string | null
  readonly body?: string | Buffer
  /** Leaves as soon as the head is there: a stream has no end. */
  readonly headOnly?: boolean
}

/** Sends requests that no ordinary client would send, over connections it keeps. */
export interface RawClient {
  send(request: RawRequest): Promise<RawAnswer>
  close(): void
}

export function createRawClient(base: string): RawClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const { port } = new URL(base)

  async function send({ method = 'POST', path, headers, host, body, headOnly }: RawRequest) {
    const own: RawHeaders = [
      ...(host === null ? [] : [['Host', host ?? `127.0.0.1:${port}`] as const]),
      ...(body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))] as const]),
    ]
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request({
        host: '127.0.0.1',
        port,
        method,
        path,
        agent,
        // As a list, so that nothing is joined, added or left out.
        headers: [...own, ...headers].flat() as never,
      })
      sent.on('response', resolve).on('error', reject)
      // Node writes the head of a request with a text as UTF-8, and otherwise byte for byte.
      sent.end(body === undefined ? undefined : Buffer.from(body as string))
    })
    const { statusCode: status = 0, headers: answered } = response
    if (headOnly) {
      response.destroy()
      return { status, headers: answered, body: '', messages: [] }
    }
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += chunk
    return { status, headers: answered, body: text, messages: messagesIn(text) }
  }

  return { send, close: () => agent.destroy() }
}

/** The messages in a body: one, a list of them, or one in each event. */
function messagesIn(body: string): readonly Message[] {
  const texts = /^[{[]/.test(body)
    ? [body]
    : [...body.matchAll(/^data: (.+)$/gm)].map(([, data]) => data ?? '')
  return texts.flatMap((text) => {
    try {
      return JSON.parse(text) as Message | Message[]
    } catch {
      return []
    }
  })
}
