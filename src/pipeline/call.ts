import { randomUUID } from 'node:crypto'
import { type Caller, openAccessId } from '../access/caller.js'
import type { AuditLog, AuditValue, CallIdentity } from '../audit/audit-log.js'
import type { DojoCall } from '../dojo/dojo-call.js'
import type { UpstreamEvent } from '../dojo/upstream-event.js'
import { ToolError, type ToolErrorCode } from '../errors.js'
import { quoted } from '../guard/python-repr.js'
import type { FindingsRead } from '../history/findings-read.js'
import type { MutationBudget } from '../limits/mutation-budget.js'
import { rateLimitRefusal } from '../limits/rate-limit-refusal.js'
import type { Metrics } from '../metrics/metrics.js'
import { mutates, type ToolContext, type ToolSettings } from '../tools/define-tool.js'
import { warnOfBudget } from './budget-warning.js'
import { type CallRecord, nameInRecords, openCallRecord, readerOf } from './call-record.js'
import type { CallRequest } from './call-request.js'
import { type ClientNews, type ClientNewsParts, openClientNews } from './client-news.js'
import { createInFlight, type InFlight } from './in-flight.js'
import {
  type CallKind,
  type Operations,
  type PreparedOperation,
  recordedName,
} from './operation.js'

/** How a call ended; `error.message` may be shown word for word. */
export type CallResult =
  | { readonly ok: true; readonly requestId: string; readonly result: Record<string, unknown> }
  | { readonly ok: false; readonly requestId: string; readonly error: ToolError }

/** What one call needs of the client for DefectDojo. */
export interface DojoForCalls {
  forCall(call: {
    readonly requestId: string
    readonly signal: AbortSignal
    readonly onFirstWrite?: () => void
    readonly observe: (event: UpstreamEvent) => void
  }): DojoCall
}

export interface PipelineParts extends ClientNewsParts {
  readonly operations: Operations
  readonly dojo: DojoForCalls
  readonly audit: AuditLog
  readonly budgetFor: (caller: Caller, transport: CallIdentity['transport']) => MutationBudget
  readonly findingsRead: FindingsRead
  readonly settings: ToolSettings
  readonly metrics: Metrics
  /** A bug: something threw that is not a {@link ToolError}. Its text goes to the log and no further. */
  readonly reportBug: (error: unknown, requestId: string, name: string) => void
}

export interface Pipeline {
  /** Runs one call through every step; never rejects. */
  call(request: CallRequest): Promise<CallResult>
  readonly inFlight: InFlight
}

