import { connect } from 'node:net'

export interface RawAnswer {
  /** Everything the server sent, as latin1. */
  readonly text: string
  /** Status of the first answer, null when there was none. */
  readonly status: number | null
  /** How many answers came. */
  readonly answers: number
  /** Whether the server closed the connection. */
  readonly closed: boolean
}

export interface RawOptions {
  /** Sent again and again behind the rest, until the server closes or takes no more. */
  readonly repeat?: Buffer
  /** Leaves as soon as this has been sent and does not wait for an answer. */
  readonly leave?: boolean
  /** Waits for the server to close the connection, even if an answer is complete. */
  readonly untilClosed?: boolean
}

const waitMs = 2_000
const maxRepeatedBytes = 33_554_432

/** Sends bytes as they are and collects what comes until the answer is complete, the server closes, or two seconds have passed. */
export function rawRequest(
  base: string,
  text: string,
  options: RawOptions = {},
): Promise<RawAnswer> {
  const { port } = new URL(base)
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1')
    let received = ''
    const finish = (closed: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      const status = /^HTTP\/1\.1 (\d{3})/.exec(received)?.[1]
      resolve({
        text: received,
        status: status === undefined ? null : Number(status),
        answers: received.match(/^HTTP\/1\.1 /gm)?.length ?? 0,
        closed,
      })
    }
    const timer = setTimeout(() => finish(false), waitMs)
    socket.on('error', () => {})
    socket.on('close', () => finish(true))
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const waits = options.untilClosed === true || options.repeat !== undefined
      if (!waits && isComplete(received)) finish(false)
    })
    socket.on('connect', () => {
      socket.write(text, 'latin1', () => {
        if (options.leave) finish(false)
      })
      const more = (): void => {
        const enough = socket.bytesWritten > maxRepeatedBytes
        if (options.repeat && !enough && !socket.destroyed) socket.write(options.repeat, more)
      }
      more()
    })
  })
}

/** An answer whose end can be told from itself and that does not announce the end of the connection. */
function isComplete(received: string): boolean {
  const [head = '', body] = received.split(/\r\n\r\n([\s\S]*)/)
  if (body === undefined || /^connection: close/im.test(head)) return false
  const length = /^content-length: (\d+)/im.exec(head)?.[1]
  return length === undefined ? body.endsWith('0\r\n\r\n') : body.length >= Number(length)
}

/** The text of a POST with these headers and this body. */
export function rawPost(
  path: string,
  headers: readonly (readonly [string, string])[],
  body: string,
): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `POST ${path} HTTP/1.1\r\n${lines}\r\n${body}`
}
