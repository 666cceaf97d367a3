import { createReadStream } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { closedAt, closedSegments } from './segments.js'
import { parseRecord, type SignedRecord } from './signed-record.js'
import { textOrNull } from './trail-line.js'

/** The records of one chain that a closed segment holds. */
export interface ChainPart {
  /** Null for a chain of the reference server, which has no numbers either. */
  readonly chainId: string | null
  readonly fromSeq: number | null
  toSeq: number | null
  lastMac: string
}

export interface RetentionOptions {
  /** `AUDIT_LOG_FILE`; only segments that this service closed itself are ever deleted. */
  readonly file: string
  readonly maxAgeMs: number
  readonly clock: () => Date
  /** The trail is closed, or another's: nothing may be recorded or deleted any more. */
  readonly stopped: () => boolean
  /** Whether a receiver still lacks records of this part. */
  readonly needed: (part: ChainPart) => boolean
  /** Records that a part is about to be deleted; resolves when that is on disk, rejects when it cannot be. */
  readonly announce: (segment: string, part: ChainPart) => Promise<void>
  /** The parts are gone: copies of their checkpoints may go too. */
  readonly removed: (parts: readonly ChainPart[]) => Promise<void>
}

/**
 * Deletes the closed segments whose last record is old enough, the oldest first, and stops at the first that a receiver still
 * lacks: what remains has no holes. Rejects when a segment cannot be read or deleted; those before it are gone then.
 */
export async function removeOldSegments(options: RetentionOptions): Promise<void> {
  const cutoff = options.clock().getTime() - options.maxAgeMs
  for (const segment of closedSegments(options.file)) {
    const { parts, lastTimestamp } = await contentOf(segment)
    // One that a damaged disk left without a last record is dated by its name, or it would keep all later ones for ever.
    const writtenAt = Date.parse(lastTimestamp ?? '') || closedAt(segment)
    const last = parts.at(-1)
    // What cannot be dated at all is not known to be old. Receivers get records in order: who has the last part has the others.
    if (!(writtenAt <= cutoff) || (last && options.needed(last))) return
    for (const part of parts) {
      if (options.stopped()) return
      await options.announce(basename(segment), part)
    }
    if (options.stopped()) return
    await unlink(segment)
    await options.removed(parts)
  }
}

async function contentOf(segment: string): Promise<{
  parts: ChainPart[]
  lastTimestamp: string | null
}> {
  const parts = new Map<string | null, ChainPart>()
  let lastTimestamp: string | null = null
  const lines = createInterface({ input: createReadStream(segment, 'latin1'), crlfDelay: 0 })
  for await (const line of lines) {
    const entry = parseRecord(Buffer.from(line, 'latin1'))
    if (!entry) continue
    const { chainId, seq, signed, record } = entry
    const part = parts.get(chainId)
    if (part) Object.assign(part, { toSeq: seq, lastMac: signed.mac })
    else parts.set(chainId, { chainId, fromSeq: seq, toSeq: seq, lastMac: signed.mac })
    lastTimestamp = textOrNull(record.timestamp)
  }
  return { parts: [...parts.values()], lastTimestamp }
}

/** Whether a record belongs to a part. */
export const isPartOf = ({ chainId, seq }: SignedRecord, part: ChainPart): boolean =>
  chainId === part.chainId && seq !== null && seq >= (part.fromSeq ?? 0) && seq <= (part.toSeq ?? 0)
