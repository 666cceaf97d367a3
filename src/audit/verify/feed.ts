import { lastSeqInName } from '../segments.js'
import { isTornRecord } from '../torn-tail.js'
import { type Entry, isRecord, readEntry } from './entry.js'
import { createPartJoiner, recordName } from './join-parts.js'
import { type FileLine, readLines } from './lines.js'
import { holdsPart } from './parts.js'
import { unreadable } from './read-trail.js'
import type { VerifyReport } from './report.js'
import { chunksOf, nameOf, type TrailSource } from './source.js'
import { holdsRecord, unwrappedLine } from './unwrap.js'
import type { Verifier } from './verifier.js'

/** What reading the files showed besides their records. */
export interface Reading {
  readonly files: { readonly file: string; bytes: number; records: number }[]
  readonly tornTails: VerifyReport['tornTails'][number][]
  /** Records of which parts came, but never all, and that did not come whole either. */
  partsMissing: number
}

/** Hands the lines of a file to `take`, and counts them. Rejects when it cannot be read. */
async function eachLine(
  source: TrailSource,
  reading: Reading,
  take: (line: FileLine) => boolean,
): Promise<void> {
  const file = nameOf(source)
  const counts = { file, bytes: 0, records: 0 }
  reading.files.push(counts)
  try {
    for await (const lines of readLines(chunksOf(source))) {
      for (const line of lines) {
        const { byteOffset, bytes, terminated } = line
        counts.bytes = byteOffset + bytes.length + (terminated ? 1 : 0)
        if (take(line)) counts.records++
      }
    }
  } catch (error) {
    throw unreadable(file, error)
  }
}

/** Reads files as they were written, each line as it comes. */
export async function feedInOrder(
  sources: readonly TrailSource[],
  verifier: Verifier,
  reading: Reading,
): Promise<void> {
  for (const source of sources) {
    const file = nameOf(source)
    let last: Entry | null = null
    verifier.beginFile()
    await eachLine(source, reading, (line) => {
      const entry = readEntry(file, line)
      if (!line.terminated && !isRecord(entry) && isTornRecord(line.bytes)) {
        const { number, byteOffset, bytes } = line
        reading.tornTails.push({ file, line: number, byteOffset, bytes: bytes.length })
        return false
      }
      verifier.feed(entry)
      last = entry
      return true
    })
    verifier.endFile(last, lastSeqInName(file.replace(/\.gz$/, '')))
  }
}

/** Reads what a SIEM gave back: parts are joined, lines that are equal count once, and each chain is read in the order of its numbers. */
export async function feedUnordered(
  sources: readonly TrailSource[],
  verifier: Verifier,
  reading: Reading,
): Promise<void> {
  const chains = new Map<string, Map<string, Entry>>()
  const strays: Entry[] = []
  const parts = createPartJoiner()

  function entryIn(file: string, line: FileLine): Entry | null {
    if (holdsPart(line.bytes)) return parts.take(file, line)
    return holdsRecord(line.bytes) ? readEntry(file, unwrappedLine(line)) : null
  }

  for (const source of sources) {
    await eachLine(source, reading, (line) => {
      const entry = line.terminated ? entryIn(nameOf(source), line) : null
      if (entry === null) return false
      if (!isRecord(entry) || entry.chainId === null || entry.seq === null) {
        strays.push(entry)
        return true
      }
      const ofChain = chains.get(entry.chainId) ?? new Map<string, Entry>()
      chains.set(entry.chainId, ofChain)
      const text = entry.line.bytes.toString('latin1')
      if (!ofChain.has(text)) ofChain.set(text, entry)
      return true
    })
  }
  const unfinished = parts.unfinished()
  const bySeq = [...chains.values()].map((entries) =>
    [...entries.values()].sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0)),
  )
  for (const entries of [strays, ...bySeq]) {
    verifier.beginFile()
    for (const entry of entries) {
      if (unfinished.size > 0 && isRecord(entry)) unfinished.delete(recordName(entry))
      verifier.feed(entry)
    }
    verifier.endFile(null, null)
  }
  reading.partsMissing = unfinished.size
}
