import { createHash, type Hash } from 'node:crypto'
import type { SealedRecord } from './chain.js'

/** Why a checkpoint was made. */
export type CheckpointCause = 'records' | 'age' | 'start' | 'rotated' | 'shutdown'

/** Records a checkpoint covers at most; with itself that makes a thousand (docs/audit-format.md §4). */
export const maxSpanRecords = 999
/** How long a record waits for the checkpoint that covers it, in milliseconds. */
export const maxSpanMilliseconds = 60_000

/** What a checkpoint says of the records it covers. */
export interface SpanFields {
  readonly covers_from_seq: number
  readonly covers_to_seq: number
  readonly covers_sha256: string
  readonly head_hmac: string
  readonly previous_checkpoint_sha256: string | null
}

/** The records since the last checkpoint of a chain. */
export interface CheckpointSpan {
  add(record: Pick<SealedRecord, 'line' | 'seq' | 'mac'>): void
  /** Records added since the last checkpoint. */
  records(): number
  /** What a checkpoint made now has to say; null when there is nothing to cover. */
  fields(): SpanFields | null
  /** The checkpoint was made: `line` is its record, and the next span begins after it. */
  closedBy(line: string): void
}

export const lineSha256 = (line: string | Buffer): string =>
  createHash('sha256').update(line).update('\n').digest('hex')

/** A span that begins after the checkpoint with this SHA-256 of its line, or where a chain begins (null). */
export function createCheckpointSpan(previousSha256: string | null): CheckpointSpan {
  let previous = previousSha256
  let hash: Hash = createHash('sha256')
  let records = 0
  let fromSeq = 0
  let last = { seq: 0, mac: '' }

  return {
    add({ line, seq, mac }) {
      if (records === 0) fromSeq = seq
      records++
      hash.update(line).update('\n')
      last = { seq, mac }
    },

    records: () => records,

    fields() {
      if (records === 0) return null
      return {
        covers_from_seq: fromSeq,
        covers_to_seq: last.seq,
        covers_sha256: hash.copy().digest('hex'),
        head_hmac: last.mac,
        previous_checkpoint_sha256: previous,
      }
    },

    closedBy(line) {
      previous = lineSha256(line)
      hash = createHash('sha256')
      records = 0
    },
  }
}
