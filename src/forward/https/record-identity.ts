import type { AuditLine } from '../../audit/trail-sinks.js'

/** What tells a record from all others, the same whenever it is sent: receivers know a repetition by it. */
export const recordId = ({ chainId, seq }: AuditLine): string => `${chainId}-${seq}`

/** When the record was made, in milliseconds since 1970; null if it does not say. */
export function recordMilliseconds({ timestamp }: AuditLine): number | null {
  const milliseconds = Date.parse(timestamp)
  return milliseconds > 0 ? Math.floor(milliseconds) : null
}

/** The same for a batch as long as it has the same beginning, end and number of lines. */
export function batchId(lines: readonly AuditLine[]): string {
  const ends = [lines[0], lines.at(-1)].map((line) => (line ? recordId(line) : ''))
  // A chain that was begun elsewhere may be called anything; a header may not hold anything.
  return [...ends, lines.length].join('.').replace(/[^\w.-]/g, '_')
}
