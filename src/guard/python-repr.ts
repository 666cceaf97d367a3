import { unseenCharacters } from './unseen-characters.js'

const maxQuotedCharacters = 100

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  if (code > 0xffff) return `\\U${hex.padStart(8, '0')}`
  return (
    shortEscapes[character] ??
    (code > 0xff ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`)
  )
}

/** The first `max` characters (code points, so no pair is cut in two). */
const firstCharacters = (text: string, max: number): string =>
  [...text.slice(0, max * 2)].slice(0, max).join('')

/**
 * Text as Python quotes it, as the reference's refusals do: single quotes unless the text holds some and no double ones.
 * At most 100 characters of the input are shown, and none that a terminal would act on.
 */
export function quoted(text: string): string {
  const shown = firstCharacters(text, maxQuotedCharacters)
  const quote = shown.includes("'") && !shown.includes('"') ? '"' : "'"
  const escaped = shown
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replace(unseenCharacters, escapeCharacter)
  return `${quote}${escaped}${shown.length < text.length ? '...' : ''}${quote}`
}

/** A list of words as Python prints it: `['a', 'b']`. */
export const quotedList = (words: readonly string[]): string => `[${words.map(quoted).join(', ')}]`

/** Any JSON value in a refusal: scalars as Python prints them, lists and objects only by what they are. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (value === null || value === undefined) return 'None'
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'object' ? 'an object' : String(value)
}
