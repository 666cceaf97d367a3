import type { AuditValue } from './audit-log.js'

export interface RecordBounds {
  /** Characters of escaped text after which one field of a record takes no more. */
  readonly field: number
  /** The longest string kept whole. */
  readonly string: number
}

/** What is kept; a record of many full fields stays well under the megabyte that is read back at start. */
export const recordBounds: RecordBounds = { field: 16_000, string: 4_096 }
/** The longest name of a member kept whole. */
const maxNameCharacters = 256
/** Lists and objects within each other. */
const maxDepth = 32

const omitted = '[omitted: too large]'

/** Text that is not plain ASCII takes up to six characters each in the record. */
const cost = (text: string): number => {
  let sum = 4
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit > 0x1f && unit < 0x7f) sum += unit === 0x22 || unit === 0x5c ? 2 : 1
    else sum += 6
  }
  return sum
}

/** The text, or its beginning and how much is missing. */
const shortened = (text: string, limit: number): string =>
  text.length <= limit ? text : `${text.slice(0, limit)}…[+${text.length - limit} characters]`

/**
 * The value with an upper bound on its text, whatever a client sent: long strings end in `…[+n characters]`, and what
 * comes after the field is full, or lies too deep, is replaced by a fixed text.
 */
export function bounded(value: AuditValue, bounds: RecordBounds = recordBounds): AuditValue {
  let left = bounds.field

  function visit(value: AuditValue, depth: number): AuditValue {
    if (typeof value === 'string') {
      const text = shortened(value, bounds.string)
      const price = cost(text)
      if (price <= left) {
        left -= price
        return text
      }
      // A sixth of the room is what the worst text can take, so this piece always fits.
      const piece = shortened(text, Math.max(0, Math.floor((left - 200) / 6)))
      left = Math.max(0, left - cost(piece))
      return piece.startsWith('…') ? omitted : piece
    }
    if (value === null || typeof value !== 'object') {
      left -= String(value).length
      return value
    }
    if (depth >= maxDepth) return omitted
    if (Array.isArray(value)) {
      const kept: AuditValue[] = []
      for (const element of value) {
        left -= 2
        if (left <= 0) {
          kept.push(omitted)
          break
        }
        kept.push(visit(element, depth + 1))
      }
      return kept
    }
    const kept: [string, AuditValue][] = []
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue
      const keptName = shortened(name, maxNameCharacters)
      left -= cost(keptName) + 4
      if (left <= 0) {
        kept.push(['…', omitted])
        break
      }
      kept.push([keptName, visit(member, depth + 1)])
    }
    // fromEntries defines members, so that a name like __proto__ stays an ordinary one.
    return Object.fromEntries(kept)
  }

  return visit(value, 0)
}
