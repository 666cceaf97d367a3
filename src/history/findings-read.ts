/** Which findings a session or caller has read: what the audit trail shows beside each mutation. */
export interface FindingsRead {
  /** Remembers that `reader` has seen these findings now. */
  record(reader: string, findingIds: readonly number[]): void
  /** The distinct ids read within the last 24 h, ascending, the 1,000 newest, and how many there were in all. */
  snapshot(reader: string): { readonly ids: readonly number[]; readonly count: number }
  /** Drops what is known of a reader whose session has ended. */
  forget(reader: string): void
}

export interface FindingsReadOptions {
  /** Milliseconds, never going backwards. */
  readonly now: () => number
  /** How long a finding counts as read, in milliseconds. */
  readonly maxAgeMs?: number
  /** How many ids a snapshot shows; its `count` tells of the others. */
  readonly maxIds?: number
  /** Readers remembered at once; beyond, the one that has read nothing for longest is forgotten. */
  readonly maxReaders?: number
  /** Ids remembered of all readers together (about 50 bytes each); beyond, readers are forgotten likewise, then the oldest ids. */
  readonly maxTotalIds?: number
}

/** Keeps in memory what each reader has read (decisions, "findings_read_before_mutation"). */
export function createFindingsRead(options: FindingsReadOptions): FindingsRead {
  const { now, maxAgeMs = 86_400_000, maxIds = 1_000 } = options
  const { maxReaders = 10_000, maxTotalIds = 500_000 } = options
  /** Readers in the order of their last reading; for each the ids in the order in which they were last read, and when. */
  const readers = new Map<string, Map<number, number>>()
  let totalIds = 0

  function forget(reader: string): void {
    totalIds -= readers.get(reader)?.size ?? 0
    readers.delete(reader)
  }

  function forgetOld(reader: string, ids: Map<number, number>): void {
    const oldest = now() - maxAgeMs
    for (const [id, readAt] of ids) {
      if (readAt >= oldest) break
      ids.delete(id)
      totalIds -= 1
    }
    if (ids.size === 0) readers.delete(reader)
  }

  function forgetOldest(ids: Map<number, number>, excess: number): void {
    let left = excess
    for (const id of ids.keys()) {
      if (left <= 0) return
      ids.delete(id)
      totalIds -= 1
      left -= 1
    }
  }

  function makeRoom(newest: string): void {
    for (const [reader, ids] of readers) {
      if (reader === newest) {
        forgetOldest(ids, totalIds - maxTotalIds)
        return
      }
      if (readers.size > maxReaders || totalIds > maxTotalIds) {
        forget(reader)
        continue
      }
      forgetOld(reader, ids)
      if (ids.size > 0) return
    }
  }

  return {
    record(reader, findingIds) {
      if (findingIds.length === 0) return
      const ids = readers.get(reader) ?? new Map<number, number>()
      readers.delete(reader)
      readers.set(reader, ids)
      const time = now()
      for (const id of findingIds) {
        // Read again counts as read last.
        if (!ids.delete(id)) totalIds += 1
        ids.set(id, time)
      }
      forgetOld(reader, ids)
      makeRoom(reader)
    },

    snapshot(reader) {
      const ids = readers.get(reader)
      if (ids === undefined) return { ids: [], count: 0 }
      forgetOld(reader, ids)
      const newest = [...ids.keys()].slice(-maxIds)
      return { ids: newest.sort((a, b) => a - b), count: ids.size }
    },

    forget,
  }
}
