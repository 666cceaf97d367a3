import { createHash, type Hash } from 'node:crypto'
import { type Entry, member, type RecordEntry } from './entry.js'
import type { ChainReport, SeqRange, TrailEvent } from './report.js'

const maxEvents = 100
const maxNamedIntents = 100

/** A line that a later finding may point back to. */
export type LineRef = Pick<Entry, 'file' | 'line'> & { readonly seq: number | null }

/** The records since the last checkpoint that was read, for comparison with the next one. */
interface Span {
  hash: Hash
  /** Null while nothing was added. */
  fromSeq: number | null
  first: LineRef | null
  /** False when a line of it was bad, so that its digest means nothing. */
  whole: boolean
}

/** What is known of one chain so far. */
export interface ChainState {
  readonly chainId: string | null
  readonly firstSeq: number | null
  lastSeq: number | null
  /** The MAC that the last line states; null after a line that states none. */
  lastMac: string | null
  keyId: string | null
  /** What a `key_rotated` announced for the next record. */
  nextKeyId: string | null
  readonly formerKeyIds: Set<string | null>
  /** Where lines began whose key is not given. */
  unverified: {
    readonly first: LineRef
    readonly keyId: string | null
    lastSeq: number | null
  } | null
  span: Span
  /** SHA-256 of the line of the last checkpoint in the chain; null before the first. */
  checkpointSha256: string | null
  begins: 'genesis' | 'not_given'
  /** The chain whose last record this one's start names. */
  readonly follows: ChainState | null
  /** Its last record was named by the start of a chain that is this one's successor. */
  successor: ChainState | null
  attestedSeq: number | null
  matched: { count: number; lastSeq: number | null; lastTimestamp: string | null }
  records: number
  bytes: number
  readonly files: Set<string>
  readonly keyIds: Set<string>
  starts: number
  firstTimestamp: string | null
  lastTimestamp: string | null
  clockWentBack: number
  readonly events: TrailEvent[]
  readonly gaps: SeqRange[]
  readonly first: LineRef
  last: LineRef
}

const emptySpan = (): Span => ({
  hash: createHash('sha256'),
  fromSeq: null,
  first: null,
  whole: true,
})

export function beginChain(
  entry: RecordEntry,
  begins: ChainState['begins'],
  follows: ChainState | null,
): ChainState {
  return {
    chainId: entry.chainId,
    firstSeq: entry.seq,
    lastSeq: null,
    lastMac: null,
    keyId: entry.keyId,
    nextKeyId: null,
    formerKeyIds: new Set(),
    unverified: null,
    span: emptySpan(),
    checkpointSha256: null,
    begins,
    follows,
    successor: null,
    attestedSeq: null,
    matched: { count: 0, lastSeq: null, lastTimestamp: null },
    records: 0,
    bytes: 0,
    files: new Set(),
    keyIds: new Set(),
    starts: 0,
    firstTimestamp: null,
    lastTimestamp: null,
    clockWentBack: 0,
    events: [],
    gaps: [],
    first: entry,
    last: entry,
  }
}

/** Times have one length and one zone, so their texts compare as they do. */
const isBefore = (time: string, other: string | null): boolean =>
  other !== null && time.length === 32 && other.length === 32 && time < other

/** Goes on to the next record, as it states itself. */
export function advance(chain: ChainState, entry: RecordEntry): void {
  chain.lastSeq = entry.seq
  chain.lastMac = entry.mac
  if (chain.files.size === 0 || entry.file !== chain.last.file) chain.files.add(entry.file)
  chain.last = entry
  chain.bytes += entry.line.whole.length
  if (entry.keyId !== chain.keyId) {
    chain.formerKeyIds.add(chain.keyId)
    chain.keyId = entry.keyId
  }
  if (chain.keyId !== null && !chain.keyIds.has(chain.keyId)) chain.keyIds.add(chain.keyId)
  chain.nextKeyId = entry.chainEvent === 'key_rotated' ? member(entry, 'new_key_id') : null
  const timestamp = member(entry, 'timestamp')
  if (timestamp !== null) {
    chain.firstTimestamp ??= timestamp
    if (isBefore(timestamp, chain.lastTimestamp)) chain.clockWentBack++
    chain.lastTimestamp = timestamp
  }
  if (entry.chainEvent === null) return
  if (entry.chainEvent === 'chain_start' && member(entry, 'message') === 'Audit chain start') {
    chain.starts++
  }
  if (chain.events.length < maxEvents) {
    const detail = member(entry, 'cause') ?? member(entry, 'prior_tail_status')
    const event = detail === null ? entry.chainEvent : `${entry.chainEvent} (${detail})`
    chain.events.push({ seq: entry.seq, timestamp, event })
  }
}

/** Adds a record to what the next checkpoint has to cover. */
export function cover(chain: ChainState, entry: RecordEntry): void {
  const { span } = chain
  span.hash.update(entry.line.whole)
  span.fromSeq ??= entry.seq
  span.first ??= entry
}

/** Begins the span after a checkpoint. */
export function closeSpan(chain: ChainState, checkpoint: RecordEntry): void {
  chain.checkpointSha256 = createHash('sha256').update(checkpoint.line.whole).digest('hex')
  chain.span = emptySpan()
}

/** Whether the last record is vouched for, by a checkpoint or by the chain that came after. */
export function attestedToItsEnd(chain: ChainState): boolean {
  if (chain.attestedSeq !== null && chain.attestedSeq === chain.lastSeq) return true
  return chain.successor !== null && chain.successor.attestedSeq !== null
}

export function chainReport(
  chain: ChainState,
  removed: boolean,
  inDoubt: readonly string[],
): ChainReport {
  const last = chain.lastSeq ?? chain.records
  const before = chain.attestedSeq ?? (chain.firstSeq ?? 1) - 1
  return {
    chainId: chain.chainId,
    firstSeq: chain.firstSeq,
    lastSeq: chain.lastSeq,
    firstTimestamp: chain.firstTimestamp,
    lastTimestamp: chain.lastTimestamp,
    records: chain.records,
    bytes: chain.bytes,
    segments: chain.files.size,
    keyIds: [...chain.keyIds],
    starts: chain.starts,
    checkpoints: {
      matched: chain.matched.count,
      lastSeq: chain.matched.lastSeq,
      lastTimestamp: chain.matched.lastTimestamp,
    },
    attestedSeq: chain.attestedSeq,
    unattestedTail: attestedToItsEnd(chain) ? 0 : Math.max(0, last - before),
    beginning: chain.begins === 'genesis' ? 'given' : removed ? 'removed' : 'not_given',
    inDoubt: { count: inDoubt.length, requestIds: inDoubt.slice(0, maxNamedIntents) },
    clockWentBack: chain.clockWentBack,
    events: chain.events,
    gaps: chain.gaps,
  }
}
