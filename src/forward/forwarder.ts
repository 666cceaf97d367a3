import { setTimeout as pause } from 'node:timers/promises'
import type { ChainPart } from '../audit/retention.js'
import type { Backlog } from './backlog.js'
import type { Backoff } from './backoff.js'
import { createBatchSize } from './batch-size.js'
import type { DeadLetter } from './dead-letters.js'
import { type Delivery, DeliveryError, type Destination, deliveryError } from './destination.js'
import type { ForwardEvents } from './forward-events.js'
import { createIsolation } from './isolation.js'
import type { Progress } from './progress.js'
import type { RecordSource, Waiting } from './record-source.js'
import { createSleeper } from './sleeper.js'

export interface ForwarderOptions {
  readonly destination: Destination
  readonly source: RecordSource
  readonly backlog: Backlog
  readonly progress: Progress
  /** Resolves when they are where a crash cannot take them. */
  readonly writeDeadLetters: (letters: readonly DeadLetter[]) => Promise<void>
  /** Bytes that may wait, and what happens when more do; null: no limit. */
  readonly limit: SpoolLimit | null
  readonly backoff: Backoff
  readonly events: ForwardEvents
  /** Whether the trail takes records: what is told to it otherwise is lost. */
  readonly canReport: () => boolean
  /** Milliseconds, never going backwards. */
  readonly now: () => number
  /** Runs a callback once and returns how to cancel it; does not keep the process alive. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
}

export interface SpoolLimit {
  readonly bytes: number
  readonly whenFull: 'block' | 'drop_oldest'
}

export interface ForwarderStats {
  readonly destination: string
  /** Records not known to be delivered. */
  readonly waitingRecords: number
  readonly waitingBytes: number
  /** When the oldest of them was made, as the record says; null if none waits. */
  readonly oldestTimestamp: string | null
  /** Its age; 0 if none waits. */
  readonly lagSeconds: number
  readonly delivered: number
  /** Attempts that did not deliver a batch as a whole. */
  readonly retries: number
  readonly deadLetters: number
  /** Records that the receiver will not get from here, dead letters left out. */
  readonly dropped: number
  readonly breakerOpen: boolean
  /** More waits than may, and changes have to wait too. */
  readonly blocks: boolean
}

/** Carries records to one destination, in order, each again until it is taken. */
export interface Forwarder {
  /** There may be more to read. Never blocks and never throws: a hung receiver is no business of the caller. */
  wake(): void
  stats(): ForwarderStats
  blocks(): boolean
  /** Whether the receiver still lacks records of a closed segment. */
  lacks(part: ChainPart): boolean
  /** Tries to deliver what waits, for at most so many milliseconds; resolves to the number of records left over. */
  close(deadlineMilliseconds: number): Promise<number>
}

/** While closing there is no time for long waits. */
const closingRetryMilliseconds = 250
/** After so many single records in a row that a receiver did not take, it is not the records. */
const maxDeadLettersInARow = 10
/** Dropping begins a little early: a file of the spool goes a moment after its last record, and the limit holds meanwhile. */
const dropFrom = 0.95
/** Blocking ends, and dropping stops, when no more of the room than this is taken. */
const roomAgain = 0.9
const dropAtOnce = 1_000
/** Reasons for which fewer bytes may help, and the fewest that are tried. */
const tooSlow: ReadonlySet<string> = new Set(['timeout', 'not_confirmed', 'answer_too_long'])
const leastBytes = 16_384
/** What a destination gets at most to end a send when it is closed. */
const endMilliseconds = 3_000

interface Pending {
  readonly line: Waiting
  readonly since: number
}

/** By the clock of the records, which goes on while the process does not run. */
const secondsSince = (timestamp: string | undefined): number =>
  timestamp === undefined ? 0 : Math.max(0, (Date.now() - Date.parse(timestamp)) / 1_000) || 0

