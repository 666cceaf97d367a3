import { allTaken, DeliveryError, type Destination, deliveryError } from '../destination.js'
import { createConnector } from './connect.js'
import { syslogDescription } from './description.js'
import { type SyslogOrigin, syslogMessages } from './format.js'
import { createRelpSession, type RelpSession } from './relp-session.js'
import type { TlsFiles } from './tls-files.js'

export interface RelpOptions {
  /** Over TLS. */
  readonly secure: boolean
  /** A name or an address, an IPv6 one without its brackets. */
  readonly host: string
  readonly port: number
  readonly origin: SyslogOrigin
  readonly tls: TlsFiles
  /** For the connection, and for each next acknowledgement. */
  readonly timeoutMilliseconds: number
}

/**
 * A syslog receiver over RELP, the only one of these transports whose receiver acknowledges every message. One batch is on
 * its way at a time, and of it at most 128 messages that are not acknowledged yet. The connection is kept between batches.
 */
export function createRelp(options: RelpOptions): Destination {
  const { secure, host, port, origin, tls, timeoutMilliseconds } = options
  const connect = createConnector({ host, port, tls: secure ? tls : null, timeoutMilliseconds })
  const closing = new AbortController()
  let session: RelpSession | null = null

  async function opened(): Promise<RelpSession> {
    if (session?.usable) return session
    const socket = await connect(closing.signal)
    session = createRelpSession(socket, timeoutMilliseconds)
    if (closing.signal.aborted) session.end()
    await session.open()
    return session
  }

  return {
    ...syslogDescription(secure ? 'relp+tls' : 'relp', host, port),
    batchSize: 512,
    batchBytes: 1_000_000,
    flushMilliseconds: 0,

    async send(lines) {
      const messages: string[] = []
      /** How many messages there are up to the end of each line. */
      const ends = lines.map((line) => messages.push(...syslogMessages(line, origin)))
      const current = await opened().catch((error) => {
        throw deliveryError(error)
      })
      try {
        await current.send(messages)
        return allTaken
      } catch (error) {
        const { reason, taken } = deliveryError(error)
        throw new DeliveryError(reason, { taken: ends.filter((end) => end <= taken).length })
      }
    },

    close() {
      closing.abort()
      session?.end()
    },
  }
}
