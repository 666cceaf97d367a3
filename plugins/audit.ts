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

/** A segment is deleted as a whole, so the spool may take one more than its limit. */
const spoolSegmentBytes = (limit = 1_073_741_824): number =>
  Math.min(8_388_608, Math.max(16_384, Math.floor(limit / 16)))

export default fp(
  async (app: FastifyInstance, { notices, auditLine }: AuditPluginOptions) => {
    const { config } = app
    const { auditSpoolFile } = config
    const audit = await createAuditLog({
      ...(config.auditHmacKey !== null && { key: config.auditHmacKey }),
      ...(config.AUDIT_HMAC_KEY_ID !== undefined && { keyId: config.AUDIT_HMAC_KEY_ID }),
      ...(config.AUDIT_LOG_FILE !== undefined && { file: config.AUDIT_LOG_FILE }),
      ...(config.auditSigningKey !== null && { signingKey: config.auditSigningKey }),
      ...(config.AUDIT_LOG_MAX_BYTES !== undefined && { maxFileBytes: config.AUDIT_LOG_MAX_BYTES }),
      ...(config.AUDIT_LOG_MAX_AGE_HOURS !== undefined && {
        maxFileAgeMs: config.AUDIT_LOG_MAX_AGE_HOURS * 3_600_000,
      }),
      ...(config.AUDIT_LOG_RETENTION_DAYS !== undefined && {
        retentionMs: config.AUDIT_LOG_RETENTION_DAYS * 86_400_000,
      }),
      // What every receiver has is deleted, a segment at a time.
      ...(auditSpoolFile !== null && {
        file: auditSpoolFile,
        maxFileBytes: spoolSegmentBytes(config.AUDIT_SPOOL_MAX_BYTES),
        retentionMs: 0,
      }),
      previousKeys: config.auditPreviousKeys,
      onBreak: config.AUDIT_CHAIN_BREAK,
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
