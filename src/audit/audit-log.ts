import type { Outcome } from '../errors.js'

export type Level = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL'

/** A value that has one JSON text. */
export type AuditValue =
  | string
  | number
  | boolean
  | null
  | readonly AuditValue[]
  | { readonly [name: string]: AuditValue | undefined }

/** Who called, from where, and how it is correlated. Server-made but for the two fields marked untrusted. */
export interface CallIdentity {
  /** UUID made by the server. */
  readonly requestId: string
  /** The caller's `_meta.client_id`; untrusted, shortened to 256 characters, `anonymous` if absent. */
  readonly callerId: string
  /** The JSON-RPC id; untrusted. */
  readonly clientRequestId: string | null
  readonly authenticatedCallerId: string
  readonly callerRole: string | null
  readonly transport: 'stdio' | 'sse' | 'streamable-http'
  readonly clientAddress: string | null
  readonly sessionId: string | null
}

/** A call as the trail names it before and after it ran. */
export interface AuditedCall {
  readonly identity: CallIdentity
  readonly toolName: string
  /** The arguments after defaults, without nulls, long texts replaced by their length. */
  readonly requestParams: { readonly [name: string]: AuditValue }
  /** Mutations only: what the caller had read before this call. */
  readonly findingsRead?: { readonly ids: readonly number[]; readonly count: number }
}

export interface CallEnd {
  readonly outcome: Outcome
  /** Milliseconds; the record has two decimals of them. */
  readonly durationMs: number
  /** Why it did not succeed, as a code; absent on success. */
  readonly reason?: string
  /** The full text the caller was shown; absent on success. */
  readonly error?: string
  /** What the tool adds to the record, e.g. `transition_cause`. */
  readonly details?: { readonly [name: string]: AuditValue }
}

/** The audit trail: its own stream, never filtered by LOG_LEVEL. */
export interface AuditLog {
  /** A mutation is about to be sent; resolves when the record is where a crash cannot take it. Rejects when the trail cannot be written. */
  intent(call: AuditedCall): Promise<void>
  /** A call has ended, exactly once per call. */
  outcome(call: AuditedCall, end: CallEnd): Promise<void>
  /** Anything else that belongs into the trail: lifecycle, security warnings, denials outside a tool call. */
  event(
    level: Level,
    message: string,
    fields: { readonly event_type: string } & { readonly [name: string]: AuditValue | undefined },
  ): void
  /** False while the trail cannot be written; `/readyz` and the pipeline ask. */
  writable(): boolean
  /** Writes the session summary, waits for the sinks, and stops. */
  close(shutdownReason: string): Promise<void>
}
