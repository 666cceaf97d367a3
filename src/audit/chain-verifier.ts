import { genesis, linkMac } from './chain.js'
import { classifyBreak } from './classify-break.js'
import { derivedKeyId } from './keys.js'
import { isTornRecord } from './prior-tail.js'
import type { TrailLine } from './trail-line.js'
import type { ChainSummary, ForeignLines, Problem, VerifyReport } from './verify-report.js'

/** Chains that are reported one by one. */
const maxChains = 100

/** Follows the chains of one file, line by line, up to the first thing that is wrong. */
export function createChainVerifier(key: Buffer) {
  const ownKeyId = derivedKeyId(key)
  const chains: ChainSummary[] = []
  const geneses = new Set<string>()
  const foreign: ForeignLines[] = []
  let chain: ChainSummary | null = null
  let chainCount = 0
  let records = 0
  let firstTimestamp: string | null = null
  let lastTimestamp: string | null = null
  let last: { mac: string; seq: number | null } = { mac: genesis, seq: null }
  /** The MAC that the line before states, right or wrong. */
  let statedMac: string | null = null
  /** The first line that did not fit, until the next one tells more. */
  let suspect: TrailLine | null = null
  /** Where lines began that may be another key's. */
  let foreignStart: TrailLine | null = null
  let sawRecord = false
  let problem: Problem | null = null
  let tornTail: VerifyReport['tornTail'] = null

  const verifies = ({ signed }: TrailLine, previous: string): boolean =>
    signed !== null && linkMac(key, previous, signed.text) === signed.mac

  function blame(bad: TrailLine, found: Pick<Problem, 'kind' | 'detail'>): void {
    const { number, byteOffset } = bad.line
    const before = chain ? chain.lastSeq : bad.seq === null ? null : 0
    problem = { ...found, line: number, byteOffset, seq: before === null ? null : before + 1 }
  }

  function accept(entry: TrailLine, mac: string): void {
    if (!chain || entry.chainId !== chain.chainId || entry.keyId !== chain.keyId) beginChain(entry)
    if (chain) {
      chain.records++
      chain.lastSeq = entry.seq
      if (entry.chainEvent === 'chain_start' && entry.priorTail === null) chain.starts++
    }
    records++
    last = { mac, seq: entry.seq }
    firstTimestamp ??= entry.timestamp
    lastTimestamp = entry.timestamp
  }

  function beginChain(entry: TrailLine): void {
    chain = {
      chainId: entry.chainId,
      keyId: entry.keyId,
      firstLine: entry.line.number,
      firstSeq: entry.seq,
      lastSeq: entry.seq,
      records: 0,
      starts: 0,
    }
    chainCount++
    if (chains.length < maxChains) chains.push(chain)
  }

  function acceptGenesis(entry: TrailLine, mac: string): void {
    if (geneses.has(mac)) {
      blame(entry, { kind: 'duplicated', detail: 'a chain that stands earlier in the file' })
      return
    }
    if (entry.priorTail !== null && statedMac !== null && !statedMac.startsWith(entry.priorTail)) {
      blame(entry, { kind: 'missing', detail: 'the records that this chain was begun after' })
      return
    }
    geneses.add(mac)
    chain = null
    accept(entry, mac)
  }

  function judge(next: TrailLine | null): void {
    const bad = suspect
    if (!bad) return
    suspect = null
    const linked = next && bad.signed && verifies(next, bad.signed.mac)
    const otherKey =
      bad.signed !== null && bad.keyId !== ownKeyId && bad.chainEvent === 'chain_start'
    if (!linked && (records === 0 || (otherKey && bad.keyId !== chain?.keyId))) {
      foreignStart = bad
      foreign.push({ firstLine: bad.line.number, lastLine: bad.line.number, keyId: bad.keyId })
      return
    }
    blame(
      bad,
      classifyBreak(key, {
        previousMac: last.mac,
        previousSeq: last.seq,
        suspect: bad,
        next,
      }),
    )
  }

  /** Within lines of another key: one that follows its neighbour under ours shows that they are not. */
  function readForeign(entry: TrailLine, start: TrailLine): void {
    const block = foreign.at(-1)
    const begins = verifies(entry, genesis)
    const follows = statedMac !== null && verifies(entry, statedMac)
    if (follows || (begins && (start.signed === null || (start.keyId ?? '') === entry.keyId))) {
      foreign.pop()
      blame(
        start,
        start.signed === null
          ? { kind: 'malformed', detail: 'not a whole signed record' }
          : begins
            ? { kind: 'inserted', detail: 'the chain begins after it' }
            : { kind: 'edited', detail: 'it does not belong to the records after it' },
      )
    } else if (begins && entry.signed) {
      foreignStart = null
      acceptGenesis(entry, entry.signed.mac)
    } else if (block) {
      block.lastLine = entry.line.number
    }
  }

  function feed(entry: TrailLine): void {
    if (suspect) judge(entry)
    if (problem) return
    if (entry.signed) sawRecord = true
    if (foreignStart) readForeign(entry, foreignStart)
    else if (!entry.signed) suspect = entry
    else if (records > 0 && verifies(entry, last.mac)) accept(entry, entry.signed.mac)
    else if (verifies(entry, genesis)) acceptGenesis(entry, entry.signed.mac)
    else if (entry.line.number === 1 && entry.previousMac && verifies(entry, entry.previousMac)) {
      accept(entry, entry.signed.mac)
    } else suspect = entry
    if (entry.signed) statedMac = entry.signed.mac
  }

  /** What stands behind the last line feed: the beginning of a record is what a crash leaves. */
  function readUnterminated(entry: TrailLine): void {
    const { number, byteOffset, bytes } = entry.line
    if (entry.signed || !isTornRecord(bytes)) {
      feed(entry)
      return
    }
    if (suspect) judge(null)
    tornTail = { line: number, byteOffset, bytes: bytes.length }
  }

  /** Why nothing, or not all, can be said of the file; null when everything could be checked. */
  function notVerifiable(): string | null {
    const [first] = foreign
    if (records > 0) {
      return first ? 'some lines were made with another key and could not be checked' : null
    }
    if (sawRecord) {
      const named = first?.keyId
        ? ` (the file names key ${first.keyId}, this one is ${ownKeyId} unless it was given a name)`
        : ''
      return `not one record was made with this key${named}: wrong key?`
    }
    return tornTail ? 'the file holds no whole record' : 'the file is not an audit trail'
  }

  function finish(): Omit<VerifyReport, 'file' | 'bytes'> {
    if (suspect) judge(null)
    if (!problem && records === 0 && foreignStart?.signed && foreignStart.keyId === ownKeyId) {
      blame(foreignStart, { kind: 'edited', detail: 'its content does not belong to its MAC' })
    }
    const reason = problem ? null : notVerifiable()
    return {
      verdict: problem ? 'tampered' : reason ? 'not_verifiable' : 'intact',
      records,
      firstTimestamp,
      lastTimestamp,
      chains,
      chainCount,
      tornTail,
      foreign: problem || !sawRecord ? [] : foreign,
      problem,
      reason,
    }
  }

  return { feed, readUnterminated, finish, done: () => problem !== null }
}
