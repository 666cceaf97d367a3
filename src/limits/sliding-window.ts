import type { BudgetDecision, MutationBudget, Reservation } from './mutation-budget.js'

export interface SlidingWindowOptions {
  /** Mutations that one caller may make within any window. */
  readonly limit: number
  readonly windowSeconds: number
  /** Milliseconds, never going backwards. */
  readonly now: () => number
  /** Callers that are remembered at once; a further one is refused rather than another one forgotten. */
  readonly maxKeys?: number
}

/** What one caller has done: when mutations were sent, oldest first, and how many are held back. */
interface Log {
  sentAt: number[]
  pending: number
}

/**
 * An exact sliding window per caller, in memory (behaviour spec §4). A mutation counts from the moment it is sent until it is older
 * than the window; a reservation counts as long as it is pending, so that slow calls cannot meet and exceed the limit.
 */
export function createSlidingWindow(options: SlidingWindowOptions): MutationBudget {
  const { limit, windowSeconds, now, maxKeys = 100_000 } = options
  const windowMs = windowSeconds * 1000
  /** In the order of their last mutation, so that those with nothing left in the window stand in front. */
  const logs = new Map<string, Log>()

  const forgetExpired = ({ sentAt }: Log, time: number): void => {
    const firstKept = sentAt.findIndex((at) => at >= time - windowMs)
    if (firstKept === -1) sentAt.length = 0
    else if (firstKept > 0) sentAt.splice(0, firstKept)
  }

  /** A few callers each time rather than all at once: no call pays for 100,000 others. */
  function forgetIdle(time: number): void {
    let examined = 0
    for (const [key, log] of logs) {
      if (examined >= 4) return
      examined += 1
      if (log.pending > 0) {
        moveToEnd(key, log)
        continue
      }
      if ((log.sentAt.at(-1) ?? -Infinity) >= time - windowMs) return
      logs.delete(key)
    }
  }

  function moveToEnd(key: string, log: Log): void {
    logs.delete(key)
    logs.set(key, log)
  }

  function refused(oldest: number | undefined, time: number): BudgetDecision {
    // With every slot still pending nothing is known but that one sent right now would last a whole window.
    const untilFreeMs = oldest === undefined ? windowMs : oldest + windowMs - time
    const seconds = Math.floor(untilFreeMs / 1000) + 1
    const retryAfterSeconds = Math.max(1, Math.min(windowSeconds, seconds))
    return { allowed: false, limit, windowSeconds, retryAfterSeconds }
  }

  function hold(key: string, log: Log): Reservation {
    let isPending = true
    log.pending += 1
    const settle = (): boolean => {
      if (!isPending) return false
      isPending = false
      log.pending -= 1
      return true
    }
    return {
      commit() {
        if (!settle()) return
        const time = now()
        forgetExpired(log, time)
        // A list that grows from nothing reserves room for 17 numbers, and most callers send one or two.
        if (log.sentAt.length === 0) log.sentAt = [time]
        else log.sentAt.push(time)
        moveToEnd(key, log)
      },
      release() {
        if (settle() && log.pending === 0 && log.sentAt.length === 0) logs.delete(key)
      },
    }
  }

  return {
    // Everything between the test and the reservation runs in one go: calls cannot interleave.
    async reserve(key) {
      const time = now()
      forgetIdle(time)
      const known = logs.get(key)
      if (known === undefined && logs.size >= maxKeys) {
        const [longestIdle] = logs.values()
        return refused(longestIdle?.sentAt.at(-1), time)
      }

      const log = known ?? { sentAt: [], pending: 0 }
      forgetExpired(log, time)
      if (log.sentAt.length + log.pending >= limit) return refused(log.sentAt[0], time)
      if (known === undefined) logs.set(key, log)
      const reservation = hold(key, log)
      const remaining = limit - log.sentAt.length - log.pending
      return { allowed: true, reservation, limit, windowSeconds, remaining }
    },
  }
}
