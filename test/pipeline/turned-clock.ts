import type { CallClock } from '../../src/pipeline/client-news.js'

export interface TurnedClock extends CallClock {
  /** Lets so many milliseconds pass; timers run when they are due. */
  pass(milliseconds: number): void
  /** Timers that have not been stopped. */
  timers(): number
}

/** Time that only passes when told to. */
export function turnedClock(): TurnedClock {
  let time = 0
  const timers = new Set<{ dueAt: number; readonly everyMs: number; readonly work: () => void }>()
  return {
    now: () => time,
    timers: () => timers.size,
    repeat(everyMs, work) {
      const timer = { dueAt: time + everyMs, everyMs, work }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    pass(milliseconds) {
      const end = time + milliseconds
      for (;;) {
        const [next] = [...timers].sort((one, other) => one.dueAt - other.dueAt)
        if (!next || next.dueAt > end) break
        time = next.dueAt
        next.dueAt += next.everyMs
        next.work()
      }
      time = end
    },
  }
}
