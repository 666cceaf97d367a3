import { type SignedLine, splitLine } from './chain.js'
import { recordOf, textOrNull } from './trail-line.js'

/** A line of a trail read back at start. */
export interface SignedRecord {
  /** Without its line feed. */
  readonly line: Buffer
  readonly signed: SignedLine
  readonly record: Readonly<Record<string, unknown>>
  /** Null in records of the reference server. */
  readonly seq: number | null
  readonly chainId: string | null
}

/** The record of a line, or null when it is not a whole one. */
export function parseRecord(line: Buffer): SignedRecord | null {
  const signed = splitLine(line)
  const record = signed && recordOf(line)
  if (!signed || !record) return null
  return {
    line,
    signed,
    record,
    seq: typeof record.seq === 'number' ? record.seq : null,
    chainId: textOrNull(record.chain_id),
  }
}
