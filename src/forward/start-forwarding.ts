import type { AuditTrail } from '../audit/create-audit-log.js'
import { eventTypes } from '../audit/records.js'
import { forwardingDirectory } from '../audit/segments.js'
import { lastRecordOf, trailFiles } from '../audit/trail-files.js'
import { createTrailReader } from '../audit/trail-reader.js'
import type { TrailStore } from '../audit/trail-writer.js'
import { startTimer } from '../timer.js'
import { createBacklog } from './backlog.js'
import { createBackoff } from './backoff.js'
import { adoptCursor, type Cursor, createCursorFile, cursorBehind } from './cursor.js'
import { deadLetterFile, writeDeadLetters } from './dead-letters.js'
import type { Destination } from './destination.js'
import { createForwardEvents } from './forward-events.js'
import {
  createForwarder,
  type Forwarder,
  type ForwarderStats,
  type SpoolLimit,
} from './forwarder.js'
import { createMemoryQueue } from './memory-queue.js'
import { createProgress } from './progress.js'
import { countBehind, createTrailSource } from './trail-source.js'

/** Every forwarder of the service. */
export interface Forwarding {
  stats(): ForwarderStats[]
  /**
   * Delivers what waits, for at most so many milliseconds. Close the trail first, so that its last records go along.
   * Resolves to the number of records that are left over, per destination; then the next process may have the trail.
   */
  close(deadlineMilliseconds: number): Promise<{ destination: string; undelivered: number }[]>
}

export interface ForwardingOptions {
  /** Of what waits for one destination; null: none. */
  readonly limit?: SpoolLimit | null
  /** Records kept per destination when the trail is in no file (10,000). */
  readonly queueSize?: number
}

const now = (): number => performance.now()

/**
 * Sends the trail to every destination; none of them waits for another. Each goes on where it was, a new one with the first
 * record of this process.
 */
export async function startForwarding(
  audit: AuditTrail,
  destinations: readonly Destination[],
  options: ForwardingOptions = {},
): Promise<Forwarding> {
  const { store } = audit
  let ready = false
  // A segment that one destination has passed may be what the next one begins with.
  audit.keepSegmentsWhile(() => !ready)
  const limit = options.limit ?? null
  const adopted =
    store && (await adoptCursor(forwardingDirectory(store.file), destinations).catch(() => null))
  const forwarders: Forwarder[] = []
  for (const destination of destinations) {
    const forwarder = store
      ? await forwardFile(audit, store, destination, limit)
      : forwardQueue(audit, destination, options.queueSize ?? 10_000)
    audit.keepSegmentsWhile(forwarder.lacks)
    forwarders.push(forwarder)
  }
  let closing: ReturnType<Forwarding['close']> | null = null
  ready = true
  // Nothing could be let go of until now.
  audit.sweep()
  // Whoever is next must find the cursors where they stay.
  const releaseLock = audit.holdLock()
  audit.blockMutationsWhile(() => forwarders.map(({ blocks }) => blocks()).includes(true))
  for (const { enabled, label } of destinations) {
    audit.event('INFO', enabled.message, {
      event_type: eventTypes.lifecycle,
      ...enabled.fields,
      ...(adopted?.to === label && { continues: adopted.from, destination: label }),
    })
  }

  return {
    stats: () => forwarders.map((forwarder) => forwarder.stats()),

    close(deadlineMilliseconds) {
      closing ??= Promise.all(
        forwarders.map(async (forwarder) => ({
          destination: forwarder.stats().destination,
          undelivered: await forwarder.close(deadlineMilliseconds),
        })),
      ).finally(releaseLock)
      return closing
    },
  }
}

const common = (audit: AuditTrail) => ({
  backoff: createBackoff(Math.random),
  canReport: () => audit.stats().writable,
  now,
  after: startTimer,
})

