import { Type } from '@sinclair/typebox'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { cutOffUnread } from '../src/access/unread-answer.js'
import { jsonRpcError } from '../src/mcp/json-rpc-error.js'

/** The protocol's own headers, as long as their values can be; the SDK judges what they say. */
const McpHeaders = Type.Object({
  'mcp-session-id': Type.Optional(Type.String({ maxLength: 128 })),
  'mcp-protocol-version': Type.Optional(Type.String({ maxLength: 32 })),
  'mcp-method': Type.Optional(Type.String({ maxLength: 256 })),
  'mcp-name': Type.Optional(Type.String({ maxLength: 256 })),
})

/** Request headers the MCP endpoint reads; nothing else is passed on. */
const passedOn = [
  'accept',
  'content-type',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
]

/** `/mcp`, streamable HTTP for both protocol generations (behaviour spec §8). */
export default async function mcpRoutes(app: FastifyInstance): Promise<void> {
  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: '/mcp',
    // A HEAD would run the handler of GET, whose answer has no length that could be told.
    exposeHeadRoute: false,
    schema: { headers: McpHeaders },
    onRequest: app.admit,
    errorHandler: answerUnreadable,
    async handler(request, reply) {
      cutOffUnread(reply.raw)
      const response = await app.mcp.http.handle(toWebRequest(request, reply), request.body, {
        caller: request.caller,
        transport: 'streamable-http',
        clientAddress: request.clientAddress,
        sessionId: null,
      })
      return reply.send(response)
    },
  })
}

/** A body that cannot be read is answered in the client's own protocol; anything else is the service's error handler's. */
function answerUnreadable(
  this: FastifyInstance,
  error: FastifyError,
  _request: FastifyRequest,
  reply: FastifyReply,
): unknown {
  const status = error.statusCode ?? 500
  if (status >= 500 && status !== 503) throw error
  const code = status === 400 && error.validation === undefined ? -32700 : -32600
  return reply
    .headers((error as { headers?: Record<string, string> }).headers ?? {})
    .send(jsonRpcError(status, code, error.message))
}

/** The request without its body, which has been read and checked; aborted when the client goes away before the answer is out. */
function toWebRequest(request: FastifyRequest, reply: FastifyReply): Request {
  const headers = new Headers()
  for (const name of passedOn) {
    const value = request.headers[name]
    if (typeof value === 'string') headers.set(name, value)
  }
  // The SDK reads custom parameter headers of a tool call by prefix.
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith('mcp-param-') && typeof value === 'string') headers.set(name, value)
  }
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  return new Request('http://localhost/mcp', {
    method: request.method,
    headers,
    signal: gone.signal,
  })
}
