/** Denials of one kind that were counted instead of recorded one by one. */
export interface AggregatedDenials<Subject> {
  /** Of whom; null when there were more different ones than are told apart. */
  readonly subject: Subject | null
  readonly count: number
  readonly firstAt: Date
  readonly lastAt: Date
}

export interface DenialAggregation<Subject> {
  /** True while this denial is to be recorded in full; otherwise it has been counted. */
  admit(key: string, subject: Subject, time: Date): boolean
  /** Hands out what was counted and begins a new window. */
  flush(): void
}

export interface DenialAggregationOptions<Subject> {
  /** Denials per key and window that are recorded in full. */
  readonly fullRecords: number
  readonly windowMilliseconds: number
  /** Keys told apart within a window; the rest share one. Bounds memory and, with `fullRecords`, the log's growth. */
  readonly maxKeys: number
  readonly report: (denials: AggregatedDenials<Subject>) => void
  /** Runs `callback` once, after so many milliseconds, without keeping the process alive. */
  readonly after: (milliseconds: number, callback: () => void) => void
}

interface Counter<Subject> {
  readonly subject: Subject | null
  admitted: number
  suppressed: number
  firstAt: Date | null
  lastAt: Date | null
}

const sharedKey = Symbol('every key beyond the limit')

/** Keeps a flood of denials from filling the log: every one counts, the first of each window are recorded in full. */
export function createDenialAggregation<Subject>(
  options: DenialAggregationOptions<Subject>,
): DenialAggregation<Subject> {
  let counters = new Map<string | symbol, Counter<Subject>>()
  let window = 0

  function counterOf(key: string, subject: Subject): Counter<Subject> {
    const known = counters.get(key)
    if (known) return known
    const shared = counters.size >= options.maxKeys
    const name = shared ? sharedKey : key
    const counter = counters.get(name) ?? {
      subject: shared ? null : subject,
      admitted: 0,
      suppressed: 0,
      firstAt: null,
      lastAt: null,
    }
    counters.set(name, counter)
    return counter
  }

  function flush(): void {
    const counted = counters
    counters = new Map()
    window++
    for (const { subject, suppressed: count, firstAt, lastAt } of counted.values()) {
      if (firstAt && lastAt) options.report({ subject, count, firstAt, lastAt })
    }
  }

  return {
    admit(key, subject, time) {
      if (counters.size === 0) {
        const opened = window
        options.after(options.windowMilliseconds, () => {
          if (window === opened) flush()
        })
      }
      const counter = counterOf(key, subject)
      if (counter.admitted < options.fullRecords) {
        counter.admitted++
        return true
      }
      counter.suppressed++
      counter.firstAt ??= time
      counter.lastAt = time
      return false
    },

    flush,
  }
}
