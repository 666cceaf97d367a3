import type { AuditValue } from './audit-log.js'

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
}

// By code unit and without the `u` flag: a lone surrogate is escaped like any other character.
const escaped = /[^ !#-[\]-~]/g
/** The same for a look first: nearly every text is plain. */
const needsEscape = /[^ !#-[\]-~]/

const escapeUnit = (unit: string): string =>
  shortEscapes[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

const quoted = (text: string): string =>
  needsEscape.test(text) ? `"${text.replace(escaped, escapeUnit)}"` : `"${text}"`

/**
 * Python and JavaScript print a fraction between 1e-9 and 1e-4 differently (`1e-05` and `0.00001`), and have no text for
 * NaN and the infinities that the other reads; those become strings, so that either may parse and print a record.
 */
function numberText(value: number): string {
  const text = String(value)
  if (!Number.isFinite(value)) return quoted(text)
  const size = Math.abs(value)
  return size !== 0 && size < 1e-4 && size >= 1e-9 ? quoted(text) : text
}

/**
 * The exact text that is chained and written (behaviour spec §5.3): members parted by `", "`, names by `": "`, all but
 * U+0020–U+007E escaped. It is a fixed point of parsing and printing in Python (`json.dumps(json.loads(text)) == text`)
 * and of parsing in JavaScript and printing here. Members that are undefined are left out.
 */
export function jsonText(value: AuditValue): string {
  if (value === null) return 'null'
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
      return numberText(value)
    case 'boolean':
      return value ? 'true' : 'false'
  }
  if (Array.isArray(value)) return `[${value.map(jsonText).join(', ')}]`
  return `{${membersText(value as { readonly [name: string]: AuditValue | undefined })}}`
}

/** What stands between the braces of an object's text; members named in `leftOut` do not. */
export function membersText(
  value: { readonly [name: string]: AuditValue | undefined },
  leftOut?: ReadonlySet<string>,
): string {
  let text = ''
  for (const name of Object.keys(value)) {
    const member = value[name]
    if (member === undefined || leftOut?.has(name)) continue
    text += `${text === '' ? '' : ', '}${quoted(name)}: ${jsonText(member)}`
  }
  return text
}