/**
 * The one way anything runs (decisions D1): identity, permission, arguments, content checks, budget, intent record, DefectDojo,
 * result shaping, outcome record, answer. Every exit is audited exactly once.
 */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { operations, audit, metrics } = parts
  const inFlight = createInFlight()

  async function call(request: CallRequest): Promise<CallResult> {
    const startedAt = parts.now()
    const requestId = randomUUID()
    const prepared = operations[request.kind].get(request.name)
    const label = prepared ? recordedName(request.kind, prepared.operation.name) : 'unknown'
    const record = openCallRecord(
      request,
      requestId,
      prepared?.operation,
      audit,
      parts.findingsRead,
    )
    const news = openClientNews(request, requestId, parts)
    const end = async (error?: ToolError): Promise<ToolError | undefined> => {
      const durationMs = parts.now() - startedAt
      const outcome = error?.outcome ?? 'success'
      metrics.toolCall(label, outcome, durationMs)
      if (request.signal.aborted) record.cancelled()
      try {
        await audit.outcome(record.audited(), {
          outcome,
          durationMs,
          ...(error && { reason: error.code, error: error.message }),
          details: record.details,
        })
        return error
      } catch (failure) {
        // A trail that cannot be written says so itself, once; it is no bug of this call.
        if (!(failure instanceof ToolError)) parts.reportBug(failure, requestId, label)
        return record.wrote ? unrecorded() : error
      }
    }

    try {
      warnAboutOpenAccess(request, requestId)
      const result = await run(request, requestId, prepared, record, news)
      const failure = await end()
      return failure ? failed(failure) : { ok: true, requestId, result }
    } catch (thrown) {
      const error = thrown instanceof ToolError ? thrown : internalError(requestId, thrown)
      if (error.code === 'internal') parts.reportBug(thrown, requestId, label)
      return failed((await end(error)) ?? error)
    } finally {
      news.stop()
    }

    function failed(error: ToolError): CallResult {
      // Not even here is the name of what is hidden confirmed.
      news.log.failed(error, isFor(prepared, request.caller) ? label : undefined)
      return { ok: false, requestId, error }
    }
  }

  async function run(
    request: CallRequest,
    requestId: string,
    prepared: PreparedOperation | undefined,
    record: CallRecord,
    news: ClientNews,
  ): Promise<Record<string, unknown>> {
    // What the caller may not use is simply unknown.
    if (!isFor(prepared, request.caller)) throw unknown(request)
    const { operation, presenter } = prepared
    const input = operation.input.bind(request.arguments)
    record.requestParams = operation.input.audited(input) as Record<string, AuditValue>
    operation.check?.(input)
    operation.input.screen(input, ({ matchedTool, field }) =>
      record.note('WARNING', 'Tool name mentioned in stored text', {
        event_type: 'prompt_injection_soft_signal',
        matched_tool: matchedTool,
        field,
      }),
    )

    const reader = readerOf(request)
    const context = (onFirstWrite?: () => void): ToolContext => ({
      dojo: parts.dojo.forCall({
        requestId,
        signal: request.signal,
        observe: news.log.upstream,
        ...(onFirstWrite && { onFirstWrite }),
      }),
      caller: request.caller,
      requestId,
      signal: request.signal,
      progress: news.progress,
      log: news.log.write,
      settings: parts.settings,
      findingsRead: { record: (findingIds) => parts.findingsRead.record(reader, findingIds) },
      audit: {
        note: record.note,
        detail: (name, value) => {
          record.details[name] = value
        },
      },
    })
    if (!mutates(operation)) return presenter.present(await operation.run(input, context()))

    if (request.signal.aborted) throw cancelled(requestId)
    const budget = parts.budgetFor(request.caller, request.origin.transport)
    const bucket = request.caller.authenticated ? 'authenticated' : 'open_access'
    const decision = await budget.reserve(request.caller.id)
    if (!decision.allowed) {
      metrics.mutation(bucket, 'refused')
      throw rateLimitRefusal(decision)
    }
    const { reservation } = decision
    try {
      await audit.intent(record.audited())
      const commit = (): void => {
        record.wrote = true
        reservation.commit()
        warnOfBudget(decision, news.log.write)
      }
      return presenter.present(await operation.run(input, context(commit)))
    } finally {
      reservation.release()
      metrics.mutation(bucket, record.wrote ? 'allowed' : 'released')
    }
  }

  function warnAboutOpenAccess(request: CallRequest, requestId: string): void {
    const { caller, origin } = request
    if (caller.id !== openAccessId) return
    audit.event('WARNING', 'Open-access tool call (no authenticated identity)', {
      event_type: 'security_warning',
      tool_name: nameInRecords(request),
      request_id: requestId,
      meta_caller_id: origin.callerId,
    })
  }

  return { call: (request) => inFlight.track(call(request)), inFlight }
}

const isFor = (
  prepared: PreparedOperation | undefined,
  { permissions }: Caller,
): prepared is PreparedOperation =>
  prepared !== undefined && permissions.has(prepared.operation.permission)

const unknownCodes = {
  tool: 'unknown_tool',
  resource: 'unknown_resource',
  prompt: 'unknown_prompt',
  completion: 'unknown_reference',
  listing: 'unknown_resource',
} as const satisfies Record<CallKind, ToolErrorCode>

function unknown({ kind, name }: CallRequest): ToolError {
  const code = unknownCodes[kind]
  // The name of a completion is ours: it would tell what is hidden from what does not exist.
  if (kind === 'completion') return new ToolError(code, 'Unknown reference')
  return new ToolError(code, `Unknown ${code.slice('unknown_'.length)}: ${quoted(name)}`)
}

/** A client gone before anything was reserved or announced for its change. */
const cancelled = (requestId: string): ToolError =>
  new ToolError(
    'cancelled',
    `The call was cancelled (request_id=${requestId}). The change was not sent.`,
  )

const internalError = (requestId: string, cause: unknown): ToolError =>
  new ToolError('internal', `Internal error (request_id=${requestId})`, { cause })

const unrecorded = (): ToolError =>
  new ToolError(
    'audit_unavailable',
    'DefectDojo was changed, but the outcome could not be recorded in the audit trail. Check the finding before repeating the call.',
  )
