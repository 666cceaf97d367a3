import type { Caller } from '../access/caller.js'
import type { CallIdentity } from '../audit/audit-log.js'
import type { ToolContext } from '../tools/define-tool.js'

/** Where a call came in, and what the client said of itself there (untrusted: `callerId`, `clientRequestId`). */
export interface CallOrigin {
  readonly transport: CallIdentity['transport']
  readonly clientAddress: string | null
  readonly sessionId: string | null
  readonly clientRequestId: string | null
  readonly callerId: string
}

export interface CallRequest {
  readonly toolName: string
  readonly arguments: unknown
  readonly caller: Caller
  readonly origin: CallOrigin
  readonly signal: AbortSignal
  readonly progress: ToolContext['progress']
}
