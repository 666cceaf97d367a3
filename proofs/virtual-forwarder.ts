import type { AuditLog } from '../src/audit/audit-log.js'
import type { AuditLine } from '../src/audit/trail-sinks.js'
import { createBacklog } from '../src/forward/backlog.js'
import { createBackoff } from '../src/forward/backoff.js'
import { cursorBehind } from '../src/forward/cursor.js'
import type { DeadLetter } from '../src/forward/dead-letters.js'
import { allTaken, type Delivery, type Destination } from '../src/forward/destination.js'
import { createForwardEvents } from '../src/forward/forward-events.js'
import { createForwarder, type SpoolLimit } from '../src/forward/forwarder.js'
import { createMemoryQueue } from '../src/forward/memory-queue.js'
import { createProgress } from '../src/forward/progress.js'

/** A short line with this number. */
export const lineOf = (seq: number): AuditLine => ({
  line: `{"seq": ${seq}}`,
  seq,
  chainId: 'c',
  mac: '',
  level: 'INFO',
  timestamp: '2026-01-02T03:04:05.678000+00:00',
  eventType: 'audit',
})

/** A forwarder whose time, records and receiver the test controls. */
export function setUp(
  options: {
    batchSize?: number
    flushMilliseconds?: number
    queueSize?: number
    limit?: SpoolLimit
    random?: () => number
  } = {},
) {
  let time = 0
  let timers: { at: number; callback: () => void }[] = []
  const events: Record<string, unknown>[] = []
  const batches: number[][] = []
  const deadLetters: DeadLetter[] = []
  const attemptsAt: number[] = []
  const receiver: {
    fault: Error | null
    hang: boolean
    /** What becomes of a batch, by its numbers. */
    judge: (seqs: readonly number[]) => Delivery
    diskFault: Error | null
  } = { fault: null, hang: false, judge: () => allTaken, diskFault: null }
  let lastSeq = 0

  const destination: Destination = {
    name: 'https',
    label: 'https://siem.example/in',
    where: { url: 'https://siem.example/in' },
    enabled: { message: '', fields: {} },
    batchSize: options.batchSize ?? 10,
    batchBytes: 1_000_000,
    flushMilliseconds: options.flushMilliseconds ?? 5_000,
    send: async (lines) => {
      attemptsAt.push(time)
      if (receiver.hang) await new Promise(() => {})
      if (receiver.fault) throw receiver.fault
      const seqs = lines.map(({ seq }) => seq)
      const delivery = receiver.judge(seqs)
      const kept = seqs.filter(
        (_, at) => !delivery.again.includes(at) && !delivery.refused.some((one) => one.at === at),
      )
      if (kept.length > 0) batches.push(kept)
      return delivery
    },
    close: () => {},
  }
  const report: AuditLog['event'] = (level, message, fields) =>
    events.push({ level, message, ...fields })
  const queue = createMemoryQueue(options.queueSize ?? 100_000)
  const backlog = createBacklog({ records: 0, bytes: 0 })
  const progress = createProgress({
    begin: cursorBehind('c', 0),
    file: null,
    backlog,
    end: () => ({ chainId: 'c', seq: lastSeq }),
    onTrouble: () => {},
    onFilePassed: () => {},
  })
  const forwarder = createForwarder({
    destination,
    source: queue,
    backlog,
    progress,
    writeDeadLetters: async (letters) => {
      if (receiver.diskFault) throw receiver.diskFault
      deadLetters.push(...letters)
    },
    limit: options.limit ?? null,
    backoff: createBackoff(options.random ?? (() => 1)),
    events: createForwardEvents(destination, report, () => time),
    canReport: () => true,
    now: () => time,
    after: (milliseconds, callback) => {
      const timer = { at: time + milliseconds, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
  })

  /** Makes the next so many records. */
  function make(count = 1): void {
    for (let at = 0; at < count; at++) {
      lastSeq++
      backlog.made(lineOf(lastSeq))
      const gap = queue.push(lineOf(lastSeq))
      if (gap) progress.skipped(gap)
    }
    forwarder.wake()
  }

  /** Lets everything happen that needs no time: a batch takes a few turns of the event loop. */
  async function settle(): Promise<void> {
    let before = -1
    for (let quiet = 0; quiet < 3; quiet++) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (attemptsAt.length !== before) quiet = 0
      before = attemptsAt.length
    }
  }

  /** Lets so much time pass, a step at a time. */
  async function pass(milliseconds: number): Promise<void> {
    const end = time + milliseconds
    for (;;) {
      await settle()
      const next = timers.toSorted((a, b) => a.at - b.at)[0]
      if (!next || next.at > end) break
      time = Math.max(time, next.at)
      timers = timers.filter((timer) => timer !== next)
      next.callback()
    }
    time = end
  }
  return { forwarder, receiver, events, batches, deadLetters, attemptsAt, make, pass, progress }
}

/** 1, 2, … up to `last`. */
export const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1)
