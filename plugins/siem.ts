import { hostname } from 'node:os'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../src/config/load.js'
import { createDestinations } from '../src/forward/destinations.js'
import type { SpoolLimit } from '../src/forward/forwarder.js'
import { type Forwarding, startForwarding } from '../src/forward/start-forwarding.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Carries the trail to every receiver. */
    forwarding: Forwarding
  }
}

/** What still waits at the end gets this long, so that the whole shutdown stays within 10 s. */
const flushMs = 3_000
/** Of a spool directory, unless the operator says otherwise. */
const spoolBytes = 1_073_741_824

export default fp(
  async (app: FastifyInstance) => {
    const { config, audit } = app
    const forwarding = await startForwarding(audit, destinationsOf(config), {
      limit: limitOf(config),
    })
    app.decorate('forwarding', forwarding)
    // The trail ends first, so that its last records are forwarded too.
    app.addHook('onClose', async () => {
      await audit.close('lifespan_exit')
      for (const { destination, undelivered } of await forwarding.close(flushMs)) {
        if (undelivered > 0) {
          app.log.warn({ destination, undelivered }, 'audit records wait for their receiver')
        }
      }
    })
  },
  { name: 'siem', dependencies: ['config', 'audit'], fastify: '5.x' },
)

function destinationsOf(config: Config) {
  return createDestinations(
    {
      syslog: config.syslogReceivers,
      syslogTls: {
        caFile: config.AUDIT_LOG_SYSLOG_CA ?? null,
        certFile: config.AUDIT_LOG_SYSLOG_CERT ?? null,
        keyFile: config.AUDIT_LOG_SYSLOG_KEY ?? null,
      },
      https:
        config.AUDIT_LOG_HTTPS_URL === undefined
          ? null
          : {
              url: config.AUDIT_LOG_HTTPS_URL,
              format: config.AUDIT_LOG_HTTPS_FORMAT,
              token: config.AUDIT_LOG_HTTPS_TOKEN ?? null,
              tenant: config.AUDIT_LOG_HTTPS_TENANT ?? null,
              batchSize: config.AUDIT_LOG_HTTPS_BATCH_SIZE,
              flushSeconds: config.AUDIT_LOG_HTTPS_FLUSH_SECS,
              caFile: config.AUDIT_LOG_HTTPS_CA ?? null,
            },
    },
    { hostname: hostname(), pid: process.pid },
  )
}

function limitOf(config: Config): SpoolLimit | null {
  const bytes =
    config.AUDIT_SPOOL_MAX_BYTES ?? (config.auditSpoolFile === null ? undefined : spoolBytes)
  return bytes === undefined ? null : { bytes, whenFull: config.AUDIT_SPOOL_FULL }
}
