import type { DojoFailure } from './failures.js'

const repeats = 3
const firstPauseMs = 200
const longestPauseMs = 3_000
const maxRetryAfterSeconds = 86_400

/** Statuses of a proxy whose DefectDojo is away for a moment. */
const passing = new Set([502, 503, 504])

/** Connection errors that the next try would meet again: certificates, another protocol, a name that does not exist. */
const lasting = /CERT|_SIGNATURE$|ISSUER|^EPROTO$|^ERR_SSL_|^HPE_|^ENOTFOUND$/

/**
 * How long to wait, in milliseconds, before a read is repeated; `undefined` when it must not be: not that kind of failure,
 * tried often enough, or the pause would not leave any of the time that remains. Half of each pause is chance, so that calls
 * that failed together do not come back together. `Retry-After` is kept to.
 * @param attempt the one that failed, from 1
 * @param random from 0 to below 1
 */
export function pauseBeforeRepeat(
  failure: DojoFailure,
  attempt: number,
  remainingMs: number,
  random: () => number,
): number | undefined {
  if (attempt > repeats || !isPassing(failure)) return undefined
  const backoff = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1))
  const pause = Math.max(backoff * (0.5 + random() / 2), (failure.retryAfterSeconds ?? 0) * 1000)
  return pause < remainingMs ? pause : undefined
}

function isPassing({ reason, status, code = '' }: DojoFailure): boolean {
  if (status !== null) return passing.has(status)
  if (lasting.test(code)) return false
  return reason === 'unreachable' || reason === 'lost'
}

/** Seconds that a `Retry-After` header asks for, given as a number or as a date; `now` is the time of day in milliseconds. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000
  if (Number.isNaN(seconds)) return undefined
  return Math.min(maxRetryAfterSeconds, Math.max(0, Math.ceil(seconds)))
}
