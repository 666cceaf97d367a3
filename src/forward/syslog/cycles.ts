import type { Socket } from 'node:net'
import { allTaken, DeliveryError, type Destination, deliveryError } from '../destination.js'
import { createConnector } from './connect.js'
import { syslogDescription } from './description.js'
import { type SyslogOrigin, syslogFrame, syslogMessages } from './format.js'
import type { TlsFiles } from './tls-files.js'

export interface SyslogCyclesOptions {
  readonly protocol: 'tcp' | 'tls'
  /** A name or an address, an IPv6 one without its brackets. */
  readonly host: string
  readonly port: number
  readonly origin: SyslogOrigin
  readonly tls: TlsFiles
  /** For the connection, and for the receiver's end of it. */
  readonly timeoutMilliseconds: number
}

/** How long we look, before we end our side, whether the receiver ends its own; from twice the time that connecting took. */
const minPauseMilliseconds = 25
const maxPauseMilliseconds = 1_000

/**
 * A syslog receiver over plain TCP or TLS, which knows no acknowledgement. So each batch has a connection of its own: all
 * is written, we end our side, and a receiver that ends its side after that has read to the end. Anything else is no
 * delivery, and the batch comes again.
 *
 * The end of a receiver that does not want us, or goes away by itself, must not look like that. With TLS 1.3 we are
 * connected before it has so much as seen our certificate, and rsyslog, say, looks at the name in it later still. So between
 * the last byte and our end there is a pause, in which the end of such a one arrives, or the reset for what it did not read.
 *
 * What a receiver has read it may still hold in memory when it is killed. That shows as a connection that fails, and then
 * the batch before is sent once more. What cannot be seen from here: a receiver that is back before we connect again, and
 * one that ends its side, unread, just when we end ours. Over TLS the end of the TCP connection counts as well as a
 * `close_notify`, which not every receiver sends; whoever can forge that on the way can feign a delivery. RELP has none of
 * these gaps.
 *
 * Measured with rsyslog 8.2302: 11,000 to 16,000 records/s; 0 lost and none out of turn over two each of SIGTERM, SIGKILL, and
 * SIGSTOP with SIGKILL (imtcp, plain and with OpenSSL). Of 240 connections with a certificate of another name it refused all
 * with GnuTLS and, by a fault of its own, half with OpenSSL; none that it refused counted as a delivery.
 */
export function createSyslogCycles(options: SyslogCyclesOptions): Destination {
  const { protocol, host, port, origin, tls, timeoutMilliseconds } = options
  const connect = createConnector({
    host,
    port,
    tls: protocol === 'tls' ? tls : null,
    timeoutMilliseconds,
  })
  const closing = new AbortController()
  /** The bytes of the batch that was confirmed last. */
  let confirmed: Buffer | null = null
  let inDoubt = false

  return {
    ...syslogDescription(protocol === 'tls' ? 'tcp+tls' : 'tcp', host, port),
    batchSize: 500,
    batchBytes: 1_000_000,
    // A connection for every single record would cost more than the record.
    flushMilliseconds: 200,

    async send(lines) {
      const messages = lines.flatMap((line) => syslogMessages(line, origin))
      const batch = Buffer.from(messages.map(syslogFrame).join(''), 'latin1')
      try {
        const began = performance.now()
        const socket = await connect(closing.signal)
        const pause = 2 * (performance.now() - began)
        await cycle(socket, inDoubt && confirmed ? Buffer.concat([confirmed, batch]) : batch, {
          pauseMilliseconds: Math.min(Math.max(pause, minPauseMilliseconds), maxPauseMilliseconds),
          timeoutMilliseconds,
          signal: closing.signal,
        })
      } catch (error) {
        inDoubt = true
        throw deliveryError(error)
      }
      confirmed = batch
      inDoubt = false
      return allTaken
    },

    close: () => closing.abort(),
  }
}

interface CycleLimits {
  /** Between the last byte and our end. */
  readonly pauseMilliseconds: number
  /** For the writing, and again for the receiver's end. */
  readonly timeoutMilliseconds: number
  readonly signal: AbortSignal
}

/** Writes everything, ends our side, and resolves when the other side ends after that. */
function cycle(
  socket: Socket,
  bytes: Buffer,
  { pauseMilliseconds, timeoutMilliseconds, signal }: CycleLimits,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let ending = false
    let confirmed = false
    let failure: Error | null = null
    let pause: NodeJS.Timeout | undefined
    const fail = (reason: string): void => {
      failure ??= new DeliveryError(reason)
      socket.destroy()
    }
    const onAbort = (): void => fail('closed')
    const timer = setTimeout(() => fail('not_confirmed'), timeoutMilliseconds)
    signal.addEventListener('abort', onAbort)
    const end = (): void => {
      ending = true
      timer.refresh()
      socket.end()
    }

    socket.on('error', (error) => {
      failure ??= error
    })
    socket.on('end', () => {
      if (ending && socket.writableFinished) confirmed = true
      else fail('closed_early')
    })
    const settle = (): void => {
      clearTimeout(timer)
      clearTimeout(pause)
      signal.removeEventListener('abort', onAbort)
      if (confirmed && failure === null) resolve()
      else reject(failure ?? new DeliveryError('closed_early'))
    }
    // Not at 'end' yet: an error right after it counts.
    socket.on('close', settle)
    // Receivers say nothing; reading is what shows their end.
    socket.resume()
    socket.write(bytes, (error) => {
      if (!error) {
        pause = setTimeout(end, pauseMilliseconds)
        return
      }
      // One that was gone before it was written to does not say so again.
      failure ??= error
      socket.destroy()
      settle()
    })
    if (signal.aborted) onAbort()
  })
}
