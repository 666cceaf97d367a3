import { invalid } from '../errors.js'
import type { Field } from './field.js'
import { text } from './field-kinds.js'
import { quoted, shown } from './python-repr.js'

/** The largest report in bytes (50 MiB), decoded. */
export const maxScanFileBytes = 52_428_800
const maxBase64Length = Math.ceil(maxScanFileBytes / 3) * 4

/** Checked in pieces of whole quadruples, so that a large report is not held a third time. */
const pieceLength = 4 * 65_536

/** True for base64 in the standard alphabet with correct padding: it must come out the same when encoded again. */
function isStrictBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false
  for (let start = 0; start < text.length; start += pieceLength) {
    const piece = text.slice(start, start + pieceLength)
    const isLast = start + pieceLength >= text.length
    if (Buffer.from(piece, 'base64').toString('base64') !== piece) return false
    if (!isLast && piece.endsWith('=')) return false
  }
  return true
}

const tooLarge = (name: string) =>
  invalid(`${name} exceeds maximum size of ${maxScanFileBytes} bytes`)

function givenText(name: string, raw: unknown): string {
  if (typeof raw !== 'string') throw invalid(`${name} must be a string, got ${shown(raw)}`)
  if (raw === '') throw invalid(`${name} must not be empty`)
  return raw
}

/** A report as base64. What it holds is not looked at: it is evidence, and scanners quote attacks. */
export const base64Report = (description: string): Field<string> => ({
  schema: {
    type: 'string',
    contentEncoding: 'base64',
    minLength: 4,
    maxLength: maxBase64Length,
    description,
  },
  bind(name, raw) {
    const file = givenText(name, raw)
    if (!isStrictBase64(file)) throw invalid(`${name} must be valid base64-encoded data`)
    if (Buffer.byteLength(file, 'base64') > maxScanFileBytes) throw tooLarge(name)
    return file
  },
})

/** A report as plain text. */
export const textReport = (description: string): Field<string> => ({
  schema: { type: 'string', minLength: 1, maxLength: maxScanFileBytes, description },
  bind(name, raw) {
    const content = givenText(name, raw)
    // DefectDojo would leave an empty test behind.
    if (!/\S/.test(content)) throw invalid(`${name} must not be empty`)
    if (Buffer.byteLength(content) > maxScanFileBytes) throw tooLarge(name)
    return content
  },
})

const maxFileNameLength = 255

/** The name of a report; DefectDojo tells the format by its extension and refuses a name without one. */
export const reportName = (description: string): Field<string> => {
  const name = text(maxFileNameLength, description, { notBlank: true })
  return {
    ...name,
    bind(field, raw) {
      const fileName = name.bind(field, raw)
      // It becomes part of a header of the upload.
      if (/\p{Cc}/u.test(fileName)) throw invalid(`${field} must not contain control characters`)
      if (!/[^./\\]\.\w+$/.test(fileName)) {
        throw invalid(`${field} must end in an extension such as .json, got ${quoted(fileName)}`)
      }
      return fileName
    },
  }
}
