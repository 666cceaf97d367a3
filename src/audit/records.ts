import type { AuditedCall, AuditValue, CallEnd, Level } from './audit-log.js'

/** The `event_type`s this product writes; SIEM rules match on them. */
export const eventTypes = {
  /** How a tool call ended; one record per call unless `terminal` is false. */
  call: 'audit',
  /** A mutation is about to be sent. */
  intent: 'audit_intent',
  securityWarning: 'security_warning',
  /** An HTTP request without a valid token (401). */
  authenticationFailure: 'auth_failure',
  lifecycle: 'lifecycle',
  /** What a copy of the trail's past is attested by. */
  checkpoint: 'audit_checkpoint',
  forwardFailure: 'audit_forward_failure',
} as const

const levelNames: readonly Level[] = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL']

/** The level of a record that was read back; INFO where it says none. */
export const levelOf = (value: unknown): Level =>
  levelNames.find((level) => level === value) ?? 'INFO'

type Fields = { readonly [name: string]: AuditValue | undefined }

/** What a record holds before it is sealed; the names `seq` … `integrity_hmac` are added by the chain. */
export interface AuditRecord extends Fields {
  readonly timestamp: string
  readonly level: Level
  readonly logger: string
  readonly message: string
  readonly event_type: string
}

const securityTypes: ReadonlySet<string> = new Set([
  eventTypes.call,
  eventTypes.intent,
  eventTypes.securityWarning,
  eventTypes.authenticationFailure,
  eventTypes.forwardFailure,
  eventTypes.checkpoint,
  'permission_denied',
  'note_attach_failure',
  'prompt_injection_soft_signal',
])
const operationalTypes: ReadonlySet<string> = new Set([
  eventTypes.lifecycle,
  'api_request',
  'api_response',
  'api_error',
  'connection_error',
])

/** How long a receiver should keep a record: whatever says something about safety is `security_audit`. */
export const retentionClass = (eventType: string): 'security_audit' | 'operational' | 'debug' =>
  securityTypes.has(eventType)
    ? 'security_audit'
    : operationalTypes.has(eventType)
      ? 'operational'
      : 'debug'

const loggers: Readonly<Record<string, string>> = {
  [eventTypes.securityWarning]: 'mcp_defectdojo.server',
  [eventTypes.authenticationFailure]: 'mcp_defectdojo.rbac',
  permission_denied: 'mcp_defectdojo.rbac',
  prompt_injection_soft_signal: 'mcp_defectdojo.security',
}

/** UTC with microseconds and offset, always 32 characters: `2026-01-02T03:04:05.678000+00:00`. */
const timestampText = (time: Date): string => `${time.toISOString().slice(0, -1)}000+00:00`

/** The beginning of every record; `fields` follow in the order given, and cannot replace what stands before them. */
export function eventRecord(
  time: Date,
  level: Level,
  message: string,
  fields: Fields & { readonly event_type: string },
): AuditRecord {
  const head = {
    timestamp: timestampText(time),
    level,
    logger: loggers[fields.event_type] ?? 'mcp_defectdojo.audit_logging',
    message,
  }
  // Spread after spread would take thirty times as long.
  return Object.assign({}, head, fields, head)
}

const callFields = (call: AuditedCall): Fields => ({
  tool_name: call.toolName,
  request_id: call.identity.requestId,
  caller_id: call.identity.callerId,
  authenticated_caller_id: call.identity.authenticatedCallerId,
  caller_role: call.identity.callerRole,
  transport: call.identity.transport,
  client_address: call.identity.clientAddress,
  session_id: call.identity.sessionId,
  client_request_id: call.identity.clientRequestId,
  request_params: call.requestParams,
})

const findingsRead = (call: AuditedCall): Fields =>
  call.findingsRead === undefined
    ? {}
    : {
        findings_read_before_mutation: call.findingsRead.ids,
        findings_read_count: call.findingsRead.count,
      }

/** The record before a mutation; `durable` is true only when it is written to a file before the mutation is sent. */
export const intentRecord = (time: Date, call: AuditedCall, durable: boolean): AuditRecord =>
  eventRecord(time, 'INFO', 'Tool call intended', {
    event_type: eventTypes.intent,
    ...callFields(call),
    ...findingsRead(call),
    durable,
  })

const milliseconds = (value: number): number => Math.round(value * 100) / 100

/** What the caller did is a WARNING; what went wrong here or in DefectDojo is an ERROR. */
const levels: Record<CallEnd['outcome'], Level> = {
  success: 'INFO',
  denied: 'WARNING',
  invalid: 'WARNING',
  rate_limited: 'WARNING',
  upstream_error: 'ERROR',
  unknown_outcome: 'ERROR',
  error: 'ERROR',
}

/** The two refusals of update_finding's gate keep the sentences that SIEM rules match (behaviour spec §5.5). */
function outcomeMessage(call: AuditedCall, end: CallEnd): string {
  if (end.outcome === 'success') return 'Tool call completed'
  if (call.toolName === 'update_finding' && end.outcome === 'denied') {
    if (end.details?.rejection_reason === 'verified_inactive_mutex_post_state') {
      return 'update_finding verified+inactive mutex rejected (post-state)'
    }
    if (end.details?.transition_cause !== undefined) {
      return 'update_finding mitigation-clear rejected — caller lacks engagement_mgmt'
    }
  }
  return 'Tool call failed'
}

const interruptedFields = [
  'tool_name',
  'request_id',
  'caller_id',
  'authenticated_caller_id',
  'caller_role',
  'transport',
  'client_address',
  'session_id',
  'client_request_id',
  'request_params',
] as const

/**
 * The terminal record of a call whose process ended before it: nobody knows whether DefectDojo carried it out. `intent` is the
 * record that announced it, as far as it was read again.
 */
export const interruptedRecord = (
  time: Date,
  requestId: string,
  intent: Fields | null,
): AuditRecord =>
  eventRecord(time, 'ERROR', 'Tool call interrupted', {
    event_type: eventTypes.call,
    ...Object.fromEntries(interruptedFields.map((name) => [name, intent?.[name]])),
    request_id: requestId,
    outcome: 'unknown_outcome',
    reason: 'interrupted',
    intent_seq: intent?.seq,
  })

/** A checkpoint, before it is sealed (docs/audit-format.md §4). */
export const checkpointRecord = (time: Date, fields: Fields): AuditRecord =>
  eventRecord(time, 'INFO', 'Audit checkpoint', { event_type: eventTypes.checkpoint, ...fields })

/** The one terminal record of a call (behaviour spec §5.6 as amended); a tool's `details` come last. */
export function outcomeRecord(time: Date, call: AuditedCall, end: CallEnd): AuditRecord {
  const own = {
    event_type: eventTypes.call,
    ...callFields(call),
    outcome: end.outcome,
    reason: end.reason,
    duration_ms: milliseconds(end.durationMs),
    error: end.error,
    ...findingsRead(call),
  }
  const level = end.reason === 'cancelled' ? 'WARNING' : levels[end.outcome]
  return eventRecord(time, level, outcomeMessage(call, end), {
    ...own,
    ...end.details,
    ...own,
  })
}
