import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { ForwarderStats } from '../src/forward/forwarder.js'

const Status = Type.Object({ status: Type.String() })
const Readiness = Type.Object({
  status: Type.Union([Type.Literal('ok'), Type.Literal('degraded'), Type.Literal('unavailable')]),
  checks: Type.Record(Type.String(), Type.String()),
})
const ReadinessQuery = Type.Object({
  exclude: Type.Optional(
    Type.Union([Type.Literal('audit')], {
      description: 'audit: stay ready for reads while the audit trail cannot be written',
    }),
  ),
})

/** `/health` as the reference had it, `/livez` and `/readyz` for Kubernetes (decisions, "/health, probes"). None needs a token. */
export default async function healthRoutes(app: FastifyInstance): Promise<void> {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>()
  const alive = { status: 'ok' }

  typed.get('/health', { schema: { response: { 200: Status } } }, async () => alive)
  typed.get('/livez', { schema: { response: { 200: Status } } }, async () => alive)

  typed.get(
    '/readyz',
    {
      schema: { querystring: ReadinessQuery, response: { 200: Readiness, 503: Readiness } },
    },
    async (request, reply) => {
      const auditWritable = app.audit.writable()
      const reachable = await app.dojoHealth.reachable()
      const checks = {
        lifecycle: app.lifecycle.state,
        audit: auditWritable ? 'ok' : 'not writable',
        defectdojo: reachable ? 'ok' : 'unreachable',
        ...forwardingChecks(app.forwarding.stats()),
      }
      if (
        app.lifecycle.state !== 'ready' ||
        !(auditWritable || request.query.exclude === 'audit')
      ) {
        return reply.code(503).send({ status: 'unavailable', checks })
      }
      // One outage of DefectDojo must not take every replica out of rotation.
      return reply.code(200).send({ status: reachable ? 'ok' : 'degraded', checks })
    },
  )
}

/** By receiver; none of them takes the service out of rotation, but for a full spool, which `audit` tells. */
function forwardingChecks(stats: readonly ForwarderStats[]): Record<string, string> {
  return Object.fromEntries(
    stats.map(({ destination, waitingRecords, breakerOpen, blocks }) => [
      `forwarding ${destination}`,
      blocks
        ? `spool full, ${waitingRecords} records wait`
        : breakerOpen
          ? `failing, ${waitingRecords} records wait`
          : 'ok',
    ]),
  )
}
