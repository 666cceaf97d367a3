/**
 * Finds the one line a receiver does not take by sending ever smaller batches from the front: one request for each halving, and
 * nothing but what is suspected goes alone, so that the order stays.
 */
export interface Isolation {
  /** Lines that the next batch may have. */
  limit(batchSize: number): number
  /** So many lines from the front were taken. */
  taken(count: number): void
  /** A batch of so many was refused as a whole. True: it was a single line, and that is the one. */
  refused(count: number): boolean
}

export function createIsolation(): Isolation {
  /** Among so many lines at the front there is one that is not taken; 0: nothing is known against any. */
  let suspects = 0

  return {
    limit: (batchSize) => (suspects === 0 ? batchSize : Math.max(1, Math.floor(suspects / 2))),

    taken(count) {
      suspects = Math.max(0, suspects - count)
    },

    refused(count) {
      suspects = count > 1 ? count : 0
      return count === 1
    },
  }
}
