import { statSync } from 'node:fs'
import type { ChainPosition } from './chain.js'
import { checkpointKey, checkpointsFromEnd } from './checkpoint-file.js'
import { type CheckpointSpan, createCheckpointSpan, lineSha256 } from './checkpoint-span.js'
import type { AuditKey } from './keys.js'
import { createOpenIntents, type Fields, type OpenIntents } from './open-intents.js'
import { keyOfTail, type PriorSegment, readPriorSegment } from './prior-segment.js'
import { eventTypes } from './records.js'
import { checkpointsFile, rotatedFiles } from './segments.js'
import type { SignedRecord } from './signed-record.js'
import type { TornTail } from './torn-tail.js'
import { textOrNull } from './trail-line.js'

/**
 * How the file's end was found at start (behaviour spec §5.4). Ours are `unverifiable`, the end was not made with these keys,
 * and `broken`, records are missing that a checkpoint names.
 */
export type PriorTailStatus =
  | 'resumed'
  | 'no_prior_file'
  | 'empty_file'
  | 'unreadable'
  | 'unverifiable'
  | 'broken'

/** Where and how to go on with a chain. */
export interface Resumption {
  readonly position: Omit<ChainPosition, 'chainId'> & {
    /** Null for a chain of the reference server. */
    readonly chainId: string | null
  }
  /** The key and key id of the last record. */
  readonly key: AuditKey
  /** The records that no checkpoint covers yet. */
  readonly span: CheckpointSpan
  readonly openIntents: OpenIntents
  /** A checkpoint that a crash kept from being copied beside the trail. */
  readonly uncopiedCheckpoint: string | null
  /** Whether the file itself holds none of the chain, because its last part was moved away. */
  readonly inNewFile: boolean
}

/** A checkpoint that the trail does not reach. */
export interface ChainBreak {
  readonly checkpointChainId: string | null
  readonly checkpointSeq: number | null
}

export interface PriorTrail {
  readonly status: PriorTailStatus
  /** Only when `resumed`. */
  readonly resumption: Resumption | null
  /** Only when `broken`. */
  readonly break: ChainBreak | null
  /** The MAC that the last record states, whether or not it is right. */
  readonly claimedMac: string | null
  readonly torn: TornTail | null
}

const nothingRead: PriorSegment = { records: [], empty: true, torn: null }

/**
 * Reads the end of the trail, mends what a crash left of a record, and checks it with the keys and against the checkpoints
 * beside it. Rejects with the system's error when the file or its checkpoints cannot be read.
 */
export async function readPriorTrail(path: string, keys: readonly Buffer[]): Promise<PriorTrail> {
  const segment = await readPriorSegment(path, { mend: true })
  const { torn } = segment ?? nothingRead
  const checkpoint = await lastCheckpoint(path)
  const last = segment?.records.at(-1)
  const facts = { resumption: null, break: null, claimedMac: last?.signed.mac ?? null, torn }

  if (!segment || segment.empty) {
    const moved = await movedTail(path, keys, checkpoint)
    if (moved) return { ...facts, ...moved }
    return { ...facts, status: segment ? 'empty_file' : 'no_prior_file' }
  }
  if (!last) return { ...facts, status: 'unreadable' }
  const key = keyOfTail(segment.records, keys)
  if (!key) return { ...facts, status: 'unverifiable' }
  if (checkpoint && !(await reaches(path, segment, checkpoint, keys))) {
    return { ...facts, status: 'broken', break: breakAt(checkpoint) }
  }
  return {
    ...facts,
    status: 'resumed',
    resumption: resume(segment.records, key, checkpoint, false),
  }
}

/** The newest copy of a checkpoint, whoever made it. */
async function lastCheckpoint(path: string): Promise<SignedRecord | null> {
  for await (const entry of checkpointsFromEnd(checkpointsFile(path))) return entry
  return null
}

const breakAt = ({ chainId, seq }: SignedRecord): ChainBreak => ({
  checkpointChainId: chainId,
  checkpointSeq: seq,
})

const isCheckpoint = ({ record }: SignedRecord): boolean =>
  record.event_type === eventTypes.checkpoint

