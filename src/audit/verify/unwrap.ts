import type { FileLine } from './lines.js'

const lineFeed = Buffer.from('\n')
const recordStart = Buffer.from('{"timestamp": "')
/** The same within a JSON string. */
const quotedStart = Buffer.from('{\\"timestamp\\": \\"')
const recordEnd = /, "integrity_hmac": "[0-9a-f]{64}"\}/g
const quotedEnd = /, \\"integrity_hmac\\": \\"[0-9a-f]{64}\\"\}/g

/** Whether the first line of a file shows that a SIEM put something around the records. */
export const isWrapped = (line: Buffer): boolean =>
  !line.subarray(0, recordStart.length).equals(recordStart) && holdsRecord(line)

/** Whether there is a record in a line of what a SIEM gave back; other lines are not ours. */
export const holdsRecord = (line: Buffer): boolean => recordAt(line) >= 0

/** Where the first record in a line begins; -1 if there is none. */
export function recordAt(line: Buffer): number {
  const plain = line.indexOf(recordStart)
  const quoted = (plain < 0 ? line : line.subarray(0, plain)).indexOf(quotedStart)
  return quoted < 0 ? plain : quoted
}

function lastEnd(text: string, pattern: RegExp): number {
  let end = -1
  for (const match of text.matchAll(pattern)) end = match.index + match[0].length
  return end
}

/** The record within a line that a SIEM gave back: behind a syslog header, or in a JSON string. The line itself if there is none. */
export function unwrappedLine(line: FileLine): FileLine {
  const bytes = unwrapped(line.bytes)
  return bytes === line.bytes ? line : { ...line, bytes, whole: Buffer.concat([bytes, lineFeed]) }
}

function unwrapped(line: Buffer): Buffer {
  const plain = line.indexOf(recordStart)
  const quoted = line.indexOf(quotedStart)
  if (plain >= 0 && (quoted < 0 || plain < quoted)) {
    const end = lastEnd(line.toString('latin1', plain), recordEnd)
    const bare = plain === 0 && end === line.length
    return end < 0 || bare ? line : line.subarray(plain, plain + end)
  }
  if (quoted < 0) return line
  const text = line.toString('latin1', quoted)
  const end = lastEnd(text, quotedEnd)
  try {
    return Buffer.from(JSON.parse(`"${text.slice(0, end)}"`) as string, 'latin1')
  } catch {
    return line
  }
}
