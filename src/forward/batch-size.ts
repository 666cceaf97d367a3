import type { Waiting } from './record-source.js'

/** How many bytes of records are sent together: fewer after they were too many, and in time more again. */
export interface BatchSize {
  /** Whether so many records fill a batch by their bytes. */
  isFullWith(lines: readonly Waiting[]): boolean
  /** The records at the front that go into one batch; at least one, however long it is. */
  from(lines: readonly Waiting[]): Waiting[]
  /** These were too many; from now on half of them, but not less than `least` bytes. */
  tooMuch(batch: readonly Waiting[], least: number): void
  /** A batch was taken. */
  taken(): void
}

/** After so many batches it is tried whether more is taken again. */
const batchesBeforeMore = 100

export function createBatchSize(mostBytes: number): BatchSize {
  let limit = mostBytes
  /** Batches that were taken since they had to become smaller. */
  let takenSince = 0

  return {
    isFullWith(lines) {
      let bytes = 0
      return lines.some(({ line }) => {
        bytes += line.length
        return bytes >= limit
      })
    },

    from(lines) {
      let bytes = 0
      const end = lines.findIndex(({ line }, at) => {
        bytes += line.length
        return at > 0 && bytes > limit
      })
      return end < 0 ? [...lines] : lines.slice(0, end)
    },

    tooMuch(batch, least) {
      const bytes = batch.reduce((sum, { line }) => sum + line.length, 0)
      limit = Math.min(limit, Math.max(least, Math.floor(bytes / 2)))
      takenSince = 0
    },

    taken() {
      takenSince++
      if (takenSince % batchesBeforeMore === 0) limit = Math.min(mostBytes, limit * 2)
    },
  }
}
