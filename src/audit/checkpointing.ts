import type { SealedRecord } from './chain.js'
import {
  type CheckpointCause,
  type CheckpointSpan,
  createCheckpointSpan,
  maxSpanMilliseconds,
  maxSpanRecords,
} from './checkpoint-span.js'
import { createOpenIntents, type OpenIntents } from './open-intents.js'
import { type AuditRecord, checkpointRecord } from './records.js'

/** Decides when a checkpoint is due, and knows what it has to say. */
export interface Checkpointing {
  /** A record was sealed; true when a checkpoint has to follow it at once. */
  follow(record: AuditRecord, sealed: SealedRecord): boolean
  /** The checkpoint that is due now, or null when there is nothing to cover. */
  record(cause: CheckpointCause, time: Date): AuditRecord | null
  /** The checkpoint was sealed. */
  closedBy(line: string): void
  /** A new chain begins, whose first checkpoint follows no other. */
  beginChain(): void
}

export interface CheckpointingOptions {
  /** Where an earlier process left the chain. */
  readonly resumed: {
    readonly span: CheckpointSpan
    readonly openIntents: OpenIntents
  } | null
  readonly signingKeyId: string | null
  /** Runs a callback once, after so many milliseconds, without keeping the process alive. */
  readonly after: (milliseconds: number, callback: () => void) => void
  /** The oldest record has waited for its checkpoint as long as it may. */
  readonly onAge: () => void
}

export function createCheckpointing(options: CheckpointingOptions): Checkpointing {
  const { after, onAge, signingKeyId } = options
  const openIntents = options.resumed?.openIntents ?? createOpenIntents()
  let span = options.resumed?.span ?? createCheckpointSpan(null)
  /** Which span a timer was started for: one that runs out later means nothing. */
  let spanNumber = 0
  let timed = false

  function nextSpan(): void {
    spanNumber++
    timed = false
  }

  return {
    follow(record, sealed) {
      openIntents.follow(record)
      span.add(sealed)
      if (!timed) {
        timed = true
        const started = spanNumber
        after(maxSpanMilliseconds, () => {
          if (started === spanNumber) onAge()
        })
      }
      return span.records() >= maxSpanRecords
    },

    record(cause, time) {
      const fields = span.fields()
      if (!fields) return null
      return checkpointRecord(time, {
        cause,
        ...fields,
        open_intents: openIntents.requestIds(),
        ...(signingKeyId !== null && { signing_key_id: signingKeyId }),
      })
    },

    closedBy(line) {
      span.closedBy(line)
      nextSpan()
    },

    beginChain() {
      span = createCheckpointSpan(null)
      nextSpan()
    },
  }
}
