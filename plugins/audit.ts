import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type AuditTrail, createAuditLog } from '../src/audit/create-audit-log.js'
import type { Notice } from '../src/config/notice.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Every tool call ends here, allowed or not. */
    audit: AuditTrail
  }
}

interface AuditPluginOptions {
  /** What loading the configuration had to say. */
  readonly notices: readonly Notice[]
  readonly auditLine?: (line: string) => void
}

export default fp(
  async (app: FastifyInstance, { notices, auditLine }: AuditPluginOptions) => {
    const { config } = app
    const audit = await createAuditLog({
      ...(config.auditHmacKey !== null && { key: config.auditHmacKey }),
      ...(config.AUDIT_HMAC_KEY_ID !== undefined && { keyId: config.AUDIT_HMAC_KEY_ID }),
      ...(config.AUDIT_LOG_FILE !== undefined && { file: config.AUDIT_LOG_FILE }),
      failureMode: config.AUDIT_FAILURE_MODE,
      maxQueuedRecords: config.AUDIT_LOG_QUEUE_SIZE,
      secrets: config.secrets,
      ...(auditLine && { stderr: auditLine }),
    })
    audit.onLine(({ eventType }) => app.metrics.auditRecord(eventType))
    for (const { level, event_type, message, fields } of notices) {
      audit.event(level, message, { event_type, ...fields })
    }
    app.decorate('audit', audit)
    app.addHook('onClose', () => audit.close('lifespan_exit'))
  },
  { name: 'audit', dependencies: ['config', 'metrics'], fastify: '5.x' },
)
