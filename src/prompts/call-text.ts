import { unseenCharacters } from '../guard/unseen-characters.js'
import type { ToolName } from '../tools/tool-names.js'

/** A value that the agent finds on its way; a call shows it as `<what it is>`. */
export interface Found {
  readonly found: string
}

/** A place in a call for what the agent finds. */
export const found = (what: string): Found => ({ found: what })

const escaped = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('')

/** An argument of the user's as a JSON string: nothing in it ends the string, begins a line or stays unseen. */
export const quotedText = (text: string): string =>
  JSON.stringify(text).replace(unseenCharacters, escaped)

/** Several words, in their order. */
export const quotedWords = (words: readonly string[]): string => words.map(quotedText).join(', ')

/** A tool call as a prompt writes it: values as JSON, `<…>` for what is found on the way, nothing for what is undefined. */
export function call(
  tool: ToolName,
  args: Readonly<Record<string, string | number | boolean | Found | undefined>>,
): string {
  const shown = Object.entries(args).flatMap(([name, value]) => {
    if (value === undefined) return []
    if (typeof value === 'object') return [`${name}=<${value.found}>`]
    return [`${name}=${typeof value === 'string' ? quotedText(value) : value}`]
  })
  return `${tool}(${shown.join(', ')})`
}
