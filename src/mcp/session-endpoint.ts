import {
  isInitializeRequest,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import { batchRevision, noBatches } from './batches.js'
import type { ServerFactory } from './create-server.js'
import { createEventBuffers, type SessionEvents } from './event-buffer.js'
import { type Exchange, toAuthInfo } from './identity.js'
import { idOf, jsonRpcError } from './json-rpc-error.js'
import { type CancelledRequest, type PendingRequests, trackRequests } from './pending-requests.js'
import { createSessions, newSessionId, type Session, type SessionsOptions } from './sessions.js'

/** What sessions over streamable HTTP need besides their bounds. */
export interface SessionEndpointOptions extends SessionsOptions {
  readonly createServer: ServerFactory
  readonly onError: (error: Error) => void
}

/** The endpoint as clients of the revisions up to 2025-11-25 see it: `initialize` opens a session, everything else needs one. */
export interface SessionEndpoint {
  handle(request: Request, body: unknown, exchange: Exchange): Promise<Response>
  count(): number
  sweep(): void
  close(): Promise<void>
}

interface HttpSession extends Session {
  readonly transport: WebStandardStreamableHTTPServerTransport
  readonly pending: PendingRequests
  readonly events: SessionEvents
  /** The revision that `initialize` agreed on. */
  revision(): string | undefined
}

/** Enough for the end of a stream that broke; what is older a client asks for anew. */
const eventBuffersOptions = {
  maxEventsPerSession: 200,
  maxSizePerSession: 1_048_576,
  maxSize: 67_108_864,
}
/** The code the Language Server Protocol gave it; neither JSON-RPC nor MCP has one. */
const requestCancelled = -32800
/** How soon a client whose stream broke comes back. */
const reconnectMs = 1_000

/** Keeps one server and one transport per session; nothing is shared between two of them. */
export function createSessionEndpoint(options: SessionEndpointOptions): SessionEndpoint {
  const { createServer, onError } = options
  const buffers = createEventBuffers(eventBuffersOptions)
  const sessions = createSessions<HttpSession>(options)

  async function handle(request: Request, body: unknown, exchange: Exchange): Promise<Response> {
    const sessionId = request.headers.get('mcp-session-id')
    if (sessionId !== null) {
      const session = sessions.find(sessionId, exchange.caller.id)
      if (!session) return jsonRpcError(404, -32001, 'Session not found', idOf(body))
      return handleInSession(session, request, body, exchange)
    }
    if (request.method === 'POST' && isInitializeRequest(body)) {
      return openSession(request, body, exchange)
    }
    if (Array.isArray(body)) {
      return jsonRpcError(400, -32600, `A JSON-RPC batch needs a session of ${batchRevision}`)
    }
    return jsonRpcError(
      400,
      -32000,
      'Bad Request: Mcp-Session-Id header is required; send initialize first',
      idOf(body),
    )
  }

  async function handleInSession(
    session: HttpSession,
    request: Request,
    body: unknown,
    exchange: Exchange,
  ): Promise<Response> {
    const refusal = refused(session, request, body)
    if (refusal !== null) return jsonRpcError(400, -32600, refusal, idOf(body))
    const messages = messagesIn(body)
    session.pending.add(messages)
    const response = await session.transport.handleRequest(request, {
      authInfo: toAuthInfo({ ...exchange, sessionId: session.id }),
      ...(body !== undefined && { parsedBody: body }),
    })
    // What was refused is not waited for, and cancels nothing.
    if (!response.ok) session.pending.forget(messages)
    else await endStreams(session.transport, session.pending.cancel(messages))
    return begun(response)
  }

  /** What the transport would let pass. */
  function refused(session: HttpSession, request: Request, body: unknown): string | null {
    const revision = session.revision()
    const said = request.headers.get('mcp-protocol-version')
    if (said !== null && said.trim() !== revision) {
      return `MCP-Protocol-Version is not what this session agreed on, which is ${revision}`
    }
    const lastEventId = request.method === 'GET' ? request.headers.get('last-event-id') : null
    if (lastEventId !== null && !session.events.has(lastEventId)) {
      return "Last-Event-ID is not one of this session's latest; open the stream without it"
    }
    if (Array.isArray(body) && revision !== batchRevision) return noBatches
    return session.pending.clashes(messagesIn(body))
      ? 'A request with this id is still being answered'
      : null
  }

  async function openSession(
    request: Request,
    body: unknown,
    exchange: Exchange,
  ): Promise<Response> {
    const id = newSessionId()
    const events = buffers.open()
    const transport: WebStandardStreamableHTTPServerTransport =
      new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: () => id,
        eventStore: events,
        retryInterval: reconnectMs,
        onsessioninitialized: () =>
          sessions.open({
            id,
            callerId: exchange.caller.id,
            transport,
            pending,
            events,
            revision: () => server.getNegotiatedProtocolVersion(),
            isBusy: () => pending.count() > 0,
            async close() {
              events.close()
              await server.close()
            },
          }),
        onsessionclosed() {
          sessions.remove(id)
          events.close()
        },
      })
    const pending = trackRequests(transport, () => sessions.touch(id))
    const server: Server = createServer()
    server.onerror = onError
    await server.connect(transport)
    const response = await transport.handleRequest(request, {
      parsedBody: body,
      authInfo: toAuthInfo({ ...exchange, sessionId: id }),
    })
    // An initialize that was refused opened no session, so nothing else would ever close its server.
    if (!response.ok) await server.close()
    return begun(response)
  }

  return { handle, count: sessions.count, sweep: sessions.sweep, close: sessions.closeAll }
}

const messagesIn = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : [body])

/**
 * A request that was cancelled gets no answer, and without one its stream would never end. In a batch the others are still waiting on
 * that stream, so there it gets an error in the place of its answer; whoever resumes the stream gets it too.
 */
async function endStreams(
  transport: WebStandardStreamableHTTPServerTransport,
  cancelled: readonly CancelledRequest[],
): Promise<void> {
  for (const { id, inBatch } of cancelled) {
    if (!inBatch) transport.closeSSEStream(id)
    const error = { code: requestCancelled, message: 'Request cancelled' }
    await transport.send({ jsonrpc: '2.0', id, error }).catch(() => {})
  }
}

/** A stream with a comment in front: its head leaves with its first bytes, and without a head a client waits and a proxy gives up. */
function begun(response: Response): Response {
  if (response.body === null) return response
  if (response.headers.get('content-type') !== 'text/event-stream') return response
  const withComment = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(': open\n\n')),
  })
  return new Response(response.body.pipeThrough(withComment), response)
}