/** One destination's worker: reads what it has not got, sends it, and moves its cursor behind what was taken. */
export function createForwarder(options: ForwarderOptions): Forwarder {
  const { destination, source, backlog, progress, limit, backoff, events, now } = options
  const batchSize = createBatchSize(destination.batchBytes)
  const isolation = createIsolation()
  const sleeper = createSleeper(options.after)
  /** Read and not settled, oldest first. */
  let pending: Pending[] = []
  /** No attempt before this time. */
  let notBefore = 0
  let deadLettersInARow = 0
  let delivered = 0
  let retries = 0
  let deadLetters = 0
  let blocking = false
  let dropping = false
  let closing = false
  let closed = false
  let whenDone: () => void = () => {}

  async function run(): Promise<void> {
    while (!closed) {
      // What is made while this round reads is left to the next one.
      const lastRound = closing
      try {
        await keepWithinLimit()
        await fill()
      } catch (error) {
        // The trail cannot be read back: there is nothing to do but to try again.
        wait(deliveryError(error), 0)
        while (!closed && now() < notBefore) await sleeper.sleep(notBefore - now())
        continue
      }
      const due = dueAt()
      if (due <= now()) await attempt()
      else if (pending.length === 0 && lastRound) return
      else await sleeper.sleep(due - now())
    }
  }

  async function fill(): Promise<void> {
    const room = destination.batchSize - pending.length
    if (room <= 0 || batchSize.isFullWith(lines())) return
    const count = await read(room)
    if (count === 0 && pending.length === 0) progress.idle()
  }

  async function read(maxRecords: number): Promise<number> {
    const { lines, gaps } = await source.read(maxRecords, destination.batchBytes)
    for (const gap of gaps) progress.skipped(gap)
    for (const line of lines) {
      progress.read(line)
      pending.push({ line, since: now() })
    }
    return lines.length
  }

  const lines = (): Waiting[] => pending.map(({ line }) => line)

  /** Lines of the next batch. A receiver that takes nothing is asked with one. */
  const most = (): number =>
    deadLettersInARow >= maxDeadLettersInARow ? 1 : isolation.limit(destination.batchSize)

  /** When the next batch goes out; its oldest line decides, however many come after it. */
  function dueAt(): number {
    const oldest = pending[0]
    if (!oldest) return Number.POSITIVE_INFINITY
    const full = closing || pending.length >= most() || batchSize.isFullWith(lines())
    return Math.max(notBefore, full ? 0 : oldest.since + destination.flushMilliseconds)
  }

  async function attempt(): Promise<void> {
    const batch = batchSize.from(lines().slice(0, most()))
    const result = await destination.send(batch).catch(deliveryError)
    try {
      if (result instanceof DeliveryError) await failed(batch, result)
      else await answered(batch, result)
    } catch (error) {
      // What could not be put aside is not passed over.
      wait(deliveryError(error), batch.length)
    }
    await progress.save(pending[0]?.line)
  }

  async function answered(
    batch: readonly Waiting[],
    { again, refused, retryAfterSeconds }: Delivery,
  ): Promise<void> {
    const wanted = new Set(again)
    const reasons = new Map(refused.map(({ at, reason }) => [at, reason]))
    const taken = batch.filter((_, at) => !wanted.has(at) && !reasons.has(at))
    const letters = batch.flatMap((line, at) => {
      const reason = reasons.get(at)
      return reason === undefined ? [] : [{ line, reason }]
    })
    if (taken.length > 0) wasTaken(taken)
    if (letters.length > 0 && !(await putAside(batch, letters))) return
    isolation.taken(batch.length - wanted.size)
    if (wanted.size > 0) {
      retries++
      notBefore = now() + pauseAfter(retryAfterSeconds)
    }
  }

  function wasTaken(lines: readonly Waiting[]): void {
    delivered += lines.length
    settle(lines)
    batchSize.taken()
    deadLettersInARow = 0
    notBefore = 0
    backoff.reset()
    events.delivered()
    // Otherwise the cursor keeps them, if need be for the next process to tell.
    if (options.canReport()) progress.tellGaps(events.gap)
  }

  function settle(lines: readonly Waiting[]): void {
    const settled = new Set(lines)
    pending = pending.filter(({ line }) => !settled.has(line))
    for (const line of lines) backlog.settled(line)
  }

  async function failed(batch: readonly Waiting[], error: DeliveryError): Promise<void> {
    if (error.taken > 0) wasTaken(batch.slice(0, error.taken))
    const rest = batch.slice(error.taken)
    const [line] = rest
    if (closed || !line) return
    if (error.remedy === 'retry') {
      // Perhaps it was too much for the time there is; never so little that it is the receiver that is slow.
      if (tooSlow.has(error.reason)) batchSize.tooMuch(rest, leastBytes)
      wait(error, rest.length)
      return
    }
    retries++
    if (error.remedy === 'smaller' && rest.length > 1) batchSize.tooMuch(rest, 1)
    else if (isolation.refused(rest.length)) {
      await putAside(rest, [{ line, reason: error.reason }])
    }
  }

  /** False when it is rather the receiver that is wrong: then nothing is put aside. */
  async function putAside(
    batch: readonly Waiting[],
    letters: readonly (DeadLetter & { readonly line: Waiting })[],
  ): Promise<boolean> {
    const alone = batch.length === 1
    if (alone && deadLettersInARow >= maxDeadLettersInARow) {
      wait(new DeliveryError('refuses_everything'), 1)
      return false
    }
    await options.writeDeadLetters(letters)
    deadLetters += letters.length
    if (alone) deadLettersInARow++
    settle(letters.map(({ line }) => line))
    const seqs = letters.map(({ line }) => line.seq)
    events.deadLetters(seqs, letters[0]?.reason ?? '')
    return true
  }

  function wait(error: DeliveryError, batchSize: number): void {
    retries++
    notBefore = now() + pauseAfter(error.retryAfterSeconds)
    events.failed(error.reason, batchSize)
  }

  const pauseAfter = (askedSeconds: number | null): number =>
    closing
      ? closingRetryMilliseconds
      : Math.max(backoff.afterFailure(), (askedSeconds ?? 0) * 1_000)

  async function keepWithinLimit(): Promise<void> {
    if (limit?.whenFull !== 'drop_oldest' || backlog.bytes() <= limit.bytes * dropFrom) {
      dropping = false
      return
    }
    if (!dropping) events.full('drop_oldest', backlog.bytes())
    dropping = true
    while (backlog.bytes() > limit.bytes * roomAgain) {
      if (pending.length === 0 && (await read(dropAtOnce)) === 0) break
      const oldest = pending.shift()
      if (!oldest) break
      const { chainId, seq } = oldest.line
      backlog.settled(oldest.line)
      progress.skipped({ chainId, fromSeq: seq, toSeq: seq, reason: 'spool_full' })
    }
    await progress.save(pending[0]?.line)
  }

  function blocks(): boolean {
    if (limit?.whenFull !== 'block') return false
    const full = backlog.bytes() > limit.bytes * (blocking ? roomAgain : 1)
    if (full !== blocking) {
      blocking = full
      if (full) events.full('block', backlog.bytes())
      else events.roomAgain()
    }
    return full
  }

  const running = run().finally(() => whenDone())

  return {
    wake: sleeper.wake,
    blocks,
    lacks: progress.lacks,

    stats: () => ({
      destination: destination.label,
      waitingRecords: backlog.records(),
      waitingBytes: backlog.bytes(),
      oldestTimestamp: pending[0]?.line.timestamp ?? null,
      lagSeconds: secondsSince(pending[0]?.line.timestamp),
      delivered,
      retries,
      deadLetters,
      dropped: progress.dropped(),
      breakerOpen: events.breakerOpen(),
      blocks: blocking,
    }),

    async close(deadlineMilliseconds) {
      closing = true
      notBefore = 0
      let deadline: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        whenDone = resolve
        void running.then(resolve)
        // Unlike the other timers it keeps the process alive: there is something to wait for.
        deadline = setTimeout(resolve, deadlineMilliseconds)
        sleeper.wake()
      })
      clearTimeout(deadline)
      closed = true
      destination.close()
      sleeper.wake()
      const given = new AbortController()
      const tooLong = pause(endMilliseconds, null, { signal: given.signal }).catch(() => {})
      await Promise.race([running, tooLong])
      given.abort()
      await source.close()
      return backlog.records()
    },
  }
}
