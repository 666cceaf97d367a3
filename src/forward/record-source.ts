import type { StoredLine } from '../audit/trail-reader.js'

/** A record on its way to a destination. */
export type Waiting = StoredLine

/** Why records are not delivered: the limit of the spool, that of the queue in memory, or the files do not hold them. */
export const gapReasons = ['spool_full', 'queue_overflow', 'records_missing'] as const

/** Records that a destination will never get from here. */
export interface Gap {
  readonly chainId: string
  readonly fromSeq: number
  readonly toSeq: number
  readonly reason: (typeof gapReasons)[number]
}

/** Where a forwarder gets its records: the trail itself, or a queue in memory. */
export interface RecordSource {
  /**
   * The next records, at most so many and about so many bytes; none when there are no more yet. `gaps` are records the source
   * lacks, though it has those after them. Rejects with the system's error.
   */
  read(
    maxRecords: number,
    maxBytes: number,
  ): Promise<{ readonly lines: readonly Waiting[]; readonly gaps: readonly Gap[] }>
  close(): Promise<void>
}

/** How many records a gap has. */
export const gapSize = ({ fromSeq, toSeq }: Pick<Gap, 'fromSeq' | 'toSeq'>): number =>
  toSeq - fromSeq + 1
