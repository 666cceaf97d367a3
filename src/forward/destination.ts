import type { AuditLine } from '../audit/trail-writer.js'

/** Somewhere outside that audit lines are sent to. */
export interface Destination {
  readonly name: 'syslog' | 'https'
  /** What events say of it; holds no secret. */
  readonly where: { readonly [name: string]: string | number }
  /** The record of the start, e.g. `Syslog forwarding enabled`. */
  readonly enabled: {
    readonly message: string
    readonly fields: { readonly [name: string]: string | number | null }
  }
  /** Lines that are sent together. */
  readonly batchSize: number
  /** How long a line may wait for others. */
  readonly flushMilliseconds: number
  /** Resolves when the receiver took all of them; rejects with a {@link DeliveryError} when that is not known. */
  send(lines: readonly AuditLine[]): Promise<void>
  /** Ends connections, also within a send. */
  close(): void
}

/** A batch that was not delivered. `reason` is one of few words or a system code, never a text from outside. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'

  constructor(
    readonly reason: string,
    /** What the receiver asked for. */
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(reason)
  }
}

/** Any failure as a {@link DeliveryError}; system and TLS errors by their code. */
export function deliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error
  const { code, name } = error as { code?: unknown; name?: unknown }
  if (name === 'TimeoutError') return new DeliveryError('timeout')
  const bounded = typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,50}$/.test(code)
  return new DeliveryError(bounded ? code : 'error')
}
