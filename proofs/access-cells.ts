import type { RecordedRequest } from '../sandbox/server.js'
import type { AuditRecord } from './audited-server.js'
import type { Message } from './raw-client.js'

/** One caller's call of one thing in one way. */
export interface Cell {
  readonly era: string
  readonly caller: string
  /** The JSON-RPC id, and so the record's `client_request_id`. */
  readonly id: string
  /** The `tool_name` its record has. */
  readonly recorded: string
  /** `carried out` and `denied` as the table says; else the status of a request that is not even taken. */
  readonly expected: 'carried out' | 'denied' | number
  /** What of DefectDojo is then asked, such as `GET products/`; null if that does not matter. */
  readonly asks: string | null
}

/** What came of it. */
export interface CellAnswer {
  readonly status: number
  readonly message: Message | undefined
  readonly asked: readonly RecordedRequest[]
}

/** What is wrong with an answer, and with what DefectDojo was asked; null: nothing. */
export function wrongAnswer(
  { expected, recorded, asks }: Cell,
  { status, message, asked }: CellAnswer,
): string | null {
  const requests = asked.map(({ method, path }) => `${method} ${path.replace('/api/v2/', '')}`)
  const failure = message?.error?.message ?? message?.result?.content?.[0]?.text ?? ''
  const succeeded = message?.result !== undefined && message.result.isError !== true
  if (expected === 'carried out') {
    if (!succeeded) return `status ${status}, ${failure}`
    return asks === null || requests.includes(asks) ? null : `asked ${requests.join(', ')}`
  }
  if (requests.length > 0) return `DefectDojo was asked ${requests.join(', ')}`
  if (typeof expected === 'number') {
    return status === expected ? null : `status ${status} instead of ${expected}, ${failure}`
  }
  if (succeeded || message === undefined) return `status ${status}, not denied`
  // Of a tool, denied and unknown must look the same; anything else only has to be refused.
  if (recorded.includes(':') || failure === `Unknown tool: '${recorded}'`) return null
  return `says ${failure}`
}

/** What is wrong with the records of a cell; null: nothing. */
export function wrongRecord(
  { expected, recorded, caller }: Cell,
  ends: readonly AuditRecord[],
): string | null {
  if (typeof expected === 'number') {
    return ends.length === 0 ? null : `${ends.length} records of a request that was not taken`
  }
  const [end] = ends
  if (ends.length !== 1 || end === undefined) return `${ends.length} records`
  const outcome = expected === 'denied' ? 'denied' : 'success'
  if (end.outcome !== outcome) return `recorded as ${String(end.outcome)}`
  if (end.tool_name !== recorded) return `recorded as a call of ${String(end.tool_name)}`
  const id = caller === 'everybody' ? 'open-access' : caller
  return end.authenticated_caller_id === id || end.caller_role === caller
    ? null
    : `recorded as ${String(end.authenticated_caller_id)}`
}
