import { ToolError } from '../errors.js'
import { startTimer } from '../timer.js'
import type { AuditedCall, AuditLog, CallEnd } from './audit-log.js'
import { createCheckpointSigner } from './checkpoint-signer.js'
import { type AggregatedDenials, createDenialAggregation } from './denial-aggregation.js'
import { auditKey, keyRing } from './keys.js'
import {
  type AuditRecord,
  eventRecord,
  eventTypes,
  intentRecord,
  outcomeRecord,
} from './records.js'
import { createRedactor } from './redaction.js'
import type { ChainPart } from './retention.js'
import { createSessionSummary } from './session-summary.js'
import { createDescriptorSink } from './stderr-sink.js'
import { openTrailWriter, type TrailWriter, type WriterStats } from './trail-writer.js'

export interface AuditLogOptions {
  /** `AUDIT_HMAC_KEY`; without it the chain is made with a random key and cannot be verified after the run. */
  readonly key?: string
  /** How records name the key; derived from it when absent. */
  readonly keyId?: string
  /** Keys the trail may have been made with before. */
  readonly previousKeys?: readonly string[]
  /** Signs checkpoints: an Ed25519 private key in PEM. */
  readonly signingKey?: string
  /** `AUDIT_LOG_FILE`; without it lines go to stderr only. Its directory must exist. */
  readonly file?: string
  /** What to do when records are missing that a checkpoint names (refuse to start). */
  readonly onBreak?: 'refuse' | 'new_chain'
  /** Bytes after which the file is closed and a new one begun. */
  readonly maxFileBytes?: number
  /** The same, in milliseconds since it was begun. */
  readonly maxFileAgeMs?: number
  /** Milliseconds after which closed files are deleted. */
  readonly retentionMs?: number
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
  readonly onLine: TrailWriter['onLine']
  /** Null when the trail is in no file that can be read back. */
  readonly store: TrailWriter['store']
  /** The place before the first record of this process. */
  readonly begins: TrailWriter['begins']
  /** The last record that was made. */
  readonly end: TrailWriter['end']
  /** Changes are refused while `full` says so: receivers have not got what was done before. */
  blockMutationsWhile(full: () => boolean): void
  /** Keeps closed files for as long as `needed` says so of what they hold; `AUDIT_LOG_RETENTION_DAYS` deletes them else. */
  keepSegmentsWhile(needed: (part: ChainPart) => boolean): void
  /** Deletes closed files that are old enough and needed by nobody, soon. */
  sweep(): void
  /** Keeps the lock beyond {@link AuditLog.close}, until what this returns is called. */
  readonly holdLock: TrailWriter['holdLock']
  /** Goes on in a new file if the present one was renamed or removed. */
  reopen(): void
  stats(): AuditStats
}

interface DeniedSubject {
  readonly toolName: string
  readonly authenticatedCallerId: string
}

const windowMilliseconds = 60_000
const maxDenialKeys = 200
const nothing = (): void => {}

/**
 * Opens the trail: reads and checks the end of the file, begins or continues the chain, and records that. Rejects with an
 * error that names AUDIT_LOG_FILE when the file cannot be opened.
 */
export async function createAuditLog(options: AuditLogOptions): Promise<AuditTrail> {
  const { clock = () => new Date(), after = startTimer } = options
  const writer = await openTrailWriter({
    keys: keyRing(auditKey(options), options.previousKeys ?? []),
    signer: options.signingKey === undefined ? null : createCheckpointSigner(options.signingKey),
    onBreak: options.onBreak ?? 'refuse',
    retentionMs: options.retentionMs ?? null,
    rotation: { maxBytes: options.maxFileBytes ?? null, maxAgeMs: options.maxFileAgeMs ?? null },
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

  let spoolIsFull = (): boolean => false
  /** Requests whose intent is recorded: their end has to be too, or the change stays in doubt. */
  const announced = new Set<string>()

  const writable = (): boolean => closing === null && writer.writable() && !spoolIsFull()

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

  const refusedChanges = createDenialAggregation<DeniedSubject>({
    ...aggregation,
    report: (refusals) =>
      writeAggregate(
        'Changes refused while the audit trail is unavailable',
        refusals,
        {
          event_type: eventTypes.call,
          tool_name: refusals.subject?.toolName ?? null,
          authenticated_caller_id: refusals.subject?.authenticatedCallerId ?? null,
        },
        'error',
      ),
  })

  function writeAggregate(
    message: string,
    { count, firstAt, lastAt }: AggregatedDenials<unknown>,
    subject: { readonly event_type: string; readonly [name: string]: string | null },
    outcome = 'denied',
  ): void {
    const record = eventRecord(clock(), 'WARNING', message, {
      ...subject,
      outcome,
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

  /** Callers that knock again and again must not fill the disk, least of all while it is nearly full. */
  function isOneTooMany(
    { identity, toolName }: AuditedCall,
    { outcome, reason }: CallEnd,
  ): boolean {
    const unavailable = reason === 'audit_unavailable' && outcome !== 'success'
    const counted = outcome === 'denied' ? deniedCalls : unavailable ? refusedChanges : null
    const { authenticatedCallerId } = identity
    const key = `${authenticatedCallerId}\n${toolName}`
    return counted?.admit(key, { toolName, authenticatedCallerId }, clock()) === false
  }

  return {
    async intent(call) {
      if (closing) throw unavailable()
      if (spoolIsFull()) throw spoolFull()
      // Recorded later, it would look like a change whose end is not known; nothing of it is sent.
      if (options.failureMode === 'closed' && !writer.writable()) throw unavailable()
      announced.add(call.identity.requestId)
      await written(intentRecord(clock(), call, writer.durable))
    },

    async outcome(call, end) {
      summary.count(call.toolName, end.outcome !== 'success')
      const closesIntent = announced.delete(call.identity.requestId)
      if (!closesIntent && isOneTooMany(call, end)) {
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
        refusedChanges.flush()
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
    store: writer.store,
    begins: writer.begins,
    end: writer.end,
    blockMutationsWhile(full) {
      spoolIsFull = full
    },
    keepSegmentsWhile: writer.keepSegmentsWhile,
    sweep: writer.sweep,
    holdLock: writer.holdLock,
    reopen: writer.reopen,
    stats: () => ({ ...writer.stats(), writable: writable(), aggregatedDenials: aggregated }),
  }
}

const unavailable = (cause?: unknown): ToolError =>
  new ToolError(
    'audit_unavailable',
    'The audit trail cannot be written, so nothing is changed in DefectDojo. Try again later, or ask the operator to check AUDIT_LOG_FILE.',
    { cause },
  )

const spoolFull = (): ToolError =>
  new ToolError(
    'audit_unavailable',
    'More audit records wait for a SIEM than AUDIT_SPOOL_MAX_BYTES allows, so nothing is changed in DefectDojo. Try again later, or ask the operator to run mcp-defectdojo audit status.',
  )
