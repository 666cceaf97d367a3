import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import { startTimer } from '../timer.js'
import { type ChainPosition, createChain, genesis, splitLine } from './chain.js'
import {
  type ChainEvent,
  checkpointsFailed,
  fileFailed,
  fileOpened,
  fileRecovered,
  keyRotated,
  recordsLost,
  retentionFailed,
  rotationFailed,
  segmentRemoved,
  startEvents,
  writerLockLost,
} from './chain-events.js'
import { type CheckpointFile, createCheckpointFile } from './checkpoint-file.js'
import type { CheckpointSigner } from './checkpoint-signer.js'
import type { CheckpointCause } from './checkpoint-span.js'
import { createCheckpointing } from './checkpointing.js'
import { claimTrail } from './claim-trail.js'
import { type Journal, openJournal } from './journal.js'
import { jsonText } from './json-text.js'
import type { AuditKey, KeyRing } from './keys.js'
import type { PriorTrail } from './prior-trail.js'
import { createRecordCleaner } from './record-cleaner.js'
import { type AuditRecord, eventRecord, interruptedRecord, retentionClass } from './records.js'
import type { Redactor } from './redaction.js'
import { type ChainPart, isPartOf, removeOldSegments } from './retention.js'
import { createRetentionSweeps, type RetentionSweeps } from './retention-sweeps.js'
import { createRotation, type Rotation, type RotationLimits } from './rotation.js'
import { checkpointsFile } from './segments.js'
import { namingAuditFile } from './start-refusals.js'
import { createTrailSinks, type TrailSinks } from './trail-sinks.js'

export interface WriterStats {
  /** Whether records reach a file that a crash cannot take. */
  readonly durable: boolean
  readonly chainId: string
  readonly keyId: string
  readonly lastSeq: number
  /** Records made by this process. */
  readonly records: number
  /** Records not yet in the file. */
  readonly queued: number
  /** Records the file will never hold; they went to stderr and the listeners. */
  readonly lostToFile: number
  readonly lostToStderr: number
}

/** A trail that can be read back while it is written. */
export interface TrailStore {
  /** The file that is written to. */
  readonly file: string
  /** As the journal says it. */
  readonly syncedBytes: Journal['syncedBytes']
  /** Calls back when more is on disk. */
  readonly onStored: TrailSinks['onStored']
  readonly onKept: TrailSinks['onKept']
}

/** Makes records into the lines of a chain and hands the identical line to every sink. */
export interface TrailWriter {
  /** Resolves when the line is in the file (without a file: on stderr); rejects when it is not. Never throws. */
  write(record: AuditRecord): Promise<void>
  writable(): boolean
  readonly durable: boolean
  readonly onLine: TrailSinks['onLine']
  /** Null when the trail is in no file that can be read back. */
  readonly store: TrailStore | null
  /** The place before the first record of this process. */
  readonly begins: ChainPosition
  /** The last record that was made. */
  end(): ChainPosition
  /** Keeps closed segments for as long as `needed` says so of what they hold. */
  keepSegmentsWhile(needed: (part: ChainPart) => boolean): void
  /** Deletes what is old enough and needed by nobody, soon. */
  sweep(): void
  /** Keeps the lock when the trail is closed, until what this returns is called: somebody still writes beside the file. */
  holdLock(): () => Promise<void>
  /** Goes on in a new file if the present one was renamed or removed. */
  reopen(): void
  stats(): WriterStats
  /** Writes what waits, if it can, closes the file, and lets the next process in. */
  close(): Promise<void>
}

export interface TrailWriterOptions {
  readonly keys: KeyRing
  readonly signer: CheckpointSigner | null
  readonly redactor: Redactor
  readonly file: string | undefined
  /** What to do when records are missing that a checkpoint names. */
  readonly onBreak: 'refuse' | 'new_chain'
  readonly rotation: RotationLimits
  /** Milliseconds after which closed segments are deleted; null: never. */
  readonly retentionMs: number | null
  readonly maxQueuedRecords: number
  readonly clock: () => Date
  readonly stderr: (line: string) => void
  readonly after: (milliseconds: number, callback: () => void) => void
}

const retryMilliseconds = 1_000
const nothing = (): void => {}