/** Whether the end of the file is at or after the checkpoint that stands last beside it. */
async function reaches(
  path: string,
  { records }: PriorSegment,
  checkpoint: SignedRecord,
  keys: readonly Buffer[],
): Promise<boolean> {
  const first = records.findLast(isCheckpoint) ?? records[0]
  if (!first || first.line.equals(checkpoint.line)) return true
  if (!checkpointKey(checkpoint, keys)) {
    // One of a key that is no longer known says nothing; one that only claims our key was forged.
    return checkpoint.record.key_id !== records.at(-1)?.record.key_id
  }
  if (records.some((entry) => recordsBreak(entry, checkpoint))) return true
  if (first.chainId === checkpoint.chainId) return (first.seq ?? 0) > (checkpoint.seq ?? 0)
  if (!isCheckpoint(first)) return first.seq === 1 || first.seq === null
  // Another chain's checkpoint that was already copied is an old one: the file was put back.
  for await (const copied of checkpointsFromEnd(checkpointsFile(path))) {
    if (copied.line.equals(first.line)) return false
  }
  return true
}

/** Whether a chain was begun because of just this checkpoint. */
const recordsBreak = ({ record }: SignedRecord, { chainId, seq }: SignedRecord): boolean =>
  record.chain_event === 'chain_start' &&
  record.checkpoint_chain_id === chainId &&
  record.checkpoint_seq === seq

/** Goes on after what is known of the chain's end although the file itself is gone or empty. */
async function movedTail(
  path: string,
  keys: readonly Buffer[],
  checkpoint: SignedRecord | null,
): Promise<Pick<PriorTrail, 'status' | 'resumption' | 'break' | 'claimedMac'> | null> {
  // Without its key nothing can be said of a checkpoint.
  const checkpointedWith = checkpoint && checkpointKey(checkpoint, keys)
  const known = checkpointedWith ? checkpoint : null
  const resumed = { status: 'resumed', break: null } as const
  for (const file of newestFirst(rotatedFiles(path)).slice(0, 10)) {
    // It may be anybody's file: it is looked at, if that is possible, and nothing more.
    const segment = await readPriorSegment(file, { mend: false }).catch(() => null)
    const last = segment?.records.at(-1)
    if (!segment || !last) continue
    if (known && (last.chainId !== known.chainId || (last.seq ?? 0) < (known.seq ?? 0))) continue
    const key = keyOfTail(segment.records, keys)
    if (!key) continue
    const resumption = resume(segment.records, key, checkpoint, true)
    return { ...resumed, resumption, claimedMac: last.signed.mac }
  }
  if (!known || !checkpointedWith) return null
  const claimedMac = known.signed.mac
  if (known.record.cause === 'shutdown') {
    const resumption = resume([known], checkpointedWith, known, true)
    return { ...resumed, resumption, claimedMac }
  }
  return { status: 'broken', resumption: null, break: breakAt(known), claimedMac }
}

const newestFirst = (files: readonly string[]): string[] =>
  files
    .map((file) => ({ file, time: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.time - a.time)
    .map(({ file }) => file)

function resume(
  records: readonly SignedRecord[],
  key: Buffer,
  copied: SignedRecord | null,
  inNewFile: boolean,
): Resumption {
  const last = records.at(-1) as SignedRecord
  const at = records.findLastIndex(isCheckpoint)
  const checkpoint = records[at] ?? null
  const openIntents = createOpenIntents()
  const open = checkpoint?.record.open_intents
  if (Array.isArray(open)) for (const requestId of open) openIntents.add(String(requestId))

  const ofChain = (entry: SignedRecord | null): boolean => entry?.chainId === last.chainId
  const span = createCheckpointSpan(
    checkpoint && ofChain(checkpoint) ? lineSha256(checkpoint.line) : null,
  )
  for (const { record } of records.slice(0, Math.max(0, at))) openIntents.describe(record as Fields)
  for (const entry of records.slice(at + 1)) {
    openIntents.follow(entry.record as Fields)
    if (!ofChain(entry) || entry.seq === null) continue
    span.add({ line: entry.line.toString('latin1'), seq: entry.seq, mac: entry.signed.mac })
  }
  const uncopied = checkpoint !== null && !copied?.line.equals(checkpoint.line)
  return {
    position: { mac: last.signed.mac, seq: last.seq ?? 0, chainId: last.chainId },
    key: { bytes: key, id: textOrNull(last.record.key_id) ?? '' },
    span,
    openIntents,
    uncopiedCheckpoint: uncopied ? checkpoint.line.toString('latin1') : null,
    inNewFile,
  }
}
