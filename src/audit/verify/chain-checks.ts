import type { KeyObject } from 'node:crypto'
import { genesis } from '../chain.js'
import { eventTypes } from '../records.js'
import type { ChainState } from './chain-state.js'
import { isSignedBy, misfit } from './checkpoint-checks.js'
import type { Elsewhere } from './elsewhere.js'
import { member, type RecordEntry } from './entry.js'
import type { KeyFinder } from './key-finder.js'
import type { Problems } from './problems.js'
import type { ProblemKind, UnverifiedRange } from './report.js'

const notChecked = { result: 'unknown', bound: false } as const

interface Found {
  readonly kind: ProblemKind
  readonly detail: string
}

export interface ChainChecksOptions {
  readonly keys: KeyFinder
  readonly publicKey: KeyObject | null
  readonly elsewhere: Elsewhere
  readonly problems: Problems
}

/** Steps 3 to 7 of docs/audit-format.md §5.2: what a record must be, given the state of its chain before it. */
export function createChainChecks({ keys, publicKey, elsewhere, problems }: ChainChecksOptions) {
  const notVerifiable: UnverifiedRange[] = []

  function macsBefore(entry: RecordEntry, chain: ChainState, macBefore: string | null): string[] {
    if (chain.lastMac !== null) return [chain.lastMac]
    if (chain.lastSeq !== null) return []
    const stated = [member(entry, 'previous_hmac'), member(entry, 'head_hmac')]
    const known = stated.filter((mac) => mac !== null)
    if (chain.begins === 'not_given' || known.length > 0) return known
    // The first version did not say what its first record after a chain of the reference server follows.
    return chain.follows?.chainId === null && macBefore !== null ? [genesis, macBefore] : [genesis]
  }

  function extendUnverified(entry: RecordEntry, chain: ChainState): void {
    const { unverified } = chain
    const range = notVerifiable.at(-1)
    if (unverified?.keyId === entry.keyId && range?.chainId === chain.chainId) {
      notVerifiable[notVerifiable.length - 1] = { ...range, lastSeq: entry.seq }
      return
    }
    chain.unverified = { first: entry, keyId: entry.keyId, lastSeq: entry.seq }
    const { chainId, seq, keyId } = entry
    notVerifiable.push({ chainId, firstSeq: seq, lastSeq: seq, keyId })
  }

  /** Lines that were taken for another key's are none: the first of them is the bad one. */
  function exposeUnverified(chain: ChainState): void {
    const { unverified } = chain
    if (!unverified) return
    problems.add(unverified.first, 'edited', 'it does not belong to the records after it')
    notVerifiable.pop()
    chain.unverified = null
  }

  function judgeKey(
    entry: RecordEntry,
    chain: ChainState,
    { result, bound }: { result: 'right' | 'wrong' | 'unknown'; bound: boolean },
  ): Found | null {
    if (!keys.any) {
      chain.records++
      return null
    }
    const expected = chain.lastSeq === null ? entry.keyId : (chain.nextKeyId ?? chain.keyId)
    const announced = chain.chainId === null || entry.keyId === expected
    if (result === 'unknown') {
      if (!announced) return keyFound(entry, chain)
      extendUnverified(entry, chain)
      return null
    }
    if (result === 'wrong') {
      return announced
        ? { kind: 'edited', detail: 'its content does not belong to its MAC' }
        : keyFound(entry, chain)
    }
    if (chain.unverified && (!announced || (bound && chain.unverified.keyId === entry.keyId))) {
      exposeUnverified(chain)
    } else if (!announced) return keyFound(entry, chain)
    chain.unverified = null
    chain.records++
    return null
  }

  const keyFound = (entry: RecordEntry, chain: ChainState): Found =>
    chain.formerKeyIds.has(entry.keyId)
      ? { kind: 'older_key', detail: `key ${entry.keyId} was rotated away before` }
      : { kind: 'wrong_key', detail: `no key_rotated announces key ${entry.keyId}` }

  function judgeStart(entry: RecordEntry, macBefore: string | null): Found | null {
    const named = member(entry, 'prior_chain_tail')
    if (entry.seq !== 1 || named === null || macBefore === null) return null
    return macBefore.startsWith(named)
      ? null
      : { kind: 'missing', detail: 'the records that this chain was begun after' }
  }

  function judgeRotation(entry: RecordEntry, chain: ChainState): Found | null {
    const newKeyId = member(entry, 'new_key_id')
    if (entry.chainEvent !== 'key_rotated' || newKeyId === null || !keys.any) return null
    const mac = member(entry, 'new_key_hmac') ?? ''
    return keys.learn(newKeyId, chain.lastMac ?? genesis, mac)
      ? null
      : { kind: 'edited', detail: 'the new key does not vouch for the change' }
  }

  /** Returns true if the blame is on another line. */
  function judgeCheckpoint(entry: RecordEntry, chain: ChainState): Found | null {
    if (isSignedBy(entry, publicKey) === 'wrong') {
      return { kind: 'bad_checkpoint', detail: 'its signature is wrong' }
    }
    const found = misfit(entry, chain)
    if (!found) return null
    const { first } = chain.span
    if (found.content && first && !keys.any) {
      problems.add(first, 'edited', found.detail)
      return null
    }
    return { kind: 'bad_checkpoint', detail: found.detail }
  }

  function judgeCopy(entry: RecordEntry, chain: ChainState): Found | null {
    const copy = elsewhere.find(entry)
    if (!copy) return null
    elsewhere.match(copy)
    if (!copy.line.bytes.equals(entry.line.bytes)) {
      return { kind: 'edited', detail: `the checkpoint kept in ${copy.file} is another` }
    }
    chain.attestedSeq = entry.seq
    chain.matched = {
      count: chain.matched.count + 1,
      lastSeq: entry.seq,
      lastTimestamp: member(entry, 'timestamp'),
    }
    return null
  }

  return {
    notVerifiable,
    judgeKey,

    /** What is known of a MAC when no key was given. */
    notChecked,

    /** Whether the record's MAC is right after this one. */
    follows: (entry: RecordEntry, previous: string | null): boolean =>
      previous !== null && keys.check(entry, [previous]).result === 'right',

    /** What is wrong with a record that stands where it may; `unchecked` if nothing says what it follows. */
    judge(
      entry: RecordEntry,
      chain: ChainState,
      macBefore: string | null,
    ): Found | 'unchecked' | null {
      const previous = macsBefore(entry, chain, macBefore)
      const unchecked = keys.any && previous.length === 0
      const found =
        (unchecked
          ? null
          : judgeKey(entry, chain, keys.any ? keys.check(entry, previous) : notChecked)) ??
        judgeStart(entry, macBefore) ??
        judgeRotation(entry, chain) ??
        (entry.eventType === eventTypes.checkpoint ? judgeCheckpoint(entry, chain) : null) ??
        judgeCopy(entry, chain)
      return found ?? (unchecked ? 'unchecked' : null)
    },
  }
}
