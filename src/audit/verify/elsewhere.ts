import type { KeyObject } from 'node:crypto'
import { eventTypes } from '../records.js'
import { isSignedBy } from './checkpoint-checks.js'
import { type Entry, isRecord, member, type RecordEntry, readEntry } from './entry.js'
import { createPartJoiner } from './join-parts.js'
import type { KeyFinder } from './key-finder.js'
import { readLines } from './lines.js'
import { holdsPart } from './parts.js'
import { unreadable } from './read-trail.js'
import type { Problem } from './report.js'
import { chunksOf, nameOf, type TrailSource } from './source.js'
import { holdsRecord, unwrappedLine } from './unwrap.js'

/** Checkpoints that were kept outside the trail, by chain and number. */
export interface Elsewhere {
  find(entry: Entry): RecordEntry | undefined
  /** A record of the trail is the same line. */
  match(entry: RecordEntry): void
  /** Those that no record matched, by chain; in the order of their numbers. */
  unmatched(): Map<string | null, RecordEntry[]>
  readonly leftOut: number
  readonly problems: readonly Problem[]
}

export interface ElsewhereOptions {
  readonly sources: readonly TrailSource[]
  readonly keys: KeyFinder
  readonly publicKey: KeyObject | null
}

/** Reads them all, and judges each by itself: it states what it follows. Rejects with {@link UnreadableTrail}. */
export async function readElsewhere(options: ElsewhereOptions): Promise<Elsewhere> {
  const found = new Map<string | null, Map<number, RecordEntry>>()
  const problems: Problem[] = []
  const parts = createPartJoiner()
  let leftOut = 0

  function bad({ file, line, seq }: Entry, detail: string): void {
    const { number, byteOffset } = line
    problems.push({ file, line: number, byteOffset, seq, kind: 'bad_checkpoint', detail })
  }

  function judge(entry: Entry): void {
    if (!isRecord(entry)) {
      bad(entry, 'not a whole signed record')
      return
    }
    if (entry.eventType !== eventTypes.checkpoint || entry.seq === null) return
    const previous = member(entry, 'head_hmac')
    const byMac = options.keys.any
      ? options.keys.check(entry, previous === null ? [] : [previous]).result
      : 'unknown'
    const bySignature = isSignedBy(entry, options.publicKey)
    if (byMac === 'wrong') bad(entry, 'its content does not belong to its MAC')
    else if (bySignature === 'wrong') bad(entry, 'its signature is wrong')
    else if (options.publicKey ? bySignature !== 'right' : byMac !== 'right') leftOut++
    else {
      const ofChain = found.get(entry.chainId) ?? new Map<number, RecordEntry>()
      found.set(entry.chainId, ofChain.set(entry.seq, entry))
    }
  }

  for (const source of options.sources) {
    const name = nameOf(source)
    try {
      for await (const lines of readLines(chunksOf(source))) {
        for (const line of lines) {
          // What a crash or a full disk left of the last line is no checkpoint; nor is what a SIEM holds besides.
          if (!line.terminated) continue
          if (holdsPart(line.bytes)) {
            const entry = parts.take(name, line)
            if (entry) judge(entry)
          } else if (!isOther(line.bytes)) judge(readEntry(name, unwrappedLine(line)))
        }
      }
    } catch (error) {
      throw unreadable(name, error)
    }
  }

  return {
    find: ({ chainId, seq }) => (seq === null ? undefined : found.get(chainId)?.get(seq)),
    match({ chainId, seq }) {
      if (seq !== null) found.get(chainId)?.delete(seq)
    },
    unmatched: () =>
      new Map(
        [...found]
          .filter(([, entries]) => entries.size > 0)
          .map(([chainId, entries]) => [
            chainId,
            [...entries.values()].sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0)),
          ]),
      ),
    leftOut,
    problems,
  }
}

/** A line of a SIEM's file that is not ours. Lines of our own file count, whatever became of them. */
const isOther = (line: Buffer): boolean => !holdsRecord(line) && !line.includes('integrity_hmac')
