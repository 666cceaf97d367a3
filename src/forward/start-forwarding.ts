import type { AuditTrail } from '../audit/create-audit-log.js'
import { eventTypes } from '../audit/records.js'
import { createBackoff } from './backoff.js'
import type { Destination } from './destination.js'
import { createForwarder, type ForwarderStats } from './forwarder.js'

/** Every forwarder of the service. */
export interface Forwarding {
  stats(): ForwarderStats[]
  /**
   * Delivers what waits, for at most so many milliseconds. Close the trail first, so that its last records go along.
   * Resolves to the number of lines that could not be delivered, per destination.
   */
  close(deadlineMilliseconds: number): Promise<{ name: Destination['name']; undelivered: number }[]>
}

export interface ForwardingOptions {
  /** Lines kept per destination while it does not take them (10,000). */
  readonly queueSize?: number
}

const startTimer = (milliseconds: number, callback: () => void): (() => void) => {
  const timer = setTimeout(callback, milliseconds).unref()
  return () => clearTimeout(timer)
}

/** Sends every line of the trail, from its first one on, to every destination; none of them waits for another. */
export function startForwarding(
  audit: Pick<AuditTrail, 'event' | 'onLine'>,
  destinations: readonly Destination[],
  options: ForwardingOptions = {},
): Forwarding {
  const forwarders = destinations.map((destination) => {
    const forwarder = createForwarder({
      destination,
      queueSize: options.queueSize ?? 10_000,
      backoff: createBackoff(Math.random),
      report: audit.event,
      now: () => performance.now(),
      after: startTimer,
    })
    audit.onLine(forwarder.accept)
    return { destination, forwarder }
  })
  for (const { message, fields } of destinations.map(({ enabled }) => enabled)) {
    audit.event('INFO', message, { event_type: eventTypes.lifecycle, ...fields })
  }

  return {
    stats: () => forwarders.map(({ forwarder }) => forwarder.stats()),

    close: (deadlineMilliseconds) =>
      Promise.all(
        forwarders.map(async ({ destination, forwarder }) => ({
          name: destination.name,
          undelivered: await forwarder.close(deadlineMilliseconds),
        })),
      ),
  }
}
