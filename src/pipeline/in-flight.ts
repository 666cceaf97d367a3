/** Counts the calls that are under way, so that a shutdown can wait for them. */
export interface InFlight {
  track<T>(work: Promise<T>): Promise<T>
  count(): number
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

/** Keeps the set of running calls; each leaves it however it ends. */
export function createInFlight(): InFlight {
  const running = new Set<Promise<unknown>>()
  return {
    track(work) {
      const tracked = work.finally(() => running.delete(tracked))
      running.add(tracked)
      return tracked
    },
    count: () => running.size,
    async idle() {
      while (running.size > 0) await Promise.allSettled(running)
    },
  }
}