/** Opens the file and begins or continues its chain. Rejects with an error that names AUDIT_LOG_FILE. */
export async function openTrailWriter(options: TrailWriterOptions): Promise<TrailWriter> {
  const { keys, signer, redactor, file, clock } = options
  const sinks = createTrailSinks(options.stderr)
  const cleaned = createRecordCleaner(redactor)
  const holds: ((part: ChainPart) => boolean)[] = []
  let journal: Journal | null = null
  let rotation: Rotation | null = null
  let checkpointFile: CheckpointFile | null = null
  let sweeps: RetentionSweeps | null = null
  let lastCopy: Promise<void> = Promise.resolve()
  let lostToFile = 0
  let followed = false
  let closed = false
  let ended = false
  let lockHolds = 0

  const chainFrom = (key: AuditKey, from: ChainPosition) =>
    createChain({ key: key.bytes, keyId: key.id, from })
  const freshChain = () => chainFrom(keys.current, { chainId: randomUUID(), mac: genesis, seq: 0 })

  /** Sealing and queueing are one step, so that every sink has the order of the chain. */
  function seal(record: AuditRecord): Promise<void> {
    const sealed = chain.seal(record, retentionClass(record.event_type))
    const written = sinks.emit(sealed, record)
    if (checkpoints.follow(record, sealed)) checkpoint('records')
    return written
  }

  /** Records what stands since the last checkpoint, and copies that beside the file once the trail has it on disk. */
  function checkpoint(cause: CheckpointCause): void {
    const record = checkpoints.record(cause, clock())
    if (!record) return
    const sealed = chain.seal(record, retentionClass(record.event_type), signer?.sign)
    checkpoints.closedBy(sealed.line)
    lastCopy = sinks
      .emit(sealed, record)
      .then(() => checkpointFile?.append(sealed.line))
      .catch(nothing)
  }

  /** What the trail says of itself holds nothing from outside, and its digests must not be taken for secrets. */
  const announce = ({ level, message, fields }: ChainEvent): Promise<void> =>
    seal(eventRecord(clock(), level, message, fields))

  function note(event: ChainEvent): void {
    announce(event).catch(nothing)
  }

  function recovered(lost: number, lastLine: string | null): void {
    if (lost === 0) {
      note(fileRecovered())
      checkpoint('age')
      return
    }
    lostToFile += lost
    chain = freshChain()
    checkpoints.beginChain()
    note(recordsLost(lost, lastLine && (splitLine(Buffer.from(lastLine))?.mac ?? null)))
    checkpoint('start')
  }

  /** Everything the end of an earlier run has left to say, before this run says anything. */
  function begin(prior: PriorTrail | null): void {
    const resumption = prior?.resumption
    const attested = resumption
      ? resumption.span.records() === 0
      : prior === null || prior.claimedMac === null
    if (resumption?.inNewFile) note(fileOpened('resumed', chain.position().mac))
    if (resumption && chainIsOurs && !resumption.key.bytes.equals(keys.current.bytes)) {
      note(keyRotated(keys.current, chain.position().mac))
      chain = chainFrom(keys.current, chain.position())
    }
    for (const event of startEvents(prior)) note(event)
    for (const [requestId, intent] of resumption?.openIntents.entries() ?? []) {
      seal(interruptedRecord(clock(), requestId, intent)).catch(nothing)
    }
    if (resumption?.uncopiedCheckpoint) void checkpointFile?.append(resumption.uncopiedCheckpoint)
    // Until there is one, the end of the run before is attested by nothing.
    if (!attested) checkpoint('start')
  }

  function rotateIfDue(): void {
    if (!rotation?.due()) return
    checkpoint('rotated')
    const { seq, mac } = chain.position()
    const done = rotation.rotate(seq)
    if ('failure' in done) note(rotationFailed(done.failure))
    else note(fileOpened('rotated', mac, basename(done.closedPath)))
  }

  /** Looked at once in each turn of the event loop: records that are written together go to one file. */
  function followRenamedFileOnce(): void {
    if (followed) return
    followed = true
    setImmediate(() => {
      followed = false
    })
    followRenamedFile()
  }

  function followRenamedFile(): void {
    const cause = journal?.beganNewFile()
    if (!cause) return
    rotation?.began()
    note(fileOpened(cause, chain.position().mac))
  }

  /** The file is another writer's now: nothing more may be chained, so this is said outside the chain. */
  function stopForGood(owner: string): void {
    closed = true
    sweeps?.stop()
    journal?.abandon()
    const { level, message, fields } = writerLockLost(owner)
    options.stderr(jsonText(eventRecord(clock(), level, message, fields)))
  }

  async function releaseLock(): Promise<void> {
    if (ended && lockHolds === 0) await lock?.release()
  }

  const sweep = (file: string, maxAgeMs: number): Promise<void> =>
    removeOldSegments({
      file,
      maxAgeMs,
      clock,
      stopped: () => closed || lock?.held() === false,
      needed: (part) => holds.some((needed) => needed(part)),
      async announce(segment, part) {
        const announced = announce(segmentRemoved(segment, part))
        // A spool gives room on a disk that may be full of it: then the record waits for the room that it announces.
        if (maxAgeMs === 0) announced.catch(nothing)
        else await announced
      },
      removed: async (parts) =>
        checkpointFile?.drop((entry) => parts.some((part) => isPartOf(entry, part))),
    })

  const claimed =
    file === undefined
      ? null
      : await claimTrail(file, { keys, onBreak: options.onBreak, onLost: stopForGood })
  const lock = claimed?.lock ?? null
  const prior = claimed?.prior ?? null
  const resumption = prior?.resumption ?? null
  /** After a chain of the reference server begins one of ours, under our key. */
  const chainIsOurs = resumption !== null && resumption.position.chainId !== null
  let chain = resumption
    ? chainFrom(chainIsOurs ? resumption.key : keys.current, {
        ...resumption.position,
        chainId: resumption.position.chainId ?? randomUUID(),
      })
    : freshChain()
  const checkpoints = createCheckpointing({
    resumed: resumption,
    signingKeyId: signer?.keyId ?? null,
    after: options.after,
    // During an outage nothing can be attested; what waited is when it ends.
    onAge: () => {
      if (!closed && (journal?.writable() ?? true)) checkpoint('age')
    },
  })
  let store: TrailStore | null = null
  if (file !== undefined) {
    const opened = await namingAuditFile(() =>
      openJournal({
        path: file,
        maxQueuedRecords: options.maxQueuedRecords,
        onFailure: (code) => note(fileFailed(code)),
        onRecovery: recovered,
        ours: () => lock?.held() !== false,
        after: options.after,
        retryMilliseconds,
        deadline: startTimer,
      }),
    )
    journal = opened
    sinks.useFile(opened)
    if (opened.durable) {
      rotation = createRotation({ file, journal: opened, limits: options.rotation, clock })
      checkpointFile = createCheckpointFile(checkpointsFile(file), (code) => {
        if (!closed) note(checkpointsFailed(code))
      })
      const { retentionMs } = options
      if (retentionMs !== null) {
        sweeps = createRetentionSweeps({
          sweep: () => sweep(file, retentionMs),
          onFailure: (code) => note(retentionFailed(code)),
          after: options.after,
        })
      }
      store = {
        file,
        syncedBytes: opened.syncedBytes,
        onStored: sinks.onStored,
        onKept: sinks.onKept,
      }
    }
  }
  const begins = chain.position()
  begin(prior)

  return {
    write(record) {
      // A record that only some sinks could get would fork the chain, and so would one after another writer's.
      if (closed) return Promise.reject(new Error('the audit trail is closed'))
      if (lock?.held() === false) return Promise.reject(new Error('the audit file is another’s'))
      followRenamedFileOnce()
      rotateIfDue()
      return seal(cleaned(record))
    },

    writable: () =>
      !closed && lock?.held() !== false && (journal?.writable() ?? sinks.stderrTakes()),
    durable: journal?.durable ?? false,
    onLine: sinks.onLine,
    store,
    begins,
    end: () => chain.position(),
    keepSegmentsWhile: (needed) => {
      holds.push(needed)
    },
    sweep: () => sweeps?.now(),
    holdLock() {
      lockHolds++
      return () => {
        lockHolds--
        return releaseLock()
      }
    },
    reopen: followRenamedFile,

    stats: () => ({
      durable: journal?.durable ?? false,
      chainId: chain.position().chainId,
      keyId: keys.current.id,
      lastSeq: chain.position().seq,
      records: sinks.records(),
      queued: journal?.queued() ?? 0,
      lostToFile: lostToFile + (journal?.lost() ?? 0),
      lostToStderr: sinks.lostToStderr(),
    }),

    async close() {
      if (!closed) checkpoint('shutdown')
      closed = true
      sweeps?.stop()
      await journal?.close()
      await lastCopy
      ended = true
      await releaseLock()
    },
  }
}
