import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { DeliveryError, type Destination } from '../destination.js'
import { type SyslogOrigin, syslogFrame, syslogMessage } from './format.js'

export interface SyslogStreamOptions {
  readonly protocol: 'tls' | 'tcp'
  /** A name or an address, an IPv6 one without its brackets. */
  readonly host: string
  readonly port: number
  /** PEM; replaces the system's authorities. */
  readonly ca: string | null
  readonly origin: SyslogOrigin
  /** For the connection, and for each write. */
  readonly timeoutMilliseconds: number
}

const batchSize = 100

/**
 * A syslog receiver over TCP or TLS. A batch counts as sent when the system took it: what a receiver that dies has not
 * read by then is lost, and the protocol gives no way to know.
 */
export function createSyslogStream(options: SyslogStreamOptions): Destination {
  const { protocol, host, port, ca, origin, timeoutMilliseconds } = options
  let socket: Socket | TLSSocket | null = null

  function open(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const opening: Socket =
        protocol === 'tls'
          ? connectTls({
              host,
              port,
              minVersion: 'TLSv1.2',
              ...(isIP(host) === 0 && { servername: host }),
              ...(ca !== null && { ca }),
            })
          : connect({ host, port })
      socket = opening
      const timer = setTimeout(
        () => opening.destroy(new DeliveryError('connect_timeout')),
        timeoutMilliseconds,
      )
      opening.once(protocol === 'tls' ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer)
        resolve(opening)
      })
      opening.on('error', (error) => {
        clearTimeout(timer)
        reject(error)
      })
      opening.on('close', () => {
        clearTimeout(timer)
        if (socket === opening) socket = null
        reject(new DeliveryError('closed'))
      })
      // Receivers say nothing; reading on is what shows that one has gone away.
      opening.resume()
      opening.on('end', () => opening.destroy())
      opening.setNoDelay(true)
    })
  }

  function write(connection: Socket, text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error | null): void => {
        clearTimeout(timer)
        connection.off('close', onClose)
        if (error) {
          connection.destroy()
          reject(error)
        } else resolve()
      }
      const onClose = (): void => settle(new DeliveryError('closed'))
      const timer = setTimeout(() => settle(new DeliveryError('timeout')), timeoutMilliseconds)
      connection.once('close', onClose)
      connection.write(text, settle)
    })
  }

  return {
    name: 'syslog',
    where: { host, port },
    enabled: {
      message: 'Syslog forwarding enabled',
      fields: {
        syslog_host: host,
        syslog_port: port,
        syslog_transport: protocol === 'tls' ? 'tcp+tls' : 'tcp',
      },
    },
    batchSize,
    flushMilliseconds: 0,

    async send(lines) {
      const connection = socket && !socket.destroyed ? socket : await open()
      await write(
        connection,
        lines.map((line) => syslogFrame(syslogMessage(line, origin))).join(''),
      )
    },

    close: () => socket?.destroy(),
  }
}
