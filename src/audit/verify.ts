import { open } from 'node:fs/promises'
import { genesis, linkMac, splitLine } from './chain.js'
import { classifyBreak, type ParsedLine } from './classify-break.js'
import { derivedKeyId } from './keys.js'
import { type FileLine, readLines } from './line-reader.js'
import { isTornRecord } from './prior-tail.js'
import type { ChainSummary, ForeignLines, Problem, VerifyReport } from './verify-report.js'

interface TrailLine extends ParsedLine {
  readonly line: FileLine
  readonly chainId: string | null
  readonly keyId: string | null
  readonly chainEvent: string | null
  readonly timestamp: string | null
  readonly previousMac: string | null
  readonly priorTail: string | null
}

const maxChains = 100

const textOr = (value: unknown): string | null => (typeof value === 'string' ? value : null)

function parseLine(line: FileLine): TrailLine {
  const signed = splitLine(line.bytes)
  let record: Record<string, unknown> = {}
  let isRecord = false
  if (signed) {
    try {
      record = JSON.parse(line.bytes.toString('utf8'))
      isRecord = record !== null && typeof record === 'object'
    } catch {}
  }
  return {
    line,
    signed: isRecord ? signed : null,
    seq: typeof record.seq === 'number' ? record.seq : null,
    chainId: textOr(record.chain_id),
    keyId: textOr(record.key_id),
    chainEvent: textOr(record.chain_event),
    timestamp: textOr(record.timestamp),
    previousMac: textOr(record.previous_hmac),
    priorTail: record.resumed_from_prior === false ? textOr(record.prior_chain_tail) : null,
  }
}

/** Follows the chains of one file, line by line, up to the first thing that is wrong. */
function createVerifier(key: Buffer) {
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
    const seq = chain ? chain.lastSeq !== null && chain.lastSeq + 1 : bad.seq !== null && 1
    problem = { ...found, line: number, byteOffset, seq: seq || null }
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

  function finish(): Omit<VerifyReport, 'file' | 'bytes'> {
    if (suspect) judge(null)
    const [first] = foreign
    if (!problem && records === 0 && foreignStart?.signed && foreignStart.keyId === ownKeyId) {
      blame(foreignStart, { kind: 'edited', detail: 'its content does not belong to its MAC' })
    }
    const reason = problem
      ? null
      : records === 0
        ? sawRecord
          ? `not one record was made with this key${first?.keyId ? ` (the file names key ${first.keyId}, this one is ${ownKeyId} unless it was given a name)` : ''}: wrong key?`
          : tornTail
            ? 'the file holds no whole record'
            : 'the file is not an audit trail'
        : first
          ? 'some lines were made with another key and could not be checked'
          : null
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

const unreadable = (file: string, bytes: number, reason: string): VerifyReport => ({
  verdict: 'not_verifiable',
  file,
  bytes,
  records: 0,
  firstTimestamp: null,
  lastTimestamp: null,
  chains: [],
  chainCount: 0,
  tornTail: null,
  foreign: [],
  problem: null,
  reason,
})

/**
 * Checks every line of one file with one key, in constant memory. It stops at the first line that is wrong. Chains of the
 * reference server (behaviour spec §5.3) verify as well. Never rejects: what cannot be read is `not_verifiable`.
 */
export async function verifyTrail(file: string, key: Buffer): Promise<VerifyReport> {
  let size = 0
  try {
    const handle = await open(file, 'r')
    try {
      const stat = await handle.stat()
      if (stat.isDirectory()) return unreadable(file, 0, 'the file is a directory')
      size = stat.size
      const verifier = createVerifier(key)
      let empty = true
      for await (const lines of readLines(handle)) {
        empty = false
        for (const line of lines) {
          const entry = parseLine(line)
          if (line.terminated) verifier.feed(entry)
          else verifier.readUnterminated(entry)
          if (verifier.done()) break
        }
        if (verifier.done()) break
      }
      if (empty) return unreadable(file, size, 'the file is empty')
      return { file, bytes: size, ...verifier.finish() }
    } finally {
      await handle.close()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return unreadable(file, size, `the file cannot be read (${code ?? 'unknown error'})`)
  }
}
