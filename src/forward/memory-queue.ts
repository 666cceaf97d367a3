import type { AuditLine } from '../audit/trail-sinks.js'
import type { Gap, RecordSource, Waiting } from './record-source.js'

/** A queue for a trail that is in no file: what the process cannot deliver ends with it. */
export interface MemoryQueue extends RecordSource {
  /** Never blocks; the oldest record makes room, and is what is returned then. */
  push(line: AuditLine): Gap | null
}

/** Keeps at most so many records. */
export function createMemoryQueue(maxRecords: number): MemoryQueue {
  let queue: AuditLine[] = []

  return {
    push(line) {
      const oldest = queue.length >= maxRecords ? queue.shift() : undefined
      queue.push(line)
      if (!oldest) return null
      const { chainId, seq } = oldest
      return { chainId, fromSeq: seq, toSeq: seq, reason: 'queue_overflow' }
    },

    async read(count) {
      const lines = queue.slice(0, count).map(placed)
      queue = queue.slice(count)
      return { lines, gaps: [] }
    },

    close: async () => {},
  }
}

const placed = (line: AuditLine): Waiting => {
  const { chainId, seq } = line
  const place = { chainId, inode: null, offset: 0 }
  return { ...line, before: { ...place, seq: seq - 1 }, behind: { ...place, seq }, lostBefore: 0 }
}
