import { hostname } from 'node:os'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createDestinations } from '../src/forward/destinations.js'
import { startForwarding } from '../src/forward/start-forwarding.js'

/** What still waits at the end gets this long, so that the whole shutdown stays within 10 s. */
const flushMs = 3_000

export default fp(
  async (app: FastifyInstance) => {
    const { config, audit } = app
    const { syslogReceiver } = config
    const forwarding = startForwarding(
      audit,
      createDestinations(
        {
          syslog: syslogReceiver && {
            ...syslogReceiver,
            ca: config.certificates.AUDIT_LOG_SYSLOG_CA,
          },
          https:
            config.AUDIT_LOG_HTTPS_URL === undefined
              ? null
              : {
                  url: config.AUDIT_LOG_HTTPS_URL,
                  token: config.AUDIT_LOG_HTTPS_TOKEN ?? null,
                  batchSize: config.AUDIT_LOG_HTTPS_BATCH_SIZE,
                  flushSeconds: config.AUDIT_LOG_HTTPS_FLUSH_SECS,
                  ca: config.certificates.AUDIT_LOG_HTTPS_CA,
                  allowHttp: config.AUDIT_LOG_HTTPS_ALLOW_HTTP,
                },
        },
        { hostname: hostname(), pid: process.pid },
      ),
    )
    // The trail ends first, so that its last records are forwarded too.
    app.addHook('onClose', async () => {
      await audit.close('lifespan_exit')
      for (const { name, undelivered } of await forwarding.close(flushMs)) {
        if (undelivered > 0) {
          app.log.error({ destination: name, undelivered }, 'audit records were not forwarded')
        }
      }
    })
  },
  { name: 'siem', dependencies: ['config', 'audit'], fastify: '5.x' },
)
