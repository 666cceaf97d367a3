import type { Caller } from '../access/caller.js'
import type { CallIdentity } from '../audit/audit-log.js'
import type { ToolContext } from '../tools/define-tool.js'
import type { LogSink } from './call-log.js'
import type { CallKind } from './operation.js'

/** Where a call came in, and what the client said of itself there (untrusted: `callerId`, `clientRequestId`). */
export interface CallOrigin {
  readonly transport: CallIdentity['transport']
  readonly clientAddress: string | null
  readonly sessionId: string | null
  readonly clientRequestId: string | null
  readonly callerId: string
}

export interface CallRequest {
  readonly kind: CallKind
  /** As the client gave it: of any length, and perhaps of nothing. */
  readonly name: string
  readonly arguments: unknown
  readonly caller: Caller
  readonly origin: CallOrigin
  /** Aborted when the client cancels the call or is gone. */
  readonly signal: AbortSignal
  /** Tells the client how far the call is; absent when it did not ask to be told. */
  readonly progress?: ToolContext['progress'] | undefined
  /** Takes log messages to the client; absent when it wants none. */
  readonly log?: LogSink | undefined
}
