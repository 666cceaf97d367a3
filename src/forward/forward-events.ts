import type { AuditLog } from '../audit/audit-log.js'
import { eventTypes } from '../audit/records.js'
import type { AuditLine } from '../audit/trail-writer.js'
import { maxMilliseconds } from './backoff.js'
import type { Destination } from './destination.js'

/** Failures in a row after which an outage is recorded as one. */
const outageFailures = 3

const texts = {
  syslog: {
    failed: 'Syslog forwarder delivery failed',
    open: 'Syslog forwarder circuit breaker open',
    restored: 'Syslog forwarding restored',
    gap: 'Syslog forwarder lost records',
  },
  https: {
    failed: 'HTTPS log forwarder delivery failed',
    open: 'HTTPS forwarder circuit breaker open',
    restored: 'HTTPS log forwarding restored',
    gap: 'HTTPS log forwarder lost records',
  },
} as const

/**
 * The `audit_forward_failure` records of one forwarder (behaviour spec §6.3). They are written when something changes, not
 * per attempt: each of them is a line that the failing forwarder has to carry as well.
 */
export function createForwardEvents(destination: Destination, report: AuditLog['event']) {
  const { name: forwarder, where } = destination
  const text = texts[forwarder]
  let failures = 0
  let gap: { firstSeq: number; lastSeq: number; chainId: string; count: number } | null = null

  const failure = (level: 'ERROR' | 'WARNING', message: string, fields: object): void =>
    report(level, message, { event_type: eventTypes.forwardFailure, forwarder, ...fields })

  return {
    failed(reason: string, batchSize: number): void {
      failures++
      if (failures === 1) failure('ERROR', text.failed, { reason, batch_size: batchSize, ...where })
      if (failures === outageFailures) {
        failure('ERROR', text.open, {
          reason: 'circuit_open',
          consecutive_failures: failures,
          recovery_seconds: maxMilliseconds / 1_000,
          ...where,
        })
      }
    },

    delivered(): void {
      if (failures > 0) {
        const failedAttempts = failures
        failures = 0
        report('INFO', text.restored, {
          event_type: eventTypes.lifecycle,
          forwarder,
          failed_attempts: failedAttempts,
          ...where,
        })
      }
      if (gap) {
        const { count, firstSeq, lastSeq, chainId } = gap
        gap = null
        failure('ERROR', text.gap, {
          reason: 'queue_overflow',
          lost_records: count,
          first_seq: firstSeq,
          last_seq: lastSeq,
          lost_chain_id: chainId,
          ...where,
        })
      }
    },

    /** A line found no room. Recorded as one gap when the receiver is back, so that it learns what it lacks. */
    dropped({ seq, chainId }: AuditLine): void {
      gap ??= { firstSeq: seq, lastSeq: seq, chainId, count: 0 }
      gap.lastSeq = seq
      gap.count++
    },
  }
}
