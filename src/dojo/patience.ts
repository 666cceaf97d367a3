import { DojoFailure } from './failures.js'

/**
 * Waits for `promise`, but no longer than `milliseconds` and only until `signal` aborts.
 * @throws DojoFailure `timeout` or `cancelled`; what is waited for goes on regardless
 */
export async function patiently<T>(
  promise: Promise<T>,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  let giveUp = (_failure: DojoFailure): void => {}
  const givenUp = new Promise<never>((_resolve, reject) => {
    giveUp = reject
  })
  const cancel = (): void => giveUp(new DojoFailure('cancelled', { delivered: false }))
  const timer = setTimeout(
    () => giveUp(new DojoFailure('timeout', { delivered: false })),
    Math.max(0, milliseconds),
  )
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    return await Promise.race([promise, givenUp])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
  }
}
