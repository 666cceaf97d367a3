import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createDojoClient, type DojoClient } from '../src/dojo/client.js'
import { createDojoHealth, type DojoHealth } from '../src/dojo/health.js'
import { version } from '../src/version.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** The client for DefectDojo. */
    dojo: DojoClient
    /** Whether DefectDojo answers; at most one probe in ten seconds. */
    dojoHealth: DojoHealth
  }
}

/** A probe that takes longer counts as no answer; Kubernetes asks for readiness every few seconds. */
const probeMs = 2_000
const probeMaxAgeMs = 10_000

export default fp(
  async (app: FastifyInstance) => {
    const { config } = app
    const dojo = createDojoClient({
      url: config.DEFECTDOJO_URL,
      keys: config.dojoKeys,
      timeoutSeconds: config.DEFECTDOJO_TIMEOUT_SECONDS,
      importTimeoutSeconds: config.DEFECTDOJO_IMPORT_TIMEOUT_SECONDS,
      maxResponseBytes: config.DEFECTDOJO_MAX_RESPONSE_BYTES,
      userAgent: `mcp-defectdojo/${version}`,
      ...(config.HTTPS_PROXY !== undefined && {
        proxy: {
          url: config.HTTPS_PROXY,
          ...(config.NO_PROXY !== undefined && { noProxy: config.NO_PROXY }),
        },
      }),
      ...(config.certificates.DEFECTDOJO_CA !== null && { ca: config.certificates.DEFECTDOJO_CA }),
      observe(event) {
        app.metrics.upstream(event)
        const { requestId, ...upstream } = event
        app.log.debug({ request_id: requestId, upstream }, 'DefectDojo request')
      },
    })
    app.decorate('dojo', dojo)
    app.decorate(
      'dojoHealth',
      createDojoHealth({
        probe: () =>
          dojo
            .forCall({ requestId: 'readiness', signal: AbortSignal.timeout(probeMs) })
            .get('user_profile/'),
        now: () => performance.now(),
        maxAgeMs: probeMaxAgeMs,
      }),
    )
    const record = (message: string, fields: Record<string, string> = {}): void =>
      app.audit.event('INFO', message, { event_type: 'lifecycle', ...fields })
    const { read, write } = config.dojoKeys
    record(read === write ? 'Single API key mode' : 'Dual API key mode: separate read/write keys')
    record('DefectDojo client initialized', { base_url: config.DEFECTDOJO_URL })
    app.addHook('onClose', async () => {
      await dojo.close()
      record('DefectDojo client closed')
    })
  },
  { name: 'dojo', dependencies: ['config', 'metrics', 'audit'], fastify: '5.x' },
)
