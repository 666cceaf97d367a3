import { createMcpHandler, isLegacyRequest } from '@modelcontextprotocol/server'
import { batchRefusal, batchRevision, noBatches } from './batches.js'
import { headersContradict } from './header-agreement.js'
import { type Exchange, fromAuthInfo, toAuthInfo } from './identity.js'
import { idOf, jsonRpcError } from './json-rpc-error.js'
import { createSessionEndpoint, type SessionEndpointOptions } from './session-endpoint.js'

export interface HttpHandlerOptions extends SessionEndpointOptions {
  /** False: 2025-era clients are served request by request, without sessions. */
  readonly legacySessions: boolean
}

/** The MCP endpoint as a function of a web request: both protocol generations at one address. */
export interface McpHttpEndpoint {
  /** `parsedBody` is the checked JSON of a POST; the request itself carries headers only. */
  handle(request: Request, parsedBody: unknown, exchange: Exchange): Promise<Response>
  sessionCount(): number
  /** Closes sessions that are idle or old. */
  sweep(): void
  close(): Promise<void>
}

/**
 * Serves 2026-07-28 clients with a server per request, and 2025-era clients with a server per session beside it, told apart by the
 * SDK's own classification so that the two can never disagree.
 */
export function createHttpEndpoint(options: HttpHandlerOptions): McpHttpEndpoint {
  const { createServer, legacySessions } = options
  const modern = createMcpHandler(({ authInfo }) => createServer(fromAuthInfo(authInfo)), {
    legacy: legacySessions ? 'reject' : 'stateless',
    onerror: options.onError,
  })
  const sessions = createSessionEndpoint(options)

  async function handle(
    request: Request,
    parsedBody: unknown,
    exchange: Exchange,
  ): Promise<Response> {
    if (headersContradict((name) => request.headers.get(name), parsedBody)) {
      return jsonRpcError(
        400,
        -32020,
        'Mcp-Method or Mcp-Name header does not match the body',
        idOf(parsedBody),
      )
    }
    if (Array.isArray(parsedBody)) {
      const refusal = batchRefusal(parsedBody) ?? refusedRevision(request)
      if (refusal !== null) return jsonRpcError(400, -32600, refusal)
    }
    if (legacySessions && (await isLegacyRequest(request, parsedBody))) {
      return sessions.handle(request, parsedBody, exchange)
    }
    return modern.fetch(request, {
      authInfo: toAuthInfo(exchange),
      ...(parsedBody !== undefined && { parsedBody }),
    })
  }

  /** Without a session only the header tells a revision, and without the header it is the one that has batches (2025-06-18 basic/transports). */
  function refusedRevision(request: Request): string | null {
    const said = request.headers.get('mcp-protocol-version')?.trim() ?? batchRevision
    return legacySessions || said === batchRevision ? null : noBatches
  }

  return {
    handle,
    sessionCount: sessions.count,
    sweep: sessions.sweep,
    async close() {
      await Promise.allSettled([modern.close(), sessions.close()])
    },
  }
}
