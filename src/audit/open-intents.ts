import type { AuditValue } from './audit-log.js'
import { eventTypes } from './records.js'

/** The members of a record. */
export type Fields = Readonly<Record<string, AuditValue | undefined>>

/** Changes that were announced and whose end is not yet recorded, by `request_id`. */
export interface OpenIntents {
  /** Looks at a record: an intent opens, the terminal record of the call closes. */
  follow(record: Fields): void
  /** An intent of which only the id is known. */
  add(requestId: string): void
  /** Its record, if this is the one of an intent that is open. */
  describe(record: Fields): void
  requestIds(): string[]
  /** Each with its record, as far as that was seen. */
  entries(): [requestId: string, intent: Fields | null][]
}

export function createOpenIntents(): OpenIntents {
  const open = new Map<string, Fields | null>()
  return {
    follow(record) {
      const { event_type: type, request_id: requestId } = record
      if (typeof requestId !== 'string') return
      if (type === eventTypes.intent) open.set(requestId, record)
      else if (type === eventTypes.call && record.terminal !== false) open.delete(requestId)
    },
    add: (requestId) => {
      open.set(requestId, null)
    },
    describe(record) {
      const { event_type: type, request_id: requestId } = record
      if (type !== eventTypes.intent || typeof requestId !== 'string') return
      if (open.has(requestId)) open.set(requestId, record)
    },
    requestIds: () => [...open.keys()],
    entries: () => [...open.entries()],
  }
}