/** The log is the spool: what a destination has not got is read from the trail itself. */
async function forwardFile(
  audit: AuditTrail,
  store: TrailStore,
  destination: Destination,
  limit: SpoolLimit | null,
): Promise<Forwarder> {
  const directory = forwardingDirectory(store.file)
  const events = createForwardEvents(destination, audit.event, now)
  const file = createCursorFile(directory, destination)
  const begin = await cursorOf(audit, store, file.load, events.cursor)
  await file.save(begin).catch((error) => events.cursor(error.code ?? 'UNKNOWN'))
  const letters = deadLetterFile(directory, destination)
  const behind = await countBehind(store, begin.position, audit.begins.chainId).catch(() => {
    // Only figures depend on it; the reader meets the same trouble and says so.
    return { olderRecords: 0, bytes: 0 }
  })
  const end = audit.end()
  const backlog = createBacklog({
    records: behind.olderRecords + end.seq - ownSeq(begin, end.chainId),
    bytes: behind.bytes,
  })
  store.onKept(backlog.made)
  const progress = createProgress({
    begin,
    file,
    backlog,
    end: audit.end,
    onTrouble: events.cursor,
    onFilePassed: audit.sweep,
  })
  const ownChainId = audit.begins.chainId
  const reader = createTrailReader({ ...store, from: begin.position, ownChainId })
  const forwarder = createForwarder({
    ...common(audit),
    destination,
    events,
    source: createTrailSource(reader),
    backlog,
    progress,
    writeDeadLetters: (dead) => writeDeadLetters(letters, destination, dead),
    limit,
  })
  store.onStored(forwarder.wake)
  return forwarder
}

async function cursorOf(
  audit: AuditTrail,
  store: TrailStore,
  load: () => Promise<Cursor | null>,
  trouble: (reason: string) => void,
): Promise<Cursor> {
  try {
    const cursor = await load()
    const ahead =
      cursor?.position.chainId === audit.begins.chainId && cursor.position.seq > audit.begins.seq
    // The files are older than the cursor, put back from a copy: the numbers it has are given again.
    if (cursor && !ahead) return { ...cursor, passedChains: await stillThere(store, cursor) }
    if (ahead) trouble('cursor_ahead')
  } catch {
    trouble('cursor_unreadable')
    // Rather everything twice than something never.
    return cursorBehind('', 0)
  }
  const { chainId, seq } = audit.begins
  const passedChains = (await chainsIn(store.file)).filter((other) => other !== chainId)
  return cursorBehind(chainId, seq, passedChains)
}

/** Without a file, what cannot be delivered ends with the process; the next one begins a chain of its own. */
function forwardQueue(audit: AuditTrail, destination: Destination, queueSize: number): Forwarder {
  const queue = createMemoryQueue(queueSize)
  const backlog = createBacklog({ records: 0, bytes: 0 })
  const { chainId, seq } = audit.begins
  const progress = createProgress({
    begin: cursorBehind(chainId, seq),
    file: null,
    backlog,
    end: audit.end,
    onTrouble: () => {},
    onFilePassed: () => {},
  })
  const forwarder = createForwarder({
    ...common(audit),
    destination,
    events: createForwardEvents(destination, audit.event, now),
    source: queue,
    backlog,
    progress,
    // The event names them, and the trail on stderr has them.
    writeDeadLetters: async () => {},
    limit: null,
  })
  audit.onLine((line) => {
    backlog.made(line)
    const gap = queue.push(line)
    if (gap) progress.skipped(gap)
    forwarder.wake()
  })
  return forwarder
}

/** The number in the chain behind which a destination begins. */
const ownSeq = ({ position }: Cursor, chainId: string): number =>
  position.chainId === chainId ? position.seq : 0

/**
 * Chains that are passed, and that files still speak of: a start without a key of its own makes one, and without end they would
 * make the cursor ever longer.
 */
async function stillThere(store: TrailStore, { passedChains }: Cursor): Promise<readonly string[]> {
  const present = await chainsIn(store.file).catch(() => passedChains)
  return passedChains.filter((chainId) => present.includes(chainId))
}

/** Chains that files begin or end with; those in between go with the file. */
async function chainsIn(file: string): Promise<string[]> {
  const files = await trailFiles(file)
  const ends = await Promise.all(files.map(({ path }) => lastRecordOf(path)))
  const chains = [...files, ...ends].map((record) => record?.chainId ?? '')
  return [...new Set(chains)].filter((chainId) => chainId !== '')
}
