import type { AuditValue } from '../audit/audit-log.js'
import type { Redactor } from '../audit/redaction.js'
import type { UpstreamEvent } from '../dojo/upstream-event.js'
import type { ToolError } from '../errors.js'
import { type LogLevel, reaches } from '../log-level.js'
import type { ToolContext } from '../tools/define-tool.js'

/** Where the log messages of one call go. */
export interface LogSink {
  /** The mildest level that the client wants now. */
  readonly level: LogLevel
  /** Must not wait for the client, and must not throw. */
  send(level: LogLevel, data: { readonly [name: string]: AuditValue }): void
}

/** The messages of one call to its client. */
export interface CallLog {
  readonly write: ToolContext['log']
  /** Tells of a request to DefectDojo that has ended: closed names and numbers, nothing that DefectDojo or the caller said. */
  upstream(event: UpstreamEvent): void
  /** Tells that the call was refused or failed. */
  failed(error: ToolError, name: string | undefined): void
  /** After this nothing is sent any more. */
  stop(): void
}

/** What they are sent by. */
export interface CallLogParts {
  /** Absent when the client takes no messages. */
  readonly sink: LogSink | undefined
  /** Gone clients hear nothing more. */
  readonly signal: AbortSignal
  readonly requestId: string
  /** Takes secrets out: a second line, as messages are made of our own words. */
  readonly redact: Redactor['redactValue']
}

/** A call of many requests must not talk for ever. */
const maxMessages = 100

const severity = {
  success: 'info',
  denied: 'notice',
  invalid: 'notice',
  rate_limited: 'warning',
  upstream_error: 'warning',
  unknown_outcome: 'warning',
  error: 'error',
} as const satisfies Record<ToolError['outcome'], LogLevel>

/** What a client that listens is told of a call besides its result: at most {@link maxMessages} messages, and how it failed. */
export function createCallLog({ sink, signal, requestId, redact }: CallLogParts): CallLog {
  let left = maxMessages
  let stopped = false

  const send: ToolContext['log'] = (level, message, fields = {}) => {
    if (!sink || stopped || signal.aborted || !reaches(level, sink.level)) return
    const data = { message, request_id: requestId, ...fields }
    sink.send(level, redact(data) as typeof data)
  }

  const write: ToolContext['log'] = (level, message, fields) => {
    if (left === 0 || !sink || !reaches(level, sink.level)) return
    left -= 1
    if (left > 0) send(level, message, fields)
    else send(level, 'Further messages of this call are left out')
  }

  return {
    write,

    upstream({ method, resource, status, attempt, durationMs, failure, repeatAfterMs }) {
      const request = { method, resource, status, attempt }
      const reason = failure === undefined ? {} : { failure }
      write('debug', 'A request to DefectDojo ended', {
        ...request,
        duration_ms: durationMs,
        ...reason,
      })
      if (repeatAfterMs === undefined) return
      const what = status === null ? 'could not be reached' : `answered ${status}`
      write('warning', `DefectDojo ${what}; the same is asked again`, {
        ...request,
        ...reason,
        next_attempt: attempt + 1,
        pause_ms: repeatAfterMs,
      })
    },

    failed({ code, outcome, retryAfterSeconds }, name) {
      const refused = severity[outcome] === 'notice' || outcome === 'rate_limited'
      send(severity[outcome], refused ? 'Call refused' : 'Call failed', {
        code,
        ...(name !== undefined && { name }),
        ...(retryAfterSeconds !== undefined && { retry_after_seconds: retryAfterSeconds }),
      })
    },

    stop() {
      stopped = true
    },
  }
}
