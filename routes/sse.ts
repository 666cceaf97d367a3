import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { messagesPath } from '../plugins/mcp.js'

const SessionQuery = Type.Object({
  sessionId: Type.Optional(Type.String({ maxLength: 64 })),
  session_id: Type.Optional(Type.String({ maxLength: 64 })),
})

/** The older HTTP+SSE transport: `GET /sse` and `POST /messages/` (behaviour spec §8). The only route that hijacks its reply. */
export default async function sseRoutes(app: FastifyInstance): Promise<void> {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>()

  typed.get('/sse', { onRequest: app.admit }, async (request, reply) => {
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
      try {
        const delivered = await app.mcp.sse.deliver(sessionId, request.body, {
          caller: request.caller,
          transport: 'sse',
          clientAddress: request.clientAddress,
          sessionId,
        })
        if (!delivered) return reply.notFound('Could not find session')
      } catch {
        return reply.badRequest('Could not parse message')
      }
      return reply.code(202).type('text/plain').send('Accepted')
    },
  )
}
