import type { AuditLine } from '../../audit/trail-sinks.js'

/** What a part takes at most. A message may have 8,096 bytes, and no header is longer than what is left of them. */
const maxPartBytes = 7_600
const quote = 0x22
const backslash = 0x5c

/**
 * What is sent of a line: the line, or its parts if it is longer than `maxBytes` (docs/audit-format.md §5.4). The cuts depend on the
 * record alone, not on `maxBytes`, so a part that is sent again, by another process too, is the same text.
 */
export function messageParts(
  { line, chainId, seq }: Pick<AuditLine, 'line' | 'chainId' | 'seq'>,
  maxBytes: number,
): string[] {
  if (line.length <= maxBytes) return [line]
  const part = (number: number, of: number, slice: string): string =>
    `{"audit_part": ${number}, "of": ${of}, "chain_id": "${chainId}", "seq": ${seq}, "text": "${slice.replace(/["\\]/g, '\\$&')}"}`
  // The longest numbers a record can need: how many parts there are is not known before the cuts are.
  const slices = slicesOf(line, maxPartBytes - part(9_999, 9_999, '').length)
  return slices.map((slice, at) => part(at + 1, slices.length, slice))
}

/** Cuts a line, which is printable ASCII, so that no slice takes more than `room` when it is escaped. */
function slicesOf(line: string, room: number): string[] {
  const slices: string[] = []
  let start = 0
  let taken = 0
  for (let at = 0; at < line.length; at++) {
    const unit = line.charCodeAt(at)
    const cost = unit === quote || unit === backslash ? 2 : 1
    if (taken + cost > room) {
      slices.push(line.slice(start, at))
      start = at
      taken = 0
    }
    taken += cost
  }
  slices.push(line.slice(start))
  return slices
}
