import type { EventStore } from '@modelcontextprotocol/server'

/** Bounds in characters of JSON text. */
export interface EventBuffersOptions {
  /** Events kept of one session at most. */
  readonly maxEventsPerSession: number
  readonly maxSizePerSession: number
  /** Of all sessions together. */
  readonly maxSize: number
}

/** What the streams of 2025-era sessions sent lately, so that a client whose connection broke can have it again. */
export interface EventBuffers {
  /** The events of one session, for its transport; nobody else can ask for them. */
  open(): SessionEvents
  /** Characters kept now. */
  size(): number
}

/**
 * Without `getStreamIdForEventId`, on purpose: with it, the SDK refuses a client whose broken connection has not been noticed here yet;
 * without, the new connection takes the place of the old one.
 */
export interface SessionEvents extends EventStore {
  /** True when everything that its stream sent behind this event is still here. */
  has(eventId: string): boolean
  /** Forgets everything, and keeps nothing from then on. */
  close(): void
}

interface StoredEvent {
  readonly number: number
  readonly streamId: string
  readonly text: string
}

interface Owner {
  /** Oldest first. */
  readonly events: Set<StoredEvent>
  /** How many events of a stream are kept, and the number of the newest one that is not. */
  readonly streams: Map<string, { kept: number; dropped: number }>
  /** The number of the newest event that is not kept, of all streams of which nothing is. */
  forgotten: number
  size: number
}

/** The oldest events give way: first those of a session that sends too much, then those of the session that holds most. */
export function createEventBuffers(options: EventBuffersOptions): EventBuffers {
  const { maxEventsPerSession, maxSizePerSession, maxSize } = options
  const owners = new Set<Owner>()
  let totalSize = 0

  function drop(owner: Owner, event: StoredEvent): void {
    owner.events.delete(event)
    owner.size -= event.text.length
    totalSize -= event.text.length
    const stream = streamOf(owner, event)
    stream.kept -= 1
    lose(owner, event)
  }

  /** A stream of which nothing is known may have lost whatever was forgotten. */
  function streamOf(owner: Owner, { streamId }: StoredEvent): { kept: number; dropped: number } {
    const stream = owner.streams.get(streamId) ?? { kept: 0, dropped: owner.forgotten }
    owner.streams.set(streamId, stream)
    return stream
  }

  /** Notes that an event is not kept; of a stream that has none left only the number stays. */
  function lose(owner: Owner, event: StoredEvent): void {
    const stream = streamOf(owner, event)
    // A newer one may be gone already: one that was too large by itself.
    stream.dropped = Math.max(stream.dropped, event.number)
    if (stream.kept > 0) return
    owner.forgotten = Math.max(owner.forgotten, stream.dropped)
    owner.streams.delete(event.streamId)
  }

  function dropOldest(owner: Owner): void {
    const [oldest] = owner.events
    if (oldest) drop(owner, oldest)
  }

  function keep(owner: Owner, event: StoredEvent): void {
    if (event.text.length > maxSizePerSession) {
      // Too large by itself: only its own stream cannot be gone on with.
      lose(owner, event)
      return
    }
    streamOf(owner, event).kept += 1
    owner.events.add(event)
    owner.size += event.text.length
    totalSize += event.text.length
    while (owner.events.size > maxEventsPerSession || owner.size > maxSizePerSession) {
      dropOldest(owner)
    }
    while (totalSize > maxSize) {
      const largest = [...owners].reduce((most, each) => (each.size > most.size ? each : most))
      dropOldest(largest)
    }
  }

  function open(): SessionEvents {
    const owner: Owner = { events: new Set(), streams: new Map(), forgotten: 0, size: 0 }
    owners.add(owner)
    let sent = 0
    const read = (eventId: string): { streamId: string; number: number } => {
      const dot = eventId.lastIndexOf('.')
      const digits = eventId.slice(dot + 1)
      return {
        streamId: eventId.slice(0, dot),
        number: /^\d{1,15}$/.test(digits) ? Number(digits) : -1,
      }
    }

    return {
      async storeEvent(streamId, message) {
        sent += 1
        const event = { number: sent, streamId, text: JSON.stringify(message) }
        if (owners.has(owner)) keep(owner, event)
        return `${streamId}.${event.number}`
      },
      has(eventId) {
        const { streamId, number } = read(eventId)
        const stream = owner.streams.get(streamId)
        return stream !== undefined && number > 0 && number >= stream.dropped
      },
      async replayEventsAfter(lastEventId, { send }) {
        const { streamId, number } = read(lastEventId)
        for (const event of [...owner.events]) {
          if (event.streamId === streamId && event.number > number) {
            await send(`${streamId}.${event.number}`, JSON.parse(event.text))
          }
        }
        return streamId
      },
      close() {
        for (const event of [...owner.events]) drop(owner, event)
        owner.streams.clear()
        owners.delete(owner)
      },
    }
  }

  return { open, size: () => totalSize }
}
