import type { AuditValue } from '../audit/audit-log.js'
import { textLength } from '../guard/text-length.js'

/**
 * Arguments that were never accepted, as the trail may hold them: names and sizes, no text. They can be of any size and hold
 * anything, so at most 32 of them are described.
 */
export function describeArguments(raw: unknown): Record<string, AuditValue> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return {}
  return Object.fromEntries(
    Object.entries(raw)
      .slice(0, 32)
      .map(([name, value]) => [name.slice(0, 64), describe(value)]),
  )
}

function describe(value: unknown): AuditValue {
  if (typeof value === 'string') return `<${textLength(value.slice(0, 100_000))} chars>`
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : String(value)
  if (Array.isArray(value)) return `<${value.length} items>`
  return '<object>'
}
