import type { KeyObject } from 'node:crypto'
import { genesis } from '../chain.js'
import { eventTypes } from '../records.js'
import { createChainChecks } from './chain-checks.js'
import {
  advance,
  attestedToItsEnd,
  beginChain,
  type ChainState,
  chainReport,
  closeSpan,
  cover,
} from './chain-state.js'
import type { Elsewhere } from './elsewhere.js'
import { type Entry, isRecord, member, numberIn, type RecordEntry } from './entry.js'
import { createIntents } from './intents.js'
import type { KeyFinder } from './key-finder.js'
import { classifyBreak, createProblems, shouldBe } from './problems.js'
import type { ChainReport, ProblemKind, UnverifiedRange } from './report.js'

export interface VerifierOptions {
  readonly keys: KeyFinder
  readonly publicKey: KeyObject | null
  readonly elsewhere: Elsewhere
  /** Records come in the order of their numbers, chain by chain, and chains may begin anywhere. */
  readonly unordered: boolean
}

/** A line that is bad, until the next one tells more. */
interface Suspect {
  readonly entry: Entry
  readonly chain: ChainState | undefined
  readonly previousMac: string | null
  readonly previousSeq: number | null
}

export type Verifier = ReturnType<typeof createVerifier>

/** Follows chains line by line (docs/audit-format.md §5.2). */
export function createVerifier(options: VerifierOptions) {
  const { keys, publicKey, elsewhere, unordered } = options
  const chains = new Map<string, ChainState>()
  const inOrder: ChainState[] = []
  const problems = createProblems()
  const intents = createIntents()
  const checks = createChainChecks({ keys, publicKey, elsewhere, problems })
  const removed = new Map<string | null, number>()
  /** The line before in the same file, right or wrong. */
  let before: { readonly chain: ChainState | undefined; readonly mac: string | null } | null = null
  /** The chain of the reference server that was read last. */
  let reference: ChainState | undefined
  let suspect: Suspect | null = null
  let unchecked = 0

  /** Chains of the reference server have no name, so each of its beginnings is one of its own. */
  function stateOf(entry: Entry): ChainState | undefined {
    if (!isRecord(entry)) return before?.chain
    return entry.chainId === null ? reference : chains.get(entry.chainId)
  }

  function begin(
    entry: RecordEntry,
    begins: ChainState['begins'],
    follows: ChainState | null,
  ): ChainState {
    const chain = beginChain(entry, begins, follows)
    if (entry.chainId === null) reference = chain
    else chains.set(entry.chainId, chain)
    inOrder.push(chain)
    if (follows) follows.successor = chain
    return chain
  }

  function blame(entry: Entry, kind: ProblemKind, detail: string): void {
    const chain = stateOf(entry) ?? before?.chain
    problems.add(shouldBe(entry, chain), kind, detail)
    suspect = {
      entry,
      chain,
      previousMac: chain?.lastMac ?? null,
      previousSeq: chain?.lastSeq ?? null,
    }
    if (chain) chain.span.whole = false
  }

  /** Reading goes on from what the bad line states. */
  function goOnFrom(entry: Entry): void {
    const chain = stateOf(entry) ?? before?.chain
    if (!isRecord(entry)) {
      before = { chain, mac: null }
      return
    }
    const known = stateOf(entry) ?? begin(entry, 'not_given', null)
    known.span.whole = false
    if (entry.eventType === eventTypes.checkpoint) closeSpan(known, entry)
    advance(known, entry)
    before = { chain: known, mac: entry.mac }
  }

  /** Says more of the bad line, now that the next one is known. */
  function explain(bad: Suspect, next: Entry | null): void {
    const macAfter = (previous: string, of: Entry): string | null =>
      isRecord(of) ? keys.macOf(of, previous) : null
    const found = classifyBreak({ ...bad, bad: bad.entry, next, macAfter })
    if (found) problems.refine(bad.entry, found)
    if (next && isRecord(next)) problems.numberBefore(next, bad.entry)
    if (found?.kind !== 'missing' || !bad.chain) return
    const gap = { fromSeq: (bad.previousSeq ?? 0) + 1, toSeq: (bad.entry.seq ?? 1) - 1 }
    bad.chain.gaps.push(gap)
  }

  /** Whatever the place of a line that follows a bad one, it is not blamed for that one. True if it was dealt with. */
  function afterBad(entry: Entry): boolean {
    const bad = suspect
    if (!bad) return false
    suspect = null
    explain(bad, entry)
    if (!isRecord(entry)) return false
    const chain = stateOf(entry)
    if (chain && chain.lastMac !== null && entry.seq === (chain.lastSeq ?? -1) + 1) {
      if (!keys.any || keys.check(entry, [chain.lastMac]).result !== 'wrong') return false
    }
    goOnFrom(entry)
    intents.follow(entry)
    return true
  }

  /** A chain of the reference server follows the line before it, whatever that is, or begins anew. */
  function acceptReference(entry: RecordEntry): void {
    const previous = before ? before.mac : (reference?.lastMac ?? null)
    const candidates = previous === null ? [genesis] : [previous, genesis]
    const checked = keys.any ? keys.check(entry, candidates) : checks.notChecked
    if (checked.result === 'wrong') {
      blame(entry, 'edited', 'its content does not belong to its MAC')
      goOnFrom(entry)
      return
    }
    const continues = reference && (before === null || before.chain === reference)
    const anew = !continues || (checked.result === 'right' && !checks.follows(entry, previous))
    const chain = anew ? begin(entry, 'genesis', null) : (reference as ChainState)
    checks.judgeKey(entry, chain, checked)
    goOnAfter(chain, entry)
  }

  function goOnAfter(chain: ChainState, entry: RecordEntry): void {
    if (entry.eventType !== eventTypes.checkpoint) cover(chain, entry)
    advance(chain, entry)
    intents.follow(entry)
    before = { chain, mac: entry.mac }
    if (entry.chainEvent === 'segment_removed' && chain.unverified === null) {
      const toSeq = numberIn(entry, 'removed_to_seq') ?? 0
      const id = member(entry, 'removed_chain_id')
      removed.set(id, Math.max(removed.get(id) ?? 0, toSeq))
    }
  }

  /** Whether the record stands where it may (step 2); tells what is wrong otherwise. */
  function place(entry: RecordEntry): ChainState | { kind: ProblemKind; detail: string } {
    const known = chains.get(entry.chainId ?? '')
    if (entry.seq === null) return { kind: 'malformed', detail: 'a record without a number' }
    if (known) {
      const atOnce = unordered || before === null || before.chain === known
      const expected = (known.lastSeq ?? 0) + 1
      if (atOnce && entry.seq === expected) return known
      if (entry.seq < expected) {
        return { kind: 'duplicated', detail: `seq ${entry.seq} stands here again` }
      }
      return entry.seq === expected
        ? { kind: 'reordered', detail: 'it stands within another chain' }
        : { kind: 'missing', detail: `seq ${expected} to ${entry.seq - 1} are missing` }
    }
    if (entry.seq === 1 && entry.chainEvent === 'chain_start') {
      return begin(entry, 'genesis', followedBy(entry))
    }
    if (unordered || (before === null && entry.chainEvent === 'file_opened')) {
      return begin(entry, 'not_given', null)
    }
    return entry.seq === 1 || before !== null
      ? { kind: 'inserted', detail: 'it belongs to a chain that does not begin here' }
      : { kind: 'missing', detail: `seq 1 to ${entry.seq - 1} are missing` }
  }

  /** The chain whose last record the first one of a chain names. */
  function followedBy(entry: RecordEntry): ChainState | null {
    const previous = member(entry, 'previous_hmac')
    if (previous !== null) return reference?.lastMac === previous ? reference : null
    return member(entry, 'prior_chain_tail') === null ? null : (before?.chain ?? null)
  }

  function accept(entry: RecordEntry): void {
    const found = place(entry)
    if ('kind' in found) {
      blame(entry, found.kind, found.detail)
      goOnFrom(entry)
      return
    }
    const outcome = checks.judge(entry, found, before?.mac ?? null)
    if (outcome === 'unchecked') unchecked++
    else if (outcome !== null) {
      blame(entry, outcome.kind, outcome.detail)
    }
    goOnAfter(found, entry)
    if (entry.eventType === eventTypes.checkpoint) closeSpan(found, entry)
  }

  return {
    /** The lines that follow come from another file, or are of another chain. */
    beginFile(): void {
      before = null
    },

    feed(entry: Entry): void {
      if (afterBad(entry)) return
      if (!isRecord(entry) || (unordered && entry.chainId === null)) {
        blame(entry, 'malformed', 'not a whole signed record')
        goOnFrom(entry)
      } else if (entry.chainId === null) acceptReference(entry)
      else accept(entry)
    },

    /** The file ends; `nameSaysSeq` is the number its name promises of its last record. */
    endFile(last: Entry | null, nameSaysSeq: number | null): void {
      if (suspect) explain(suspect, null)
      suspect = null
      if (last && nameSaysSeq !== null && last.seq !== nameSaysSeq) {
        const detail = `the name of the file says that it ends with seq ${nameSaysSeq}`
        problems.add(last, 'reordered', detail)
      }
    },

    problems,
    chains: inOrder,
    unchecked: () => unchecked,

    /** Whether retention removed the records of a chain up to this one, and said so. */
    wasRemoved: (chainId: string | null, seq: number): boolean =>
      (removed.get(chainId) ?? 0) >= seq,

    reports: (): ChainReport[] =>
      inOrder.map((chain) =>
        chainReport(
          chain,
          (removed.get(chain.chainId) ?? 0) + 1 >= (chain.firstSeq ?? 1),
          intents.inDoubt(chain.chainId),
        ),
      ),

    notVerifiable: (): readonly UnverifiedRange[] => checks.notVerifiable,
    attested: (): boolean => inOrder.every(attestedToItsEnd),
  }
}
