import { recordAt } from './unwrap.js'

const partStart = '{"audit_part": '
/** The same within a JSON string. */
const quotedStart = '{\\"audit_part\\": '
/** No part is longer, and a pattern is never tried on more. */
const maxPartBytes = 7_600
const partForm =
  /^\{"audit_part": ([1-9]\d{0,3}), "of": ([1-9]\d{0,3}), "chain_id": "([0-9a-f-]{36})", "seq": ([1-9]\d{0,14}), "text": "((?:[ !#-[\]-~]|\\["\\])*)"\}/
const quote = 0x22
const backslash = 0x5c

/** A slice of a record's line: what fits into one syslog message (docs/audit-format.md §5.4). */
export interface Part {
  readonly number: number
  readonly of: number
  readonly chainId: string
  readonly seq: number
  readonly text: Buffer
}

/** Where a part begins. A record may hold the text of a part, and a part that of a record: what comes first is what the line is. */
function startIn(line: Buffer): { readonly at: number; readonly quoted: boolean } | null {
  const record = recordAt(line)
  const before = record < 0 ? line : line.subarray(0, record)
  const plain = before.indexOf(partStart)
  const quoted = before.indexOf(quotedStart)
  if (plain >= 0 && (quoted < 0 || plain < quoted)) return { at: plain, quoted: false }
  return quoted < 0 ? null : { at: quoted, quoted: true }
}

/** Whether a line of what a SIEM gave back holds a part of a record, and not a record. */
export const holdsPart = (line: Buffer): boolean => startIn(line) !== null

/** The part that a line holds; null if it is damaged. */
export function readPart(line: Buffer): Part | null {
  const start = startIn(line)
  if (!start) return null
  const text = start.quoted
    ? unquoted(line, start.at)
    : line.toString('latin1', start.at, start.at + maxPartBytes)
  const [, number, of, chainId, seq, slice] = partForm.exec(text.slice(0, maxPartBytes)) ?? []
  if (chainId === undefined || slice === undefined || Number(number) > Number(of)) return null
  return {
    number: Number(number),
    of: Number(of),
    chainId,
    seq: Number(seq),
    text: Buffer.from(slice.replace(/\\(.)/g, '$1'), 'latin1'),
  }
}

/** The rest of the JSON string that `from` lies in, unescaped; empty if the string has no end or is none. */
function unquoted(line: Buffer, from: number): string {
  let end = from
  while (end < line.length && line[end] !== quote) end += line[end] === backslash ? 2 : 1
  try {
    return end < line.length ? JSON.parse(`"${line.toString('latin1', from, end)}"`) : ''
  } catch {
    return ''
  }
}
