import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** Takes octet-counted messages apart the way a receiver does. What is not one, to the last byte, is an error. */
export function readFrames(bytes: Buffer): string[] {
  const messages: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const [count, length] = /^([1-9]\d{0,4}) /.exec(bytes.toString('latin1', at, at + 6)) ?? []
    if (!count) throw new Error(`no frame at ${at}`)
    const start = at + count.length
    at = start + Number(length)
    if (at > bytes.length) throw new Error('the end of a frame is missing')
    messages.push(bytes.toString('utf8', start, at))
  }
  return messages
}

/** What a receiver does with a connection: reads to the end, or something else that the test says. */
export type Behaviour = (socket: Socket, connection: number) => void

/** A receiver that has read to the end before it ends its side, unless it is told otherwise. */
export interface Receiver {
  readonly server: Server
  /** The messages of each connection that was read to the end. */
  readonly connections: string[][]
  /** What it does with the next connections; null for reading them. */
  behaviour: Behaviour | null
  onSocket(socket: Socket): void
}

/** Without a server of its own, `onSocket` goes into another one. */
export function receiver(): Receiver {
  let count = 0
  const made: Receiver = {
    // Its end is its answer: not before it has read everything.
    server: createServer({ allowHalfOpen: true }, (socket) => made.onSocket(socket)),
    connections: [],
    behaviour: null,
    onSocket(socket) {
      count++
      socket.on('error', () => {})
      if (made.behaviour) {
        made.behaviour(socket, count)
        return
      }
      const chunks: Buffer[] = []
      socket.on('data', (chunk: Buffer) => chunks.push(chunk))
      socket.on('end', () => {
        made.connections.push(readFrames(Buffer.concat(chunks)))
        socket.end()
      })
    },
  }
  return made
}

/** Ends a server, so that nobody listens on its port. */
export async function closed(server: Server): Promise<void> {
  server.close()
  await once(server, 'close')
}
