import type { AuditLog } from '../audit/audit-log.js'
import type { AuditLine } from '../audit/trail-writer.js'
import type { Backoff } from './backoff.js'
import { type DeliveryError, type Destination, deliveryError } from './destination.js'
import { createForwardEvents } from './forward-events.js'

export interface ForwarderOptions {
  readonly destination: Destination
  /** Lines kept while the receiver does not take them. */
  readonly queueSize: number
  readonly backoff: Backoff
  /** Writes what happens to the forwarder into the trail. */
  readonly report: AuditLog['event']
  /** Milliseconds, never going backwards. */
  readonly now: () => number
  /** Runs a callback once and returns how to cancel it; does not keep the process alive. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
}

export interface ForwarderStats {
  readonly name: Destination['name']
  /** Lines not known to be delivered. */
  readonly waiting: number
  /** Milliseconds that the oldest of them has waited; 0 if there is none. */
  readonly oldestMilliseconds: number
  readonly delivered: number
  readonly failedAttempts: number
  /** Lines that were dropped because the queue was full. */
  readonly lost: number
}

/** Carries lines to one destination, in order, each again until it is taken. */
export interface Forwarder {
  /** Never blocks and never throws: a hung receiver is no business of the caller. */
  accept(line: AuditLine): void
  stats(): ForwarderStats
  /** Tries to deliver what waits, for at most so many milliseconds; resolves to the number of lines left over. */
  close(deadlineMilliseconds: number): Promise<number>
}

interface Waiting {
  readonly line: AuditLine
  readonly since: number
}

/** While closing there is no time for long waits. */
const closingRetryMilliseconds = 250

/** One destination's queue and its worker. Delivery that survives the process is not promised here: the queue is in memory. */
export function createForwarder(options: ForwarderOptions): Forwarder {
  const { destination, queueSize, backoff, now, after } = options
  const events = createForwardEvents(destination, options.report)
  let queue: Waiting[] = []
  let inFlight: Waiting[] = []
  let cancelTimer: (() => void) | null = null
  /** No attempt before this time. */
  let notBefore = 0
  let closing = false
  let closed = false
  let delivered = 0
  let failedAttempts = 0
  let lost = 0
  let whenEmpty: (() => void) | null = null

  function accept(line: AuditLine): void {
    if (closed) return
    if (queue.length + inFlight.length >= queueSize) {
      const oldest = queue.shift()
      if (oldest) {
        lost++
        events.dropped(oldest.line)
      }
    }
    queue.push({ line, since: now() })
    pump()
  }

  function pump(): void {
    if (closed || inFlight.length > 0) return
    const oldest = queue[0]
    if (!oldest) {
      whenEmpty?.()
      return
    }
    // The age of the oldest line decides, however many come after it.
    const full = closing || queue.length >= destination.batchSize
    const due = Math.max(notBefore, full ? 0 : oldest.since + destination.flushMilliseconds)
    cancelTimer?.()
    cancelTimer = null
    const wait = due - now()
    if (wait <= 0) void send()
    else cancelTimer = after(wait, pump)
  }

  async function send(): Promise<void> {
    inFlight = queue.slice(0, destination.batchSize)
    queue = queue.slice(inFlight.length)
    try {
      await destination.send(inFlight.map(({ line }) => line))
      succeeded()
    } catch (error) {
      failed(deliveryError(error))
    }
    pump()
  }

  function succeeded(): void {
    delivered += inFlight.length
    inFlight = []
    notBefore = 0
    backoff.reset()
    events.delivered()
  }

  function failed(error: DeliveryError): void {
    const count = inFlight.length
    queue = [...inFlight, ...queue]
    inFlight = []
    if (closed) return
    failedAttempts++
    const asked = (error.retryAfterSeconds ?? 0) * 1_000
    const wait = Math.max(backoff.afterFailure(), asked)
    notBefore = now() + (closing ? closingRetryMilliseconds : wait)
    events.failed(error.reason, count)
  }

  return {
    accept,

    stats() {
      const oldest = inFlight[0] ?? queue[0]
      return {
        name: destination.name,
        waiting: queue.length + inFlight.length,
        oldestMilliseconds: oldest ? now() - oldest.since : 0,
        delivered,
        failedAttempts,
        lost,
      }
    },

    async close(deadlineMilliseconds) {
      closing = true
      notBefore = 0
      let deadline: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        whenEmpty = resolve
        // Unlike the other timers it keeps the process alive: there is something to wait for.
        deadline = setTimeout(resolve, deadlineMilliseconds)
        pump()
      })
      clearTimeout(deadline)
      closed = true
      cancelTimer?.()
      destination.close()
      return queue.length + inFlight.length
    },
  }
}
