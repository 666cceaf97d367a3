import { createHmac, type KeyObject } from 'node:crypto'
import { textOrNull } from '../trail-line.js'
import { type FileLine, isTooLong } from './lines.js'

type Json = Readonly<Record<string, unknown>>

/** A line of a trail, taken apart; a line that is no whole signed record has no `record`. */
export interface Entry {
  readonly file: string
  readonly line: FileLine
  /** Where the text that the MAC covers ends, without its closing brace. */
  readonly cut: number
  readonly mac: string | null
  readonly record: Json | null
  readonly seq: number | null
  /** Null in records of the reference server. */
  readonly chainId: string | null
  readonly keyId: string | null
  readonly chainEvent: string | null
  readonly eventType: string | null
}

/** A line that is a whole signed record. */
export interface RecordEntry extends Entry {
  readonly mac: string
  readonly record: Json
}

const macMember = ', "integrity_hmac": "'
/** The member, 64 hex digits, and `"}`. */
const macLength = macMember.length + 64 + 2
const macDigits = /^[0-9a-f]{64}$/

/** A line that is no record; `seq` is the number of the one it should have been, if something else tells it. */
export const malformed = (file: string, line: FileLine, seq: number | null = null): Entry => ({
  file,
  line,
  cut: 0,
  mac: null,
  record: null,
  seq,
  chainId: null,
  keyId: null,
  chainEvent: null,
  eventType: null,
})

/** Takes a line apart byte for byte (docs/audit-format.md §2). */
export function readEntry(file: string, line: FileLine): Entry {
  const { bytes } = line
  const cut = bytes.length - macLength
  if (cut < 1 || isTooLong(line)) return malformed(file, line)
  const text = bytes.toString('latin1')
  const mac = text.slice(cut + macMember.length, -2)
  const signed = text.startsWith(macMember, cut) && text.endsWith('"}') && macDigits.test(mac)
  const record = signed ? parsed(text) : null
  if (record === null) return malformed(file, line)
  return {
    file,
    line,
    cut,
    mac,
    record,
    seq: typeof record.seq === 'number' && Number.isSafeInteger(record.seq) ? record.seq : null,
    chainId: textOrNull(record.chain_id),
    keyId: textOrNull(record.key_id),
    chainEvent: record.event_type === 'lifecycle' ? textOrNull(record.chain_event) : null,
    eventType: textOrNull(record.event_type),
  }
}

/** A line's end says that it can only be an object. */
function parsed(text: string): Json | null {
  try {
    return JSON.parse(text) as Json
  } catch {
    return null
  }
}

export const isRecord = (entry: Entry): entry is RecordEntry => entry.record !== null

/** Reused for every record: what a MAC is made over stands nowhere in one piece. */
let scratch = Buffer.alloc(65_536)

/** What the MAC of a record has to be, if it follows `previousMac`. */
export function macOf(key: KeyObject, previousMac: string, { line, cut }: RecordEntry): string {
  const needed = previousMac.length + cut + 2
  if (scratch.length < needed) scratch = Buffer.alloc(needed * 2)
  let end = scratch.write(previousMac, 0, 'latin1')
  scratch[end++] = 0x7c // |
  end += line.bytes.copy(scratch, end, 0, cut)
  scratch[end++] = 0x7d // }
  return createHmac('sha256', key).update(scratch.subarray(0, end)).digest('hex')
}

/** A text member of the record. */
export const member = (entry: RecordEntry, name: string): string | null =>
  textOrNull(entry.record[name])

/** A whole number of the record. */
export const numberIn = (entry: RecordEntry, name: string): number | null => {
  const value = entry.record[name]
  return typeof value === 'number' ? value : null
}
