import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { allTaken, DeliveryError, type Destination, deliveryError } from '../destination.js'
import { syslogDescription } from './description.js'
import { type SyslogOrigin, syslogMessages } from './format.js'

export interface SyslogDatagramOptions {
  /** A name or an address, an IPv6 one without its brackets. */
  readonly host: string
  readonly port: number
  readonly origin: SyslogOrigin
}

/**
 * A syslog receiver over UDP: one bare message per datagram, best effort. The socket is connected, because only then the
 * system tells that nobody listens there; it does so after the fact, so what was sent just before is lost all the same.
 */
export function createSyslogDatagrams({ host, port, origin }: SyslogDatagramOptions): Destination {
  let socket: Socket | null = null
  /** What the system told about datagrams that were already sent. */
  let failure: Error | null = null
  let interrupt: ((error: Error) => void) | null = null
  let closed = false

  async function open(): Promise<Socket> {
    // Looked up once per socket: a look-up per datagram would make each one wait for the name service.
    const { address, family } = await lookup(host)
    // A socket that is opened behind `close` would keep the process alive.
    if (closed) throw new DeliveryError('closed')
    const opened = createSocket(family === 6 ? 'udp6' : 'udp4')
    socket = opened
    opened.on('error', drop)
    await new Promise<void>((resolve, reject) => {
      interrupt = reject
      opened.once('connect', resolve)
      opened.connect(port, address)
    })
    return opened
  }

  /** The next send looks the name up again. */
  function drop(error: Error): void {
    failure ??= error
    socket?.close()
    socket = null
    interrupt?.(error)
  }

  function write(opened: Socket, messages: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      let left = messages.length
      interrupt = reject
      const written = (error: Error | null): void => {
        if (error) reject(error)
        else if (--left === 0) resolve()
      }
      for (const message of messages) opened.send(Buffer.from(message, 'latin1'), written)
      if (left === 0) resolve()
    })
  }

  async function send(messages: readonly string[]): Promise<void> {
    if (closed) throw new DeliveryError('closed')
    if (failure) throw failure
    await write(socket ?? (await open()), messages)
    // A host that is near has answered by then.
    await nextTurn()
    if (failure) throw failure
  }

  return {
    ...syslogDescription('udp', host, port),
    batchSize: 100,
    // What a receiver's buffer takes at once, by default.
    batchBytes: 100_000,
    flushMilliseconds: 0,

    async send(lines) {
      try {
        await send(lines.flatMap((line) => syslogMessages(line, origin)))
        return allTaken
      } catch (error) {
        if (!closed) drop(error as Error)
        failure = null
        throw closed ? new DeliveryError('closed') : deliveryError(error)
      } finally {
        interrupt = null
      }
    },

    close() {
      closed = true
      drop(new DeliveryError('closed'))
    },
  }
}
