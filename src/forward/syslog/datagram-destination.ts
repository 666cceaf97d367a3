import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { DeliveryError, type Destination } from '../destination.js'
import { type SyslogOrigin, syslogMessage } from './format.js'

export interface SyslogDatagramOptions {
  /** A name or an address, an IPv6 one without its brackets. */
  readonly host: string
  readonly port: number
  readonly origin: SyslogOrigin
}

/** A datagram holds no more; the end of a longer message is left out rather than the message never sent. */
const maxBytes = 65_000

/** A syslog receiver over UDP: one bare message per datagram, best effort. */
export function createSyslogDatagrams({ host, port, origin }: SyslogDatagramOptions): Destination {
  let socket: Socket | null = null
  let address = host
  let closed = false

  async function open(): Promise<Socket> {
    // Looked up once per socket: a look-up per datagram would make each one wait for the name service.
    const found = await lookup(host)
    // A socket that is opened behind `close` would keep the process alive.
    if (closed) throw new DeliveryError('closed')
    const opened = createSocket(found.family === 6 ? 'udp6' : 'udp4')
    address = found.address
    opened.on('error', drop)
    socket = opened
    return opened
  }

  /** The next send looks the name up again. */
  function drop(): void {
    socket?.close()
    socket = null
  }

  return {
    name: 'syslog',
    where: { host, port },
    enabled: {
      message: 'Syslog forwarding enabled',
      fields: { syslog_host: host, syslog_port: port, syslog_transport: 'udp' },
    },
    batchSize: 100,
    flushMilliseconds: 0,

    async send(lines) {
      const opened = socket ?? (await open())
      for (const line of lines) {
        const bytes = Buffer.from(syslogMessage(line, origin)).subarray(0, maxBytes)
        await new Promise<void>((resolve, reject) => {
          opened.send(bytes, port, address, (error) => {
            if (!error) return resolve()
            drop()
            reject(error)
          })
        })
      }
    },

    close() {
      closed = true
      drop()
    },
  }
}
