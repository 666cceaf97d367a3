import type { AuditLine } from '../audit/trail-sinks.js'

/** Somewhere outside that audit lines are sent to. */
export interface Destination {
  readonly name: 'syslog' | 'https'
  /** Scheme, host and port: what metrics, probes, events and files call it. Holds no secret. */
  readonly label: string
  /** What events say of it; holds no secret. */
  readonly where: { readonly [name: string]: string | number }
  /** The record of the start, e.g. `Syslog forwarding enabled`. */
  readonly enabled: {
    readonly message: string
    readonly fields: { readonly [name: string]: string | number | null }
  }
  /** Lines that are sent together at most. */
  readonly batchSize: number
  /** Bytes of lines that are sent together at most; a single line may be longer. */
  readonly batchBytes: number
  /** How long a line may wait for others, in milliseconds. */
  readonly flushMilliseconds: number
  /** Resolves when it is known of each line what became of it; rejects with a {@link DeliveryError} when it is not. */
  send(lines: readonly AuditLine[]): Promise<Delivery>
  /** Ends connections, also within a send. */
  close(): void
}

/** What became of the lines of a batch that the receiver answered. What is named nowhere here, it has taken for good. */
export interface Delivery {
  /** Lines it wants again, by their place in the batch. */
  readonly again: readonly number[]
  /** Lines it will never take. `reason` is one of few words or a code, never a text from outside. */
  readonly refused: readonly { readonly at: number; readonly reason: string }[]
  /** What it asked for before the next attempt. */
  readonly retryAfterSeconds: number | null
}

/** The receiver has every line. */
export const allTaken: Delivery = { again: [], refused: [], retryAfterSeconds: null }

/**
 * What to do about a batch that was not taken as a whole: send it again later (`retry`), send less at once from now on
 * (`smaller`), or find the line that the receiver does not take (`isolate`).
 */
export type Remedy = 'retry' | 'smaller' | 'isolate'

/** A batch that was not delivered. `reason` is one of few words or a system code, never a text from outside. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  readonly remedy: Remedy
  /** What the receiver asked for. */
  readonly retryAfterSeconds: number | null
  /** So many lines from the beginning of the batch were taken all the same. */
  readonly taken: number

  constructor(
    readonly reason: string,
    more: {
      readonly remedy?: Remedy
      readonly retryAfterSeconds?: number | null
      readonly taken?: number
    } = {},
  ) {
    super(reason)
    this.remedy = more.remedy ?? 'retry'
    this.retryAfterSeconds = more.retryAfterSeconds ?? null
    this.taken = more.taken ?? 0
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
