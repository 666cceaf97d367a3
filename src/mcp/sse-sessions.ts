import type { ServerResponse } from 'node:http'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import type { Transport } from '@modelcontextprotocol/server'
import type { ServerFactory } from './create-server.js'
import { type Exchange, toAuthInfo } from './identity.js'
import { createSessions, type Session, type SessionsOptions } from './sessions.js'

interface SseSession extends Session {
  readonly transport: SSEServerTransport
  readonly response: ServerResponse
}

/** The HTTP+SSE transport of 2024-11-05: a stream to the client, and POSTs back to the address its first event names. */
export interface SseSessions {
  /** Opens the stream on `response` and keeps it open until either side ends it. */
  open(response: ServerResponse, exchange: Exchange): Promise<void>
  /** Hands a checked message to its session; false when the caller has no such session. */
  deliver(sessionId: string, message: unknown, exchange: Exchange): Promise<boolean>
  count(): number
  close(): Promise<void>
}

/** Comments that keep proxies from closing a silent stream. */
const keepAliveMs = 15_000
/** A client that asks and does not read is cut off here, before its answers fill the memory. */
const maxUnreadBytes = 8_388_608

/** The only user of the 1.x SDK: the stable line no longer serves this transport, but its `Server` still speaks over it. */
export function createSseSessions(
  createServer: ServerFactory,
  messagesPath: string,
  options: SessionsOptions,
): SseSessions {
  const sessions = createSessions<SseSession>(options)

  return {
    async open(response, exchange) {
      const transport = new SSEServerTransport(messagesPath, response)
      const server = createServer({ ...exchange, sessionId: transport.sessionId })
      const keepAlive = setInterval(() => response.write(': keep-alive\n\n'), keepAliveMs)
      response.on('close', () => {
        clearInterval(keepAlive)
        sessions.remove(transport.sessionId)
      })
      sessions.open({
        id: transport.sessionId,
        callerId: exchange.caller.id,
        transport,
        response,
        close: () => server.close(),
      })
      // The 1.x transport has the shape the 2.x server asks for; only its optional members are typed more loosely.
      await server.connect(transport as unknown as Transport)
    },
    async deliver(sessionId, message, exchange) {
      const session = sessions.find(sessionId, exchange.caller.id)
      if (!session) return false
      if (session.response.writableLength > maxUnreadBytes) {
        // An orderly end would wait behind everything that is not read.
        session.response.destroy()
        return false
      }
      await session.transport.handleMessage(message, {
        authInfo: toAuthInfo({ ...exchange, sessionId }),
      })
      return true
    },
    count: sessions.count,
    close: sessions.closeAll,
  }
}
