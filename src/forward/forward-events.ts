import type { AuditLog, AuditValue } from '../audit/audit-log.js'
import { eventTypes } from '../audit/records.js'
import { maxMilliseconds } from './backoff.js'
import type { Destination } from './destination.js'
import { type Gap, gapSize } from './record-source.js'

/** Failures in a row after which the breaker is open: attempts are spaced, and nothing is dropped. */
const breakerFailures = 3
/** A receiver that fails every other time must not fill the trail with records about itself, each of which it has to carry too. */
const minMillisecondsBetweenOutages = 60_000

const texts = {
  syslog: {
    failed: 'Syslog forwarder delivery failed',
    open: 'Syslog forwarder circuit breaker open',
    restored: 'Syslog forwarding restored',
    gap: 'Syslog forwarder lost records',
    deadLetter: 'Syslog forwarder put records aside',
    full: 'Syslog forwarder backlog is full',
    cursor: 'Syslog forwarder cursor trouble',
  },
  https: {
    failed: 'HTTPS log forwarder delivery failed',
    open: 'HTTPS forwarder circuit breaker open',
    restored: 'HTTPS log forwarding restored',
    gap: 'HTTPS log forwarder lost records',
    deadLetter: 'HTTPS log forwarder put records aside',
    full: 'HTTPS log forwarder backlog is full',
    cursor: 'HTTPS log forwarder cursor trouble',
  },
} as const

export type ForwardEvents = ReturnType<typeof createForwardEvents>

/**
 * The `audit_forward_failure` records of one forwarder (behaviour spec §6.3). They are written when something changes, not
 * per attempt: each of them is a line that the failing forwarder has to carry as well.
 */
export function createForwardEvents(
  destination: Pick<Destination, 'name' | 'where'>,
  report: AuditLog['event'],
  now: () => number,
) {
  const { name: forwarder, where } = destination
  const text = texts[forwarder]
  let failures = 0
  let announced = false
  let openAnnounced = false
  let lastOutage = Number.NEGATIVE_INFINITY

  const failure = (
    level: 'ERROR' | 'WARNING',
    message: string,
    fields: { readonly [name: string]: AuditValue },
  ): void =>
    report(level, message, {
      event_type: eventTypes.forwardFailure,
      forwarder,
      ...fields,
      ...where,
    })

  return {
    failed(reason: string, batchSize: number): void {
      failures++
      if (!announced && now() - lastOutage >= minMillisecondsBetweenOutages) {
        announced = true
        lastOutage = now()
        failure('ERROR', text.failed, { reason, batch_size: batchSize })
      }
      if (announced && !openAnnounced && failures >= breakerFailures) {
        openAnnounced = true
        failure('ERROR', text.open, {
          reason: 'circuit_open',
          consecutive_failures: failures,
          recovery_seconds: maxMilliseconds / 1_000,
        })
      }
    },

    delivered(): void {
      if (announced) {
        report('INFO', text.restored, {
          event_type: eventTypes.lifecycle,
          forwarder,
          failed_attempts: failures,
          ...where,
        })
      }
      failures = 0
      announced = openAnnounced = false
    },

    breakerOpen: (): boolean => failures >= breakerFailures,

    /** Told when the receiver is back, so that it learns what it lacks. */
    gap(gap: Gap): void {
      failure('ERROR', text.gap, {
        reason: gap.reason,
        lost_records: gapSize(gap),
        first_seq: gap.fromSeq,
        last_seq: gap.toSeq,
        lost_chain_id: gap.chainId,
      })
    },

    deadLetters(seqs: readonly number[], reason: string): void {
      failure('ERROR', text.deadLetter, {
        reason,
        dead_letters: seqs.length,
        first_seq: seqs[0] ?? null,
        last_seq: seqs.at(-1) ?? null,
      })
    },

    /** More waits than may; `policy` says what happens now. */
    full(policy: 'block' | 'drop_oldest', waitingBytes: number): void {
      failure('ERROR', text.full, { reason: 'spool_full', policy, waiting_bytes: waitingBytes })
    },

    roomAgain(): void {
      report('INFO', `${text.full.replace('is full', 'has room again')}`, {
        event_type: eventTypes.lifecycle,
        forwarder,
        ...where,
      })
    },

    cursor(reason: string): void {
      failure('WARNING', text.cursor, { reason })
    },
  }
}
