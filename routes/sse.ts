import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { messagesPath } from '../plugins/mcp.js'
import { headersContradict } from '../src/mcp/header-agreement.js'
import { idOf, jsonRpcError } from '../src/mcp/json-rpc-error.js'

const SessionQuery = Type.Object({
  sessionId: Type.Optional(Type.String({ maxLength: 64 })),
  session_id: Type.Optional(Type.String({ maxLength: 64 })),
})

/** A UUID, with its hyphens as the SDK makes it or without as the reference did. */
const sessionForm = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i

/** The older HTTP+SSE transport: `GET /sse` and `POST /messages/` (behaviour spec §8). The only route that hijacks its reply. */
export default async function sseRoutes(app: FastifyInstance): Promise<void> {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>()

  // A HEAD would open a session whose stream nobody can read.
  typed.get('/sse', { onRequest: app.admit, exposeHeadRoute: false }, async (request, reply) => {
    reply.hijack()
    await app.mcp.sse.open(reply.raw, {
      caller: request.caller,
      transport: 'sse',
      clientAddress: request.clientAddress,
      sessionId: null,
    })
  })

  typed.post(
    messagesPath,
    { onRequest: app.admit, schema: { querystring: SessionQuery } },
    async (request, reply) => {
      const sessionId = request.query.sessionId ?? request.query.session_id
      if (sessionId === undefined) return reply.badRequest('session_id is required')
      if (!sessionForm.test(sessionId)) return reply.badRequest('Invalid session ID')
      if (headersContradict((name) => textOf(request.headers[name]), request.body)) {
        const message = 'Mcp-Method or Mcp-Name header does not match the body'
        return reply.send(jsonRpcError(400, -32020, message, idOf(request.body)))
      }
      try {
        const delivered = await app.mcp.sse.deliver(sessionId, request.body, {
          caller: request.caller,
          transport: 'sse',
          clientAddress: request.clientAddress,
          sessionId,
        })
        if (delivered === 'no session') return reply.notFound('Could not find session')
        if (delivered === 'id in use') {
          return reply.badRequest('A request with this id is still being answered')
        }
      } catch {
        return reply.badRequest('Could not parse message')
      }
      return reply.code(202).type('text/plain').send('Accepted')
    },
  )
}

const textOf = (header: string | string[] | undefined): string | null => header?.toString() ?? null
