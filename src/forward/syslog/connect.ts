import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls'
import { DeliveryError } from '../destination.js'
import { createTlsContexts, type TlsFiles } from './tls-files.js'

export interface ConnectorOptions {
  /** A name or an address, an IPv6 one without its brackets. */
  readonly host: string
  readonly port: number
  /** Whether over TLS, and with which files; they are read at each connection. */
  readonly tls: TlsFiles | null
  readonly timeoutMilliseconds: number
  /** Milliseconds, never going backwards. */
  readonly now?: () => number
}

/** Opens one connection; aborting ends the attempt, not a connection that there is already. */
export type Connector = (signal: AbortSignal) => Promise<Socket>

/** A resumed session is not verified anew, so now and then there is a whole handshake: a certificate may have expired. */
const maxSessionMilliseconds = 600_000

/**
 * Connections to one receiver, over TCP or verified TLS. Those over TLS resume the session of the one before, except with a
 * certificate of ours: rsyslog with OpenSSL, as any server with it that has named no session context, asks for one and then
 * fails every handshake that resumes a session.
 */
export function createConnector(options: ConnectorOptions): Connector {
  const { host, port, tls, timeoutMilliseconds, now = () => performance.now() } = options
  const contextOfToday = tls && createTlsContexts(tls)
  let session: Buffer | null = null
  let sessionContext: SecureContext | null = null
  let verifiedAt = 0
  let resumes = tls?.certFile === null

  function openTls(context: SecureContext): TLSSocket {
    // A session from before other files were read would be one that they have not verified.
    if (context !== sessionContext || now() - verifiedAt > maxSessionMilliseconds) session = null
    sessionContext = context
    const offered = resumes ? session : null
    const socket = connectTls({
      host,
      port,
      secureContext: context,
      ...(isIP(host) === 0 && { servername: host }),
      ...(offered && { session: offered }),
    })
    const onFailure = (): void => {
      // Others may fail for it too; whether it was that is not worth a second failure.
      if (offered) resumes = false
    }
    socket.once('connect', () => socket.once('error', onFailure))
    socket.once('secureConnect', () => {
      socket.off('error', onFailure)
      if (!socket.isSessionReused()) verifiedAt = now()
    })
    socket.on('session', (given) => {
      if (socket.authorized && context === sessionContext) session = given
    })
    return socket
  }

  return async (signal) => {
    const context = contextOfToday && (await contextOfToday())
    if (signal.aborted) throw new DeliveryError('closed')
    const socket: Socket = context ? openTls(context) : connect({ host, port })
    // A socket without a listener for them would end the process; whoever uses it adds another.
    socket.on('error', () => {})
    socket.setNoDelay(true)
    // A peer that went away without a word is noticed while nothing is sent, too.
    socket.setKeepAlive(true, 60_000)
    await established(socket, context ? 'secureConnect' : 'connect', timeoutMilliseconds, signal)
    return socket
  }
}

function established(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  timeoutMilliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => give(new DeliveryError('closed'))
    const give = (failure?: Error): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.off('error', give)
      socket.off('close', onClose)
      if (failure) {
        socket.destroy()
        reject(failure)
      } else resolve()
    }
    const onClose = (): void => give(new DeliveryError('closed_early'))
    const timer = setTimeout(() => give(new DeliveryError('connect_timeout')), timeoutMilliseconds)
    signal.addEventListener('abort', onAbort)
    socket.once('error', give)
    socket.once('close', onClose)
    socket.once(event, () => give())
  })
}
