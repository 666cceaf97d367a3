import { ToolError } from '../errors.js'
import type { AuditedCall, AuditLog } from './audit-log.js'
import { type AggregatedDenials, createDenialAggregation } from './denial-aggregation.js'
import { auditKey } from './keys.js'
import {
  type AuditRecord,
  eventRecord,
  eventTypes,
  intentRecord,
  outcomeRecord,
} from './records.js'
import { createRedactor } from './redaction.js'
import { createSessionSummary } from './session-summary.js'
import { createDescriptorSink } from './stderr-sink.js'
import { type AuditLine, openTrailWriter, type WriterStats } from './trail-writer.js'

export interface AuditLogOptions {
  /** `AUDIT_HMAC_KEY`; without it the chain is made with a random key and cannot be verified after the run. */
  readonly key?: string
  /** How records name the key; derived from it when absent. */
  readonly keyId?: string
  /** `AUDIT_LOG_FILE`; without it lines go to stderr only. Its directory must exist. */
  readonly file?: string
  /** `closed`: no mutation while the trail cannot be written. */
  readonly failureMode: 'closed' | 'open'
  /** Texts that must never be written. */
  readonly secrets: readonly string[]
  /** Records kept in memory while the file cannot be written (10,000). */
  readonly maxQueuedRecords?: number
  /** Denials per caller and tool, and refused tokens per address, that are recorded one by one each minute (60). */
  readonly fullDenialsPerMinute?: number
  readonly clock?: () => Date
  /** Takes every line, without its line feed, before anything else happens; stderr unless a test listens. */
  readonly stderr?: (line: string) => void
  /** Runs a callback once, after so many milliseconds, without keeping the process alive. */
  readonly after?: (milliseconds: number, callback: () => void) => void
}

export interface AuditStats extends WriterStats {
  readonly writable: boolean
  /** Denials counted instead of recorded one by one. */
  readonly aggregatedDenials: number
}

/** The audit trail with what other parts of the service need of it. */
export interface AuditTrail extends AuditLog {
  /** Hands every line to `listener`, beginning with those of the start; returns how to stop. */
  onLine(listener: (line: AuditLine) => void): () => void
  stats(): AuditStats
}

interface DeniedSubject {
  readonly toolName: string
  readonly authenticatedCallerId: string
}

const windowMilliseconds = 60_000
const maxDenialKeys = 200
const nothing = (): void => {}

const startTimer = (milliseconds: number, callback: () => void): void => {
  setTimeout(callback, milliseconds).unref()
}

/**
 * Opens the trail: reads and checks the end of the file, begins or continues the chain, and records that. Rejects with an
 * error that names AUDIT_LOG_FILE when the file cannot be opened.
 */
export async function createAuditLog(options: AuditLogOptions): Promise<AuditTrail> {
  const { clock = () => new Date(), after = startTimer } = options
  const writer = await openTrailWriter({
    key: auditKey(options),
    redactor: createRedactor(options.secrets),
    file: options.file,
    maxQueuedRecords: options.maxQueuedRecords ?? 10_000,
    clock,
    stderr: options.stderr ?? createDescriptorSink(2),
    after,
  })
  const summary = createSessionSummary(clock())
  let aggregated = 0
  let closing: Promise<void> | null = null

  const writable = (): boolean => closing === null && writer.writable()

  const event: AuditLog['event'] = (level, message, fields) => {
    if (fields.event_type === eventTypes.authenticationFailure) {
      const address = typeof fields.client_address === 'string' ? fields.client_address : ''
      if (!refusedTokens.admit(address, address, clock())) {
        aggregated++
        return
      }
    }
    writer.write(eventRecord(clock(), level, message, fields)).catch(nothing)
  }

  const aggregation = {
    fullRecords: options.fullDenialsPerMinute ?? 60,
    windowMilliseconds,
    maxKeys: maxDenialKeys,
    after,
  }
  const deniedCalls = createDenialAggregation<DeniedSubject>({
    ...aggregation,
    report: (denials) =>
      writeAggregate('Tool calls denied', denials, {
        event_type: eventTypes.call,
        tool_name: denials.subject?.toolName ?? null,
        authenticated_caller_id: denials.subject?.authenticatedCallerId ?? null,
      }),
  })
  const refusedTokens = createDenialAggregation<string>({
    ...aggregation,
    report: (denials) =>
      writeAggregate('Authentication failed', denials, {
        event_type: eventTypes.authenticationFailure,
        client_address: denials.subject,
      }),
  })

  function writeAggregate(
    message: string,
    { count, firstAt, lastAt }: AggregatedDenials<unknown>,
    subject: { readonly event_type: string; readonly [name: string]: string | null },
  ): void {
    const record = eventRecord(clock(), 'WARNING', message, {
      ...subject,
      outcome: 'denied',
      aggregated: true,
      count,
      first_at: firstAt.toISOString(),
      last_at: lastAt.toISOString(),
    })
    writer.write(record).catch(nothing)
  }

  /** Waits for the sinks; what a trail that cannot be written means for the caller depends on the mode. */
  async function written(record: AuditRecord): Promise<void> {
    try {
      await writer.write(record)
    } catch (cause) {
      if (options.failureMode === 'closed') throw unavailable(cause)
    }
  }

  const deniedBeyondLimit = ({ identity, toolName }: AuditedCall): boolean => {
    const { authenticatedCallerId } = identity
    const key = `${authenticatedCallerId}\n${toolName}`
    return !deniedCalls.admit(key, { toolName, authenticatedCallerId }, clock())
  }

  return {
    async intent(call) {
      if (closing) throw unavailable()
      await written(intentRecord(clock(), call, writer.durable))
    },

    async outcome(call, end) {
      summary.count(call.toolName, end.outcome !== 'success')
      if (end.outcome === 'denied' && deniedBeyondLimit(call)) {
        aggregated++
        return
      }
      await written(outcomeRecord(clock(), call, end))
    },

    event,
    writable,

    close(shutdownReason) {
      closing ??= (async () => {
        deniedCalls.flush()
        refusedTokens.flush()
        event('INFO', 'Session shutdown', {
          event_type: eventTypes.lifecycle,
          session_summary: summary.fields(clock()),
          shutdown_reason: shutdownReason,
        })
        await writer.close()
      })()
      return closing
    },

    onLine: writer.onLine,
    stats: () => ({ ...writer.stats(), writable: writable(), aggregatedDenials: aggregated }),
  }
}

const unavailable = (cause?: unknown): ToolError =>
  new ToolError(
    'audit_unavailable',
    'The audit trail cannot be written, so nothing is changed in DefectDojo. Try again later, or ask the operator to check AUDIT_LOG_FILE.',
    { cause },
  )
