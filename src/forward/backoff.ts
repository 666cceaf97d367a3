/** How long to wait before the next attempt. */
export interface Backoff {
  /** Milliseconds; longer after each failure in a row. */
  afterFailure(): number
  reset(): void
}

const firstMilliseconds = 1_000
/** The longest time between two attempts. */
export const maxMilliseconds = 30_000

/**
 * Doubles from one second to thirty, of which the second half is chance: many servers that lost the same receiver must
 * not come back in step. `random` gives numbers from 0 to 1.
 */
export function createBackoff(random: () => number): Backoff {
  let failures = 0

  return {
    afterFailure() {
      const whole = Math.min(maxMilliseconds, firstMilliseconds * 2 ** failures)
      failures = Math.min(failures + 1, 30)
      return Math.round(whole / 2 + (random() * whole) / 2)
    },

    reset() {
      failures = 0
    },
  }
}
