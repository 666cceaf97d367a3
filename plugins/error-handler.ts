import sensible from '@fastify/sensible'
import type { FastifyError, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** What a client may read of an error that is not its own doing. */
const internalMessage = 'Internal server error'

/** JSON for every error: the status, its name, and a message only where it is about the request itself. */
export default fp(
  async (app: FastifyInstance) => {
    await app.register(sensible)

    app.setErrorHandler((error: FastifyError, request, reply) => {
      const statusCode = error.statusCode ?? 500
      if (statusCode >= 500 && statusCode !== 503) {
        request.log.error({ err: error, route: request.routeOptions.url }, 'request failed')
      }
      const { message } =
        statusCode >= 500 && statusCode !== 503 ? { message: internalMessage } : error
      return reply.code(statusCode).send(app.httpErrors.createError(statusCode, message))
    })

    const notFound = { error: 'Not Found', message: 'No such address', statusCode: 404 }
    app.setNotFoundHandler((_request, reply) => reply.code(404).send(notFound))
    // Nobody has been asked for a token at such an address, so no body is read there.
    app.addHook('onRequest', async (request, reply) => {
      if (request.is404) return reply.code(404).send(notFound)
    })
  },
  { name: 'error-handler', fastify: '5.x' },
)
