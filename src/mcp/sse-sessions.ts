import type { ServerResponse } from 'node:http'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import type { Transport } from '@modelcontextprotocol/server'
import type { ServerFactory } from './create-server.js'
import { type Exchange, toAuthInfo } from './identity.js'
import { type PendingRequests, trackRequests } from './pending-requests.js'
import { createSessions, type Session, type SessionsOptions } from './sessions.js'

interface SseSession extends Session {
  readonly transport: SSEServerTransport
  readonly response: ServerResponse
  /** True when more waits for the client than one that reads would let wait. */
  isUnread(): boolean
  readonly pending: PendingRequests
}

/** The HTTP+SSE transport of 2024-11-05: a stream to the client, and POSTs back to the address its first event names. */
export interface SseSessions {
  /** Opens the stream on `response` and keeps it open until either side ends it. */
  open(response: ServerResponse, exchange: Exchange): Promise<void>
  /** Hands a checked message to its session, if the caller has it and no request under this id is still being answered. */
  deliver(
    sessionId: string,
    message: unknown,
    exchange: Exchange,
  ): Promise<'delivered' | 'no session' | 'id in use'>
  count(): number
  /** Closes sessions that are idle or old. */
  sweep(): void
  close(): Promise<void>
}

/** Comments that keep proxies from closing a silent stream. */
const keepAliveMs = 15_000
/** A client that asks and does not read is cut off here, before its answers fill the memory. One answer may be larger by itself. */
const maxUnreadBytes = 8_388_608
/** How long a stream that has ended may take to be read. */
const lingerMs = 1_000

/** The only user of the 1.x SDK: the stable line no longer serves this transport, but its `Server` still speaks over it. */
export function createSseSessions(
  createServer: ServerFactory,
  messagesPath: string,
  options: SessionsOptions,
): SseSessions {
  const sessions = createSessions<SseSession>(options)

  return {
    async open(response, exchange) {
      // Tells nginx to pass on events as they come; the transports of streamable HTTP say it themselves.
      response.setHeader('x-accel-buffering', 'no')
      const transport = new SSEServerTransport(messagesPath, response)
      // The 1.x transport has the shape the 2.x server asks for; only its optional members are typed more loosely.
      const connection = transport as unknown as Transport
      const pending = trackRequests(connection, () => sessions.touch(transport.sessionId))
      const send = connection.send.bind(connection)
      // However fast a client reads, the whole of an answer waits at first.
      let largestBytes = 0
      const isUnread = (): boolean => response.writableLength > maxUnreadBytes + largestBytes
      connection.send = async (message, sendOptions) => {
        const unreadBefore = response.writableLength
        // The transport writes before it returns.
        const sending = send(message, sendOptions)
        const sentBytes = response.writableLength - unreadBefore
        largestBytes = unreadBefore === 0 ? sentBytes : Math.max(largestBytes, sentBytes)
        if (isUnread()) response.destroy()
        await sending
      }
      const server = createServer({ ...exchange, sessionId: transport.sessionId })
      const keepAlive = setInterval(() => response.write(': keep-alive\n\n'), keepAliveMs)
      // Whoever does not read is cut off; what is written after that is nobody's error.
      response.on('error', () => {})
      response.on('close', () => {
        clearInterval(keepAlive)
        sessions.remove(transport.sessionId)
      })
      sessions.open({
        id: transport.sessionId,
        callerId: exchange.caller.id,
        transport,
        response,
        isUnread,
        pending,
        isBusy: () => pending.count() > 0,
        async close() {
          clearInterval(keepAlive)
          await server.close()
          // An orderly end waits behind everything that is not read.
          setTimeout(() => response.destroy(), lingerMs).unref()
        },
      })
      await server.connect(connection)
    },
    async deliver(sessionId, message, exchange) {
      const session = sessions.find(sessionId, exchange.caller.id)
      if (!session) return 'no session'
      if (session.isUnread()) {
        // An orderly end would wait behind everything that is not read.
        session.response.destroy()
        return 'no session'
      }
      if (session.pending.clashes([message])) return 'id in use'
      session.pending.add([message])
      try {
        await session.transport.handleMessage(message, {
          authInfo: toAuthInfo({ ...exchange, sessionId }),
        })
      } catch (error) {
        session.pending.forget([message])
        throw error
      }
      session.pending.cancel([message])
      return 'delivered'
    },
    count: sessions.count,
    sweep: sessions.sweep,
    close: sessions.closeAll,
  }
}
