import { connect } from 'node:net'

/** What came back over one connection. */
export interface RawExchange {
  /** Everything, as latin1. */
  readonly received: string
  /** The status of every answer, interim ones left out. */
  readonly statuses: readonly number[]
  /** Whether the other side closed the connection. */
  readonly closed: boolean
  /** Bytes that could be handed to the system. */
  readonly sent: number
}

export interface RawOptions {
  readonly host?: string
  /** Sent in pieces behind the rest, until the other side closes. */
  readonly flood?: { readonly piece: Buffer; readonly bytes: number }
  /** Closes the connection as soon as everything has been sent. */
  readonly leave?: boolean
  /** How long after its last byte an open connection is taken to say no more. */
  readonly quietMs?: number
  /** How long an open connection that has said nothing is waited for. */
  readonly silentMs?: number
}

/** Sends bytes as they are (a text is latin1), and collects what comes until the other side closes or says no more. */
export function rawExchange(
  port: number,
  bytes: string | Buffer,
  { host = '127.0.0.1', flood, leave = false, quietMs = 150, silentMs = 10_000 }: RawOptions = {},
): Promise<RawExchange> {
  return new Promise((resolve) => {
    const socket = connect(port, host)
    let received = ''
    const finish = (closed: boolean): void => {
      clearTimeout(quiet)
      socket.destroy()
      const statuses = [...received.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)]
        .map(([, status]) => Number(status))
        .filter((status) => status >= 200)
      resolve({ received, statuses, closed, sent: socket.bytesWritten })
    }
    let quiet = setTimeout(() => finish(false), silentMs)
    socket.on('error', () => {})
    // The end of what it says comes first, and a reset may take the rest of our own bytes with it.
    socket.on('end', () => finish(true))
    socket.on('close', () => finish(true))
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      clearTimeout(quiet)
      quiet = setTimeout(() => finish(false), quietMs)
    })
    socket.on('connect', () => {
      let left = flood?.bytes ?? 0
      const more = (): void => {
        if (flood === undefined || left <= 0 || socket.destroyed) {
          if (leave) finish(false)
          return
        }
        left -= flood.piece.length
        socket.write(flood.piece, more)
      }
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, more)
    })
  })
}

/** Name and value of a header, both as they are written. */
export type RawHeader = readonly [name: string, value: string]

/** The text of a request. */
export function rawRequest(
  requestLine: string,
  headers: readonly RawHeader[],
  body = '',
  lineEnd = '\r\n',
): string {
  const lines = [requestLine, ...headers.map(([name, value]) => `${name}: ${value}`), '', '']
  return lines.join(lineEnd) + body
}
