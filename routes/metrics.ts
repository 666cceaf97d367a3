import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'

/** `/metrics` in Prometheus text format. Open: it names no DefectDojo and no caller; of receivers of the trail their hosts. */
export default async function metricsRoutes(app: FastifyInstance): Promise<void> {
  app.get('/metrics', { schema: { response: { 200: Type.String() } } }, async (_request, reply) => {
    const text = await app.metrics.text()
    return reply.type(app.metrics.contentType).send(text)
  })
}
