import type { Level } from './audit-log.js'
import type { SealedRecord } from './chain.js'
import type { Journal } from './journal.js'
import type { AuditRecord } from './records.js'

/** What forwarders get of a record. */
export interface AuditLine extends SealedRecord {
  readonly level: Level
  /** As in the record. */
  readonly timestamp: string
  readonly eventType: string
}

/** Everything that takes the lines of the trail; each gets the identical line, in the order of the chain. */
export interface TrailSinks {
  /** Resolves when the line is in the file (without a file: on stderr); rejects when it is not. Never throws. */
  emit(sealed: SealedRecord, record: AuditRecord): Promise<void>
  /** From now on lines go into this file too. */
  useFile(journal: Journal): void
  /** Hands every line to `listener`, beginning with those of the start; returns how to stop. */
  onLine(listener: (line: AuditLine) => void): () => void
  /** Hands every line from now on that the file gets, or will get, to `listener`. */
  onKept(listener: (line: AuditLine) => void): void
  /** Calls back when lines have got to where they can be read back; several at once may count as one. */
  onStored(listener: () => void): void
  /** Records made by this process. */
  records(): number
  /** Whether the last line reached stderr. */
  stderrTakes(): boolean
  lostToStderr(): number
}

/** Lines kept for listeners that come a moment after the start. */
const maxEarlyLines = 1_000

export function createTrailSinks(stderr: (line: string) => void): TrailSinks {
  const listeners = new Set<(line: AuditLine) => void>()
  const early: AuditLine[] = []
  const storedListeners: (() => void)[] = []
  const keptListeners: ((line: AuditLine) => void)[] = []
  let journal: Journal | null = null
  let stderrTakes = true
  let records = 0
  let lostToStderr = 0

  const stored = (): void => {
    for (const listener of storedListeners) listener()
  }

  return {
    emit(sealed, { level, timestamp, event_type: eventType }) {
      const line: AuditLine = { ...sealed, level, timestamp, eventType }
      records++
      try {
        stderr(line.line)
        stderrTakes = true
      } catch {
        stderrTakes = false
        lostToStderr++
      }
      const lostBefore = journal?.lost() ?? 0
      const written = journal?.append(line.line)
      const kept = (journal?.lost() ?? 0) === lostBefore
      if (early.length < maxEarlyLines) early.push(line)
      for (const listener of listeners) listener(line)
      if (kept) for (const listener of keptListeners) listener(line)
      if (storedListeners.length > 0) written?.then(stored, () => {})
      return written ?? (stderrTakes ? Promise.resolve() : Promise.reject(new Error('no sink')))
    },

    useFile(opened) {
      journal = opened
    },

    onLine(listener) {
      for (const line of early) listener(line)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    onKept(listener) {
      keptListeners.push(listener)
    },

    onStored(listener) {
      storedListeners.push(listener)
    },

    records: () => records,
    stderrTakes: () => stderrTakes,
    lostToStderr: () => lostToStderr,
  }
}
