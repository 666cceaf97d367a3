import { randomUUID } from 'node:crypto'
import type { AuditValue, Level } from './audit-log.js'
import { type ChainPosition, createChain, genesis, type SealedRecord, splitLine } from './chain.js'
import {
  type ChainEvent,
  fileFailed,
  fileOpened,
  fileRecovered,
  recordsLost,
  startEvents,
} from './chain-events.js'
import { type Journal, openJournal } from './journal.js'
import type { AuditKey } from './keys.js'
import { readPriorTail } from './prior-tail.js'
import { bounded } from './record-bounds.js'
import { type AuditRecord, eventRecord, retentionClass } from './records.js'
import type { Redactor } from './redaction.js'

/** What forwarders get of a record. */
export interface AuditLine extends SealedRecord {
  readonly level: Level
  /** As in the record. */
  readonly timestamp: string
  readonly eventType: string
}

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

/** Makes records into the lines of a chain and hands the identical line to every sink. */
export interface TrailWriter {
  /** Resolves when the line is in the file (without a file: on stderr); rejects when it is not. Never throws. */
  write(record: AuditRecord): Promise<void>
  writable(): boolean
  readonly durable: boolean
  onLine(listener: (line: AuditLine) => void): () => void
  stats(): WriterStats
  /** Writes what waits, if it can, and closes the file. */
  close(): Promise<void>
}

export interface TrailWriterOptions {
  readonly key: AuditKey
  readonly redactor: Redactor
  readonly file: string | undefined
  readonly maxQueuedRecords: number
  readonly clock: () => Date
  readonly stderr: (line: string) => void
  readonly after: (milliseconds: number, callback: () => void) => void
}

/** Lines kept for listeners that come a moment after the start. */
const maxEarlyLines = 100
/** What redaction looks at of one field; far more than is kept, so that no cut runs through a secret that is kept. */
const beforeRedaction = { field: 200_000, string: 100_000 }
const retryMilliseconds = 1_000
const nothing = (): void => {}

/** Opens the file and begins or continues its chain. Rejects with an error that names AUDIT_LOG_FILE. */
export async function openTrailWriter(options: TrailWriterOptions): Promise<TrailWriter> {
  const { key, redactor, file, clock } = options
  const listeners = new Set<(line: AuditLine) => void>()
  const early: AuditLine[] = []
  let journal: Journal | null = null
  let stderrFails = false
  let records = 0
  let lostToFile = 0
  let lostToStderr = 0
  let closed = false

  const chainFrom = (from: ChainPosition) => createChain({ key: key.bytes, keyId: key.id, from })
  const freshChain = () => chainFrom({ chainId: randomUUID(), mac: genesis, seq: 0 })

  /** Redacted and bounded first, then chained: the MAC covers what is written. */
  const clean = (value: AuditValue): AuditValue =>
    bounded(redactor.redactValue(bounded(value, beforeRedaction)))

  function cleaned(record: AuditRecord): AuditRecord {
    const fields = Object.entries(record).map(([name, value]) => [
      name,
      value === undefined ? undefined : clean(value),
    ])
    const { timestamp, level, logger, event_type } = record
    return { ...Object.fromEntries(fields), timestamp, level, logger, event_type }
  }

  /** Sealing and queueing are one step, so that every sink has the order of the chain. */
  function seal(record: AuditRecord): Promise<void> {
    const sealed = chain.seal(record, retentionClass(record.event_type))
    const { level, timestamp, event_type: eventType } = record
    const line: AuditLine = { ...sealed, level, timestamp, eventType }
    records++
    try {
      options.stderr(line.line)
      stderrFails = false
    } catch {
      stderrFails = true
      lostToStderr++
    }
    const written = journal?.append(line.line)
    if (early.length < maxEarlyLines) early.push(line)
    for (const listener of listeners) listener(line)
    return written ?? (stderrFails ? Promise.reject(new Error('no sink')) : Promise.resolve())
  }

  /** What the trail says of itself holds nothing from outside, and its digests must not be taken for secrets. */
  function note({ level, message, fields }: ChainEvent): void {
    seal(eventRecord(clock(), level, message, fields)).catch(nothing)
  }

  function recovered(lost: number, lastLine: string | null): void {
    if (lost === 0) {
      note(fileRecovered())
      return
    }
    lostToFile += lost
    chain = freshChain()
    note(recordsLost(lost, lastLine && (splitLine(Buffer.from(lastLine))?.mac ?? null)))
  }

  const prior = file === undefined ? null : await naming(() => readPriorTail(file, key.bytes))
  let chain = prior?.position
    ? chainFrom({ ...prior.position, chainId: prior.position.chainId ?? randomUUID() })
    : freshChain()
  if (file !== undefined) {
    journal = await naming(() =>
      openJournal({
        path: file,
        maxQueuedRecords: options.maxQueuedRecords,
        onFailure: (code) => note(fileFailed(code)),
        onRecovery: recovered,
        after: options.after,
        retryMilliseconds,
      }),
    )
  }
  for (const event of startEvents(prior)) note(event)

  return {
    write(record) {
      // A record that only some sinks could get would fork the chain.
      if (closed) return Promise.reject(new Error('the audit trail is closed'))
      const cause = journal?.beganNewFile()
      if (cause) note(fileOpened(cause, chain.position().mac))
      return seal(cleaned(record))
    },

    writable: () => journal?.writable() ?? !stderrFails,
    durable: journal?.durable ?? false,

    onLine(listener) {
      for (const line of early) listener(line)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    stats: () => ({
      durable: journal?.durable ?? false,
      chainId: chain.position().chainId,
      keyId: key.id,
      lastSeq: chain.position().seq,
      records,
      queued: journal?.queued() ?? 0,
      lostToFile: lostToFile + (journal?.lost() ?? 0),
      lostToStderr,
    }),

    async close() {
      closed = true
      await journal?.close()
    },
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist',
  ENOTDIR: 'its directory is not a directory',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
}

/** The error of a file that cannot be opened, in words for the person who set the variable. */
async function naming<T>(open: () => T | Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    const { code = 'UNKNOWN' } = error as NodeJS.ErrnoException
    throw new Error(`AUDIT_LOG_FILE cannot be opened: ${reasons[code] ?? code}`, { cause: error })
  }
}
