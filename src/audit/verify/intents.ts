import { eventTypes } from '../records.js'
import { member, type RecordEntry } from './entry.js'

/** Finds the changes whose end nobody knows (docs/audit-format.md §3, "Calls"). */
export interface Intents {
  follow(entry: RecordEntry): void
  /** Their request ids, by the chain that announced them. */
  inDoubt(chainId: string | null): string[]
}

/** Keeps only intents that have not ended, and those that ended in an interruption. */
export function createIntents(): Intents {
  const open = new Map<string, string | null>()
  return {
    follow(entry) {
      if (entry.eventType !== eventTypes.intent && entry.eventType !== eventTypes.call) return
      const requestId = member(entry, 'request_id')
      if (requestId === null || entry.record.terminal === false) return
      if (entry.eventType === eventTypes.intent) {
        open.set(requestId, entry.chainId)
        return
      }
      // It says only that nobody knows; the intent may stand in a file that is not given.
      if (member(entry, 'reason') === 'interrupted') {
        if (!open.has(requestId)) open.set(requestId, entry.chainId)
        return
      }
      open.delete(requestId)
    },

    inDoubt: (chainId) => [...open].filter(([, chain]) => chain === chainId).map(([id]) => id),
  }
}
