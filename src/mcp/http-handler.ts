import {
  createMcpHandler,
  isInitializeRequest,
  isLegacyRequest,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import type { ServerFactory } from './create-server.js'
import { type Exchange, fromAuthInfo, toAuthInfo } from './identity.js'
import { createSessions, newSessionId, type Session } from './sessions.js'

export interface HttpHandlerOptions {
  readonly createServer: ServerFactory
  /** False: 2025-era clients are served request by request, without sessions. */
  readonly legacySessions: boolean
  readonly maxSessions: number
  readonly idleSeconds: number
  readonly now: () => number
  readonly onSessionEnd: (sessionId: string) => void
  readonly onError: (error: Error) => void
}

/** The MCP endpoint as a function of a web request: both protocol generations at one address. */
export interface McpHttpEndpoint {
  /** `parsedBody` is the checked JSON of a POST; the request itself carries headers only. */
  handle(request: Request, parsedBody: unknown, exchange: Exchange): Promise<Response>
  sessionCount(): number
  close(): Promise<void>
}

interface LegacySession extends Session {
  readonly transport: WebStandardStreamableHTTPServerTransport
}

/**
 * Serves 2026-07-28 clients with a server per request, and 2025-era clients with a server per session beside it, told apart by the
 * SDK's own classification so that the two can never disagree.
 */
export function createHttpEndpoint(options: HttpHandlerOptions): McpHttpEndpoint {
  const { createServer, onError } = options
  const modern = createMcpHandler(({ authInfo }) => createServer(fromAuthInfo(authInfo)), {
    legacy: options.legacySessions ? 'reject' : 'stateless',
    onerror: onError,
  })
  const sessions = createSessions<LegacySession>({
    maxSessions: options.maxSessions,
    idleSeconds: options.idleSeconds,
    now: options.now,
    onEnd: options.onSessionEnd,
  })

  async function handle(
    request: Request,
    parsedBody: unknown,
    exchange: Exchange,
  ): Promise<Response> {
    // The header checks are about one message; in a batch the others would pass by them.
    if (Array.isArray(parsedBody)) {
      return jsonRpcError(400, -32600, 'JSON-RPC batches are not supported')
    }
    if (headersContradict((name) => request.headers.get(name), parsedBody)) {
      return mismatch(parsedBody)
    }
    if (options.legacySessions && (await isLegacyRequest(request, parsedBody))) {
      return handleLegacy(request, parsedBody, exchange)
    }
    return modern.fetch(request, {
      authInfo: toAuthInfo(exchange),
      ...(parsedBody !== undefined && { parsedBody }),
    })
  }

  async function handleLegacy(
    request: Request,
    parsedBody: unknown,
    exchange: Exchange,
  ): Promise<Response> {
    const sessionId = request.headers.get('mcp-session-id')
    if (sessionId !== null) {
      const session = sessions.find(sessionId, exchange.caller.id)
      if (!session) return jsonRpcError(404, -32001, 'Session not found')
      const response = await session.transport.handleRequest(request, {
        authInfo: toAuthInfo({ ...exchange, sessionId }),
        ...(parsedBody !== undefined && { parsedBody }),
      })
      return request.method === 'GET' ? begun(response) : response
    }
    if (request.method === 'POST' && isInitializeRequest(parsedBody)) {
      return openSession(request, parsedBody, exchange)
    }
    return jsonRpcError(
      400,
      -32000,
      'Bad Request: Mcp-Session-Id header is required; send initialize first',
    )
  }

  async function openSession(
    request: Request,
    parsedBody: unknown,
    exchange: Exchange,
  ): Promise<Response> {
    const id = newSessionId()
    const transport: WebStandardStreamableHTTPServerTransport =
      new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: () => id,
        onsessioninitialized: () =>
          sessions.open({
            id,
            callerId: exchange.caller.id,
            transport,
            close: () => server.close(),
          }),
        onsessionclosed: () => sessions.remove(id),
      })
    const server: Server = createServer()
    server.onerror = onError
    await server.connect(transport)
    const response = await transport.handleRequest(request, {
      parsedBody,
      authInfo: toAuthInfo({ ...exchange, sessionId: id }),
    })
    // An initialize that was refused opened no session, so nothing else would ever close its server.
    if (!response.ok) await server.close()
    return response
  }

  return {
    handle,
    sessionCount: sessions.count,
    async close() {
      await Promise.allSettled([modern.close(), sessions.closeAll()])
    },
  }
}

/**
 * A proxy may have decided on `Mcp-Method` or `Mcp-Name`; where they are present they must say what the body says, in every
 * protocol generation (2026-07-28 basic/transports, error -32020).
 */
export function headersContradict(
  header: (name: 'mcp-method' | 'mcp-name') => string | null,
  body: unknown,
): boolean {
  if (typeof body !== 'object' || body === null) return false
  const { method, params } = body as { method?: unknown; params?: { name?: unknown } | null }
  const differs = (said: string | null, value: unknown): boolean =>
    said !== null && typeof value === 'string' && said.trim() !== value
  return (
    differs(header('mcp-method'), method) ||
    (method === 'tools/call' && differs(header('mcp-name'), params?.name))
  )
}

function mismatch(body: unknown): Response {
  const { id } = body as { id?: unknown }
  return jsonRpcError(
    400,
    -32020,
    'Mcp-Method or Mcp-Name header does not match the body',
    typeof id === 'string' || typeof id === 'number' ? id : null,
  )
}

/** A stream with a comment in front: its head leaves with its first bytes, and without a head a client waits and a proxy gives up. */
function begun(response: Response): Response {
  if (!response.ok || response.body === null) return response
  const withComment = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(': open\n\n')),
  })
  return new Response(response.body.pipeThrough(withComment), response)
}

/** A JSON-RPC error as an HTTP answer. */
export const jsonRpcError = (
  status: number,
  code: number,
  message: string,
  id: string | number | null = null,
): Response => Response.json({ jsonrpc: '2.0', error: { code, message }, id }, { status })
