import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createMetrics, type Metrics } from '../src/metrics/metrics.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Every metric of the service, in a registry of its own. */
    metrics: Metrics
  }
}

export default fp(
  async (app: FastifyInstance) => {
    const metrics = createMetrics()
    app.decorate('metrics', metrics)
    app.addHook('onResponse', async (request, reply) => {
      metrics.httpRequest(
        request.routeOptions.url ?? 'unknown',
        request.method,
        reply.raw.headersSent ? reply.raw.statusCode : reply.statusCode,
      )
    })
  },
  { name: 'metrics', fastify: '5.x' },
)
