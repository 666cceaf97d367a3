import { splitLine } from './chain.js'
import type { ParsedLine } from './classify-break.js'
import type { FileLine } from './line-reader.js'

/** A line of a trail with what the verifier wants to know of its record; null where the record does not say it. */
export interface TrailLine extends ParsedLine {
  readonly line: FileLine
  readonly chainId: string | null
  readonly keyId: string | null
  readonly chainEvent: string | null
  readonly timestamp: string | null
  readonly previousMac: string | null
  readonly priorTail: string | null
}

/** The text, if a member of a record is one. */
export const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' ? value : null

/** The record of a signed line, or null when the line is not JSON. Its end says that it can only be an object. */
export function recordOf(signedLine: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(signedLine.toString('utf8')) as Record<string, unknown>
  } catch {
    return null
  }
}

/** Takes a line apart; `signed` is null when it is not a whole record. */
export function parseLine(line: FileLine): TrailLine {
  const signed = splitLine(line.bytes)
  const record = signed && recordOf(line.bytes)
  return {
    line,
    signed: record && signed,
    seq: typeof record?.seq === 'number' ? record.seq : null,
    chainId: textOrNull(record?.chain_id),
    keyId: textOrNull(record?.key_id),
    chainEvent: textOrNull(record?.chain_event),
    timestamp: textOrNull(record?.timestamp),
    previousMac: textOrNull(record?.previous_hmac),
    priorTail: record?.resumed_from_prior === false ? textOrNull(record.prior_chain_tail) : null,
  }
}
