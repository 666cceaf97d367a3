import type { Got } from 'got'
import type { Query, Upload } from './dojo-call.js'
import { type ExchangeResult, exchange, type Outgoing } from './exchange.js'
import { DojoFailure } from './failures.js'
import { requestAddress } from './request-address.js'
import { pauseBeforeRepeat } from './retry.js'
import { resourceOf, type UpstreamEvent, type UpstreamMethod } from './upstream-event.js'

/** On whose behalf a request goes out, and how long it may take. */
export interface RequestTerms {
  readonly requestId: string
  /** When it must have ended, on the clock of `now`. */
  readonly deadline: number
  /** Stops it; absent for what must run to its end. */
  readonly signal: AbortSignal | undefined
  /** Told of each of its requests when it has ended, besides the requester's own observer. */
  readonly observe?: ((event: UpstreamEvent) => void) | undefined
  /** Called right before the first byte can leave. */
  readonly onSending?: (() => void) | undefined
  /** Told how much of a body has been sent. */
  readonly onSent?: ((bytes: number, total: number) => void) | undefined
}

export interface Requester {
  /** A GET, repeated on passing failures within its time. Rejects with a `DojoFailure`. */
  read(path: string, query: Query | undefined, terms: RequestTerms): Promise<unknown>
  /** Anything else, sent at most once. Rejects with a `DojoFailure`. */
  write(
    method: Exclude<UpstreamMethod, 'GET'>,
    path: string,
    content: unknown,
    terms: RequestTerms,
  ): Promise<unknown>
}

export interface RequesterParts {
  /** Address that paths are appended to. */
  readonly base: string
  /** Instances with the key for reads and for writes. */
  readonly reading: Got
  readonly writing: Got
  readonly secrets: readonly string[]
  readonly maxResponseBytes: number
  readonly observe: (event: UpstreamEvent) => void
  readonly now: () => number
  readonly random: () => number
  readonly sleep: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>
}

const detailCharacters = 500

export function createRequester(parts: RequesterParts): Requester {
  /** Sends once; `repeatAfter` decides on a failure whether the same will be sent again, and after how many milliseconds. */
  async function send(
    outgoing: Outgoing & { readonly path: string },
    attempt: number,
    terms: RequestTerms,
    repeatAfter: (failure: DojoFailure) => number | undefined = () => undefined,
  ): Promise<ExchangeResult & { readonly pause: number | undefined }> {
    const startedAt = parts.now()
    const result = await exchange(
      outgoing.method === 'GET' ? parts.reading : parts.writing,
      outgoing,
      {
        timeoutMs: terms.deadline - startedAt,
        maxResponseBytes: parts.maxResponseBytes,
        signal: terms.signal,
        onSending: terms.onSending,
        onSent: terms.onSent,
      },
    )
    const pause = result.ok ? undefined : repeatAfter(result.failure)
    const event: UpstreamEvent = {
      method: outgoing.method,
      resource: resourceOf(outgoing.path),
      path: outgoing.path,
      status: result.ok ? result.status : result.failure.status,
      durationMs: Math.round((parts.now() - startedAt) * 100) / 100,
      attempt,
      requestId: terms.requestId,
      ...(pause !== undefined && { repeatAfterMs: Math.round(pause) }),
      ...(!result.ok && { failure: result.failure.reason }),
      ...(!result.ok && result.detail && { detail: withoutSecrets(result.detail, parts.secrets) }),
    }
    parts.observe(event)
    terms.observe?.(event)
    return { ...result, pause }
  }

  return {
    async read(path, query, terms) {
      const address = parts.base + requestAddress(path, query)
      const outgoing = { method: 'GET', address, path, resource: resourceOf(path) } as const
      let earlier: DojoFailure | undefined
      for (let attempt = 1; ; attempt++) {
        const result = await send(outgoing, attempt, terms, (failure) =>
          pauseBeforeRepeat(failure, attempt, terms.deadline - parts.now(), parts.random),
        )
        if (result.ok) return result.body
        const { pause } = result
        if (pause === undefined) {
          // A repeat that ran out of time says less than the failure before it.
          throw result.failure.reason === 'timeout' && earlier ? earlier : result.failure
        }
        earlier = result.failure
        await parts.sleep(pause, terms.signal).catch(() => {
          throw new DojoFailure('cancelled', { delivered: false })
        })
      }
    },

    async write(method, path, content, terms) {
      const address = parts.base + requestAddress(path)
      const body = content instanceof FormData ? content : JSON.stringify(content ?? {})
      const outgoing = { method, address, path, resource: resourceOf(path), body }
      const result = await send(outgoing, 1, terms)
      if (!result.ok) throw result.failure
      return result.body
    },
  }
}

/** The multipart form of an upload. */
export function formOf({ fields, file }: Upload): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    for (const text of typeof value === 'string' ? [value] : value) form.append(name, text)
  }
  form.append('file', new Blob([file.content]), file.name)
  return form
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  // A key could lie across the cut, so it is taken out before.
  const clean = secrets.reduce((rest, secret) => rest.replaceAll(secret, '***REDACTED***'), text)
  return clean.slice(0, detailCharacters)
}
