import type { AuditLine } from '../audit/trail-sinks.js'

/** How much a destination has not got yet. */
export interface Backlog {
  /** A record was made. */
  made(line: Pick<AuditLine, 'line'>): void
  /** A record was delivered, put aside or skipped; or one that needs no more counting. */
  settled(line: Pick<AuditLine, 'line'>): void
  /** So many records were counted that there is nothing to deliver of; about as many bytes as the others have. */
  missing(records: number): void
  /** Everything that was made is settled: what the counts say besides came from files that changed under us. */
  nothingLeft(): void
  records(): number
  bytes(): number
}

/** Begins with what waited before this process. */
export function createBacklog(before: {
  readonly records: number
  readonly bytes: number
}): Backlog {
  let { records, bytes } = before

  return {
    made({ line }) {
      records++
      bytes += line.length + 1
    },
    settled({ line }) {
      records = Math.max(0, records - 1)
      bytes = Math.max(0, bytes - line.length - 1)
    },
    missing(count) {
      const left = Math.max(0, records - count)
      bytes = records === 0 ? 0 : Math.round((bytes / records) * left)
      records = left
    },
    nothingLeft() {
      records = 0
      bytes = 0
    },
    records: () => records,
    bytes: () => bytes,
  }
}
