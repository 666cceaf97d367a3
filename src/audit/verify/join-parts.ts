import { createHash } from 'node:crypto'
import { type Entry, malformed, readEntry } from './entry.js'
import type { FileLine } from './lines.js'
import { type Part, readPart } from './parts.js'

/** What may wait for its other parts, so that memory stays bounded on any file. */
const maxWaitingBytes = 268_435_456
/** What a part is taken to cost besides its text. */
const bytesPerPart = 512

/** Makes records of the parts that they were sent in. */
export interface PartJoiner {
  /**
   * Takes a line that holds a part. Returns the record that it completes, or what is no record if it is damaged or not the same
   * as another copy of the part; null if there is nothing to say yet.
   */
  take(file: string, line: FileLine): Entry | null
  /** Records of which some parts were given and others never came, as {@link recordName}. */
  unfinished(): Set<string>
}

interface Waiting {
  readonly name: string
  readonly file: string
  /** The line of the part that was read first: there the record counts as standing. */
  readonly place: Pick<FileLine, 'number' | 'byteOffset'>
  readonly texts: Map<number, Buffer>
  bytes: number
}

/** A record by its chain and number. */
export const recordName = ({ chainId, seq }: Pick<Entry, 'chainId' | 'seq'>): string =>
  `${chainId} ${seq}`

const digest = (text: Buffer): string => createHash('sha256').update(text).digest('base64')
const lineFeed = Buffer.from('\n')

/** Parts may come in any order, more than once, and among those of other records. */
export function createPartJoiner(limit = maxWaitingBytes): PartJoiner {
  const waiting = new Map<string, Waiting>()
  /** The digests of the parts: one that comes again still has to be the same. */
  const finished = new Map<string, string[]>()
  const givenUp = new Map<string, string>()
  let waitingBytes = 0

  function remove(id: string, record: Waiting): void {
    waiting.delete(id)
    waitingBytes -= record.bytes
  }

  function giveUpOldest(): void {
    for (const [id, record] of waiting) {
      if (waitingBytes <= limit) return
      remove(id, record)
      givenUp.set(id, record.name)
    }
  }

  function begin(id: string, part: Part, file: string, line: FileLine): Waiting {
    const { number, byteOffset } = line
    const place = { number, byteOffset }
    const record = { name: recordName(part), file, place, texts: new Map(), bytes: 0 }
    waiting.set(id, record)
    return record
  }

  /** The texts are complete. The record itself says where it belongs; parts that say otherwise are forged. */
  function join(part: Part, { file, place }: Waiting, texts: readonly Buffer[]): Entry {
    const whole = Buffer.concat([...texts, lineFeed])
    const line = { ...place, bytes: whole.subarray(0, -1), whole, terminated: true }
    const entry = readEntry(file, line)
    return recordName(entry) === recordName(part) ? entry : malformed(file, line, part.seq)
  }

  return {
    take(file, line) {
      const part = readPart(line.bytes)
      if (!part) return malformed(file, line)
      const id = `${recordName(part)} ${part.of}`
      const same = (is: boolean): Entry | null => (is ? null : malformed(file, line, part.seq))
      const digests = finished.get(id)
      if (digests) return same(digests[part.number - 1] === digest(part.text))
      const record = waiting.get(id) ?? begin(id, part, file, line)
      const known = record.texts.get(part.number)
      if (known) return same(known.equals(part.text))

      const bytes = part.text.length + bytesPerPart
      record.texts.set(part.number, part.text)
      record.bytes += bytes
      waitingBytes += bytes
      if (record.texts.size < part.of) {
        giveUpOldest()
        return null
      }
      remove(id, record)
      givenUp.delete(id)
      const texts = [...record.texts].sort(([one], [other]) => one - other).map(([, text]) => text)
      finished.set(id, texts.map(digest))
      return join(part, record, texts)
    },

    unfinished: () =>
      new Set([...givenUp.values(), ...[...waiting.values()].map(({ name }) => name)]),
  }
}
