import { randomUUID } from 'node:crypto'
import { type Caller, openAccessId } from '../access/caller.js'
import type { AuditLog, AuditValue, CallIdentity } from '../audit/audit-log.js'
import type { DojoCall } from '../dojo/dojo-call.js'
import { ToolError } from '../errors.js'
import { quoted } from '../guard/python-repr.js'
import type { FindingsRead } from '../history/findings-read.js'
import type { MutationBudget } from '../limits/mutation-budget.js'
import { rateLimitRefusal } from '../limits/rate-limit-refusal.js'
import type { Metrics } from '../metrics/metrics.js'
import { mutates, type ToolContext, type ToolSettings } from '../tools/define-tool.js'
import { type CallRecord, openCallRecord, shownToolName } from './call-record.js'
import type { CallRequest } from './call-request.js'
import { createInFlight, type InFlight } from './in-flight.js'
import type { PreparedTool, PreparedTools } from './prepared-tools.js'

/** How a call ended; `error.message` may be shown word for word. */
export type CallResult =
  | { readonly ok: true; readonly requestId: string; readonly result: Record<string, unknown> }
  | { readonly ok: false; readonly requestId: string; readonly error: ToolError }

/** What one call needs of the client for DefectDojo. */
export interface DojoForCalls {
  forCall(call: {
    readonly requestId: string
    readonly signal: AbortSignal
    readonly beforeWrite?: () => void | Promise<void>
  }): DojoCall
}

export interface PipelineParts {
  readonly tools: PreparedTools
  readonly dojo: DojoForCalls
  readonly audit: AuditLog
  readonly budgetFor: (caller: Caller, transport: CallIdentity['transport']) => MutationBudget
  readonly findingsRead: FindingsRead
  readonly settings: ToolSettings
  readonly metrics: Metrics
  /** A bug: something threw that is not a {@link ToolError}. Its text goes to the log and no further. */
  readonly reportBug: (error: unknown, requestId: string, toolName: string) => void
  /** Milliseconds, never going backwards. */
  readonly now: () => number
}

export interface Pipeline {
  /** Runs one tool call through every step; never rejects. */
  call(request: CallRequest): Promise<CallResult>
  readonly inFlight: InFlight
}

/**
 * The one way a tool runs (decisions D1): identity, permission, arguments, content checks, budget, intent record, DefectDojo,
 * result shaping, outcome record, answer. Every exit is audited exactly once.
 */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { tools, audit, metrics } = parts
  const inFlight = createInFlight()

  async function call(request: CallRequest): Promise<CallResult> {
    const startedAt = parts.now()
    const requestId = randomUUID()
    const prepared = tools.get(request.toolName)
    const record = openCallRecord(request, requestId, prepared?.tool, audit)
    const end = async (error?: ToolError): Promise<ToolError | undefined> => {
      const durationMs = parts.now() - startedAt
      const outcome = error?.outcome ?? 'success'
      metrics.toolCall(prepared?.tool.name ?? 'unknown', outcome, durationMs)
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
        if (!(failure instanceof ToolError)) parts.reportBug(failure, requestId, request.toolName)
        return record.wrote ? unrecorded() : error
      }
    }

    try {
      warnAboutOpenAccess(request, requestId)
      const result = await run(request, requestId, prepared, record)
      const failure = await end()
      return failure ? { ok: false, requestId, error: failure } : { ok: true, requestId, result }
    } catch (thrown) {
      const error = thrown instanceof ToolError ? thrown : internalError(requestId, thrown)
      if (error.code === 'internal') parts.reportBug(thrown, requestId, request.toolName)
      return { ok: false, requestId, error: (await end(error)) ?? error }
    }
  }

  async function run(
    request: CallRequest,
    requestId: string,
    prepared: PreparedTool | undefined,
    record: CallRecord,
  ): Promise<Record<string, unknown>> {
    // A tool the caller may not use is simply unknown.
    if (!prepared || !request.caller.permissions.has(prepared.tool.permission)) {
      throw new ToolError('unknown_tool', `Unknown tool: ${quoted(request.toolName)}`)
    }
    const { tool, presenter } = prepared
    const input = tool.input.bind(request.arguments)
    record.requestParams = tool.input.audited(input) as Record<string, AuditValue>
    tool.check?.(input)
    tool.input.screen(input, ({ matchedTool, field }) =>
      record.note('WARNING', 'Tool name mentioned in stored text', {
        event_type: 'prompt_injection_soft_signal',
        matched_tool: matchedTool,
        field,
      }),
    )

    const reader = request.origin.sessionId ?? request.caller.id
    const context = (beforeWrite?: () => void): ToolContext => ({
      dojo: parts.dojo.forCall({
        requestId,
        signal: request.signal,
        ...(beforeWrite && { beforeWrite }),
      }),
      caller: request.caller,
      requestId,
      signal: request.signal,
      progress: request.progress,
      settings: parts.settings,
      repeat(everyMs, work) {
        const timer = setInterval(work, everyMs)
        return () => clearInterval(timer)
      },
      findingsRead: { record: (findingIds) => parts.findingsRead.record(reader, findingIds) },
      audit: {
        note: record.note,
        detail: (name, value) => {
          record.details[name] = value
        },
      },
    })
    if (!mutates(tool)) return presenter.present(await tool.run(input, context()))

    record.findingsRead = parts.findingsRead.snapshot(reader)
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
      }
      return presenter.present(await tool.run(input, context(commit)))
    } finally {
      reservation.release()
      metrics.mutation(bucket, record.wrote ? 'allowed' : 'released')
    }
  }

  function warnAboutOpenAccess({ caller, origin, toolName }: CallRequest, requestId: string): void {
    if (caller.id !== openAccessId) return
    audit.event('WARNING', 'Open-access tool call (no authenticated identity)', {
      event_type: 'security_warning',
      tool_name: shownToolName(toolName),
      request_id: requestId,
      meta_caller_id: origin.callerId,
    })
  }

  return { call: (request) => inFlight.track(call(request)), inFlight }
}

const internalError = (requestId: string, cause: unknown): ToolError =>
  new ToolError('internal', `Internal error (request_id=${requestId})`, { cause })

const unrecorded = (): ToolError =>
  new ToolError(
    'audit_unavailable',
    'DefectDojo was changed, but the outcome could not be recorded in the audit trail. Check the finding before repeating the call.',
  )
