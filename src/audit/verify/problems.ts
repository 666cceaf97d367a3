import type { ChainState, LineRef } from './chain-state.js'
import type { Entry } from './entry.js'
import { isTooLong } from './lines.js'
import type { Problem, ProblemKind } from './report.js'

const maxProblems = 100

/** What is proven wrong, in the order of reading. */
export interface Problems {
  add(at: LineRef, kind: ProblemKind, detail: string): void
  /** Something that no line of the trail shows: it is said where the line should be. */
  addMissing(problem: Problem): void
  /** Says more of the problem that was added last, if it is of that line. */
  refine(at: Entry, found: { kind: ProblemKind; detail: string }): void
  /** Gives the malformed lines at the beginning of a file, `last` the last of them, their number: the next record tells it. */
  numberBefore(next: Entry, last: Entry): void
  readonly list: readonly Problem[]
  count(): number
}

export function createProblems(): Problems {
  const list: Problem[] = []
  let count = 0
  let lastLine: unknown = null

  function add(problem: Problem, line: unknown): void {
    count++
    lastLine = line
    if (list.length < maxProblems) list.push(problem)
  }

  return {
    add({ file, line, seq }, kind, detail) {
      add({ file, line: line.number, byteOffset: line.byteOffset, seq, kind, detail }, line)
    },
    addMissing: (problem) => add(problem, null),
    refine({ line }, found) {
      const last = list.at(-1)
      if (last && line === lastLine) list[list.length - 1] = { ...last, ...found }
    },
    numberBefore({ file, seq }, last) {
      const number = (seq ?? 0) - recordsWithin(last)
      for (let at = list.length - 1; number > 0 && at >= 0; at--) {
        const problem = list[at]
        if (problem?.kind !== 'malformed' || problem.seq !== null || problem.file !== file) return
        list[at] = { ...problem, seq: number }
      }
    },
    list,
    count: () => count,
  }
}

const wholeMac = /, "integrity_hmac": "[0-9a-f]{64}"\}/g

/** How many records a malformed line was: more than one where the line feeds between them were changed. */
const recordsWithin = ({ line }: Entry): number =>
  isTooLong(line) ? 1 : Math.max(1, line.bytes.toString('latin1').match(wholeMac)?.length ?? 0)

/** The line, and the number that the record there should have: the one after the last of its chain. */
export const shouldBe = (entry: Entry, chain: ChainState | undefined): LineRef => ({
  file: entry.file,
  line: entry.line,
  seq: expectedSeq(entry, chain),
})

function expectedSeq(entry: Entry, chain: ChainState | undefined): number | null {
  if (entry.record === null && entry.seq !== null) return entry.seq
  if (chain && chain.lastSeq !== null) return chain.lastSeq + 1
  const { record } = entry
  const isOurs = record !== null && ('seq' in record || 'chain_id' in record)
  if (!isOurs) return null
  return chain === undefined || chain.chainId === null ? 1 : chain.firstSeq
}

/** A bad line, what was right before it, and what comes after it. */
export interface Break {
  readonly previousMac: string | null
  readonly previousSeq: number | null
  readonly bad: Entry
  readonly next: Entry | null
  /** The MAC of `entry` after `previous`, under the key of the chain. */
  readonly macAfter: (previous: string, entry: Entry) => string | null
}

/** Why a line does not follow the one before it, as far as its neighbours tell. */
export function classifyBreak(broken: Break): { kind: ProblemKind; detail: string } | null {
  const { previousMac, previousSeq, bad, next, macAfter } = broken
  if (bad.mac === null) return null
  const follows = (mac: string | null): boolean =>
    mac !== null && next?.mac != null && macAfter(mac, next) === next.mac
  const expected = (previousSeq ?? 0) + 1
  const { seq } = bad

  if (follows(previousMac)) {
    if (seq !== null && seq < expected) {
      return { kind: 'duplicated', detail: `seq ${seq} stands here again` }
    }
    return seq !== null && seq === expected + 1 && next?.seq === expected
      ? { kind: 'reordered', detail: `seq ${seq} stands before seq ${expected}` }
      : { kind: 'inserted', detail: 'the next record follows the one before this line' }
  }
  if (previousMac !== null && follows(macAfter(previousMac, bad))) {
    return { kind: 'edited', detail: 'its MAC was changed' }
  }
  if (seq === null) {
    const detail = 'its content does not belong to its MAC, or records before it were removed'
    return { kind: 'edited', detail }
  }
  if (seq === previousSeq) return { kind: 'duplicated', detail: `seq ${seq} stands here again` }
  if (seq > expected) {
    return follows(bad.mac) || next === null
      ? { kind: 'missing', detail: `seq ${expected} to ${seq - 1} are missing` }
      : { kind: 'reordered', detail: `seq ${seq} stands where seq ${expected} should` }
  }
  return seq < expected
    ? { kind: 'reordered', detail: `seq ${seq} stands where seq ${expected} should` }
    : { kind: 'edited', detail: 'its content does not belong to its MAC' }
}
