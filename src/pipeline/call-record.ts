import type { AuditedCall, AuditLog, AuditValue, CallIdentity } from '../audit/audit-log.js'
import type { FindingsRead } from '../history/findings-read.js'
import { mutates, type ToolContext } from '../tools/define-tool.js'
import type { CallRequest } from './call-request.js'
import { describeArguments } from './describe-arguments.js'
import { type Operation, recordedName } from './operation.js'

/** What is known of a call so far, for the records about it. */
export interface CallRecord {
  /** The arguments once they are accepted; until then a record only describes them. */
  requestParams: Record<string, AuditValue> | undefined
  /** True from the first byte of a write on. */
  wrote: boolean
  readonly details: Record<string, AuditValue>
  /** The client cancelled the call or was gone before its end: of a change, the record says on which side of its sending. */
  cancelled(): void
  /** The call as its intent and its outcome name it. */
  audited(): AuditedCall
  /** Writes a record beside these two, which does not count as the end of the call. */
  readonly note: ToolContext['audit']['note']
}

/** What the records of a call name as its tool. Names come from the client, of any length. */
export const nameInRecords = ({ kind, name }: Pick<CallRequest, 'kind' | 'name'>): string =>
  recordedName(kind, name).slice(0, 128)

/** Whose reading counts for a call: the session's where there is one, else the caller's (decisions, "findings_read_before_mutation"). */
export const readerOf = ({ caller, origin }: Pick<CallRequest, 'caller' | 'origin'>): string =>
  origin.sessionId ?? caller.id

/** Begins to keep record of a call; `operation` is undefined when there is none of the name. */
export function openCallRecord(
  { kind, name, arguments: raw, caller, origin }: CallRequest,
  requestId: string,
  operation: Operation | undefined,
  audit: Pick<AuditLog, 'event'>,
  history: Pick<FindingsRead, 'snapshot'>,
): CallRecord {
  const identity: CallIdentity = {
    requestId,
    callerId: origin.callerId,
    clientRequestId: origin.clientRequestId,
    authenticatedCallerId: caller.id,
    callerRole: caller.role,
    transport: origin.transport,
    clientAddress: origin.clientAddress,
    sessionId: origin.sessionId,
  }
  // As it was when the call came, whatever becomes of it (behaviour spec §5.7).
  const findingsRead =
    operation && mutates(operation) ? history.snapshot(readerOf({ caller, origin })) : null
  const toolName = nameInRecords({ kind, name })
  return {
    requestParams: undefined,
    wrote: false,
    details: {},

    cancelled() {
      if (!operation || !mutates(operation)) return
      this.details.cancelled = this.wrote ? 'after_sending' : 'before_sending'
    },

    audited() {
      return {
        identity,
        toolName,
        requestParams: this.requestParams ?? describeArguments(raw),
        ...(findingsRead && { findingsRead }),
      }
    },

    note(level, message, { event_type, ...rest }) {
      audit.event(level, message, {
        event_type,
        tool_name: toolName,
        ...rest,
        caller_id: identity.callerId,
        authenticated_caller_id: identity.authenticatedCallerId,
        request_id: requestId,
        caller_role: identity.callerRole,
        terminal: false,
      })
    },
  }
}
