import type { AuditedCall, AuditLog, AuditValue, CallIdentity } from '../audit/audit-log.js'
import { mutates, type Tool, type ToolContext } from '../tools/define-tool.js'
import type { CallRequest } from './call-request.js'
import { describeArguments } from './describe-arguments.js'

/** What is known of a call so far, for the records about it. */
export interface CallRecord {
  /** The arguments once they are accepted; until then a record only describes them. */
  requestParams: Record<string, AuditValue> | undefined
  findingsRead: AuditedCall['findingsRead']
  /** True from the first byte of a write on. */
  wrote: boolean
  readonly details: Record<string, AuditValue>
  /** The call as its intent and its outcome name it. */
  audited(): AuditedCall
  /** Writes a record beside these two, which does not count as the end of the call. */
  readonly note: ToolContext['audit']['note']
}

/** Names of tools come from the client, of any length. */
export const shownToolName = (name: string): string => name.slice(0, 128)

/** Begins to keep record of a call; `tool` is undefined when there is none of the name. */
export function openCallRecord(
  { toolName, arguments: raw, caller, origin }: CallRequest,
  requestId: string,
  tool: Tool | undefined,
  audit: Pick<AuditLog, 'event'>,
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
  return {
    requestParams: undefined,
    findingsRead: tool && mutates(tool) ? { ids: [], count: 0 } : undefined,
    wrote: false,
    details: {},

    audited() {
      return {
        identity,
        toolName: shownToolName(toolName),
        requestParams: this.requestParams ?? describeArguments(raw),
        ...(this.findingsRead && { findingsRead: this.findingsRead }),
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
