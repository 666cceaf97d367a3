import type { Completer } from './completer.js'
import { matching } from './words.js'

const dayMs = 86_400_000

/** Completes the day from which on something counts: a week ago, two weeks, a month, three months. */
export const recentDates =
  (now: () => Date = () => new Date()): Completer =>
  (typed) => {
    const today = now().getTime()
    const dates = [7, 14, 30, 90].map((days) => new Date(today - days * dayMs))
    return matching(
      dates.map((date) => date.toISOString().slice(0, 10)),
      typed.trim(),
    )
  }
