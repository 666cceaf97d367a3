import { linkMac, type SignedLine } from './chain.js'
import type { ProblemKind } from './verify-report.js'

/** A line as the verifier reads it; `signed` is null when it is no whole record. */
export interface ParsedLine {
  readonly signed: SignedLine | null
  readonly seq: number | null
}

interface Break {
  /** The MAC and number of the last record that is right. */
  readonly previousMac: string
  readonly previousSeq: number | null
  /** The first line that is not. */
  readonly suspect: ParsedLine
  /** The line after it, if there is one. */
  readonly next: ParsedLine | null
}

/** Why a line does not follow the one before it, as far as its neighbours tell. */
export function classifyBreak(
  key: Buffer,
  { previousMac, previousSeq, suspect, next }: Break,
): { kind: ProblemKind; detail: string } {
  if (!suspect.signed) return { kind: 'malformed', detail: 'not a whole signed record' }

  const follows = (mac: string): boolean =>
    next?.signed != null && linkMac(key, mac, next.signed.text) === next.signed.mac
  const expected = (previousSeq ?? 0) + 1
  const { seq } = suspect

  if (follows(previousMac)) {
    if (seq !== null && seq < expected) {
      return { kind: 'duplicated', detail: `seq ${seq} stands here again` }
    }
    return seq !== null && seq === expected + 1 && next?.seq === expected
      ? { kind: 'reordered', detail: `seq ${seq} stands before seq ${expected}` }
      : { kind: 'inserted', detail: 'the next record follows the one before this line' }
  }
  if (follows(linkMac(key, previousMac, suspect.signed.text))) {
    return { kind: 'edited', detail: 'its MAC was changed' }
  }
  if (seq === null) {
    return {
      kind: 'edited',
      detail: 'its content does not belong to its MAC, or records before it were removed',
    }
  }
  if (seq === previousSeq) return { kind: 'duplicated', detail: `seq ${seq} stands here again` }
  if (seq > expected) {
    return follows(suspect.signed.mac) || next === null
      ? { kind: 'missing', detail: `seq ${expected} to ${seq - 1} are missing` }
      : { kind: 'reordered', detail: `seq ${seq} stands where seq ${expected} should` }
  }
  return seq < expected
    ? { kind: 'reordered', detail: `seq ${seq} stands where seq ${expected} should` }
    : { kind: 'edited', detail: 'its content does not belong to its MAC' }
}
