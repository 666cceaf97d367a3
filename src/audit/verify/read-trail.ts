import { isTornRecord } from '../torn-tail.js'
import { type Entry, isRecord, type RecordEntry, readEntry } from './entry.js'
import { type FileLine, readLines } from './lines.js'
import { type Ends, inOrder } from './order.js'
import { holdsPart } from './parts.js'
import { chunksOf, nameOf, type TrailSource, withSiblings } from './source.js'
import { holdsRecord, isWrapped, unwrappedLine } from './unwrap.js'

/** A file that cannot be read, or that holds no trail; `message` says which and why. */
export class UnreadableTrail extends Error {
  override readonly name = 'UnreadableTrail'
}

/** The files in the order of their content, of which each is looked at once. Rejects with {@link UnreadableTrail}. */
export async function orderTrail(files: readonly TrailSource[]): Promise<TrailSource[]> {
  const ends: Ends[] = []
  let sawLine = false
  let onlyTorn = true
  for (const source of files) {
    const name = nameOf(source)
    let first: Entry | null = null
    let last: Entry | null = null
    try {
      for await (const lines of readLines(chunksOf(source))) {
        sawLine = true
        if (!first && areWrapped(lines)) throw new UnreadableTrail(wrappedText(name))
        onlyTorn &&= lines.every((line) => !line.terminated && isTornRecord(line.bytes))
        first ??= firstRecord(name, lines)
        last = firstRecord(name, lines.toReversed()) ?? last
        // Of one file alone there is nothing to put in order: it need not be read twice.
        if (first && files.length === 1) break
      }
    } catch (error) {
      throw error instanceof UnreadableTrail ? error : unreadable(name, error)
    }
    ends.push({ source, first: endOf(first), last: endOf(last) })
  }
  if (!sawLine) throw new UnreadableTrail(`${files.map(nameOf).join(', ')} is empty`)
  if (ends.every(({ first }) => first === null)) {
    throw new UnreadableTrail(
      onlyTorn ? 'the file holds no whole record' : 'the file is not an audit trail',
    )
  }
  return inOrder(ends)
}

/** Two lines, not one: a single one with something before it was tampered with. */
function areWrapped(lines: readonly FileLine[]): boolean {
  const ours = lines.filter(({ bytes }) => holdsRecord(bytes) || holdsPart(bytes)).slice(0, 2)
  return ours.length > 0 && ours.every(({ bytes }) => isWrapped(bytes) || holdsPart(bytes))
}

const wrappedText = (name: string): string =>
  `the records in ${name} have something around them; if a SIEM gave them back, say --unordered`

const endOf = (entry: Entry | null): Ends['first'] =>
  entry === null ? null : { chainId: entry.chainId, seq: entry.seq }

function firstRecord(name: string, lines: readonly FileLine[]): Entry | null {
  for (const line of lines) {
    const entry = readEntry(name, line)
    if (isRecord(entry)) return entry
  }
  return null
}

/** Why a file cannot be read, in words. */
export function unreadable(name: string, error: unknown): UnreadableTrail {
  const { code } = error as NodeJS.ErrnoException
  return new UnreadableTrail(
    code === 'EISDIR' ? `${name} is a directory` : `${name} cannot be read (${code ?? 'damaged'})`,
  )
}

/** The records of these files and their segments, in the order of their content, unchecked. Rejects with {@link UnreadableTrail}. */
export async function* readTrail(named: readonly TrailSource[]): AsyncGenerator<RecordEntry> {
  for (const source of await orderTrail(withSiblings(named).files)) {
    for await (const lines of readLines(chunksOf(source))) {
      for (const line of lines) {
        const entry = readEntry(nameOf(source), unwrappedLine(line))
        if (isRecord(entry)) yield entry
      }
    }
  }
}
