import type { Completer, Suggestions } from './completer.js'
import { occursIn } from './suggestions.js'

/** The words that have what is typed in them, those that begin with it first. */
export function matching(words: readonly string[], typed: string): Suggestions {
  const begins = (word: string) => word.toLowerCase().startsWith(typed.toLowerCase())
  const inside = words.filter((word) => !begins(word) && occursIn(typed, word))
  const values = [...words.filter(begins), ...inside]
  return { values, total: values.length }
}

/** Completes from a closed set of words. */
export const words =
  (list: readonly string[]): Completer =>
  (typed) =>
    matching(list, typed.trim())
