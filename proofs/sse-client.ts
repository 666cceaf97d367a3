import { type IncomingMessage, request } from 'node:http'
import { createAwaitedAnswers } from './awaited-answers.js'
import { eventsOf } from './event-stream.js'
import {
  createRawClient,
  type Message,
  type RawAnswer,
  type RawClient,
  type RawHeaders,
} from './raw-client.js'

/** A client of the HTTP+SSE transport, as bare as the transport is. */
export interface SseClient {
  /** Where the server wants its messages. */
  readonly path: string
  readonly raw: RawClient
  post(body: string | Buffer, headers: RawHeaders): Promise<RawAnswer>
  /** The answer; undefined when the message was not even taken. */
  ask(
    message: { readonly id: string | number },
    headers: RawHeaders,
  ): Promise<{ readonly status: number; readonly message: Message | undefined }>
  close(): void
}

/** Opens a stream and waits for its first event; an error with the status when there is no stream. */
export async function openSse(
  base: string,
  headers: RawHeaders,
  host = new URL(base).host,
): Promise<SseClient> {
  const { port } = new URL(base)
  const answers = createAwaitedAnswers()
  const sent = request({
    ...{ host: '127.0.0.1', port, path: '/sse' },
    headers: [['Host', host], ...headers].flat() as never,
  })
  const stream = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve).on('error', reject).end()
  })
  if (stream.statusCode !== 200) {
    stream.resume()
    throw new Error(`no stream: ${stream.statusCode}`)
  }
  const path = await new Promise<string>((resolve, reject) => {
    async function read(): Promise<void> {
      for await (const { type, data } of eventsOf(stream.setEncoding('utf8'))) {
        if (type === 'endpoint') resolve(data)
        else answers.deliver(JSON.parse(data) as Message)
      }
    }
    // A stream that is left ends in an error, which is no news.
    read()
      .catch(() => {})
      .then(() => reject(new Error('the stream ended before its first event')))
  })
  const raw = createRawClient(base)
  const post: SseClient['post'] = (body, more) => raw.send({ path, headers: more, body })
  return {
    path,
    raw,
    post,
    async ask(message, more) {
      const answer = answers.wait(message.id)
      const { status } = await post(JSON.stringify(message), more)
      if (status === 202) return { status, message: await answer }
      answers.deliver({ id: message.id })
      return { status, message: undefined }
    },
    close() {
      stream.destroy()
      raw.close()
    },
  }
}
