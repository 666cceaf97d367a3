import { Value } from '@sinclair/typebox/value'
import { notANumber, readInteger, readNumber } from './numbers.js'
import type { Quote } from './quote.js'
import type { Variable } from './schema.js'

/** What the text of one variable turned out to be. */
export type ReadResult =
  | { readonly value: unknown; readonly warning?: string }
  | { readonly problem: string }

/**
 * Reads the text of a variable strictly: in doubt it is a problem, which names the variable. Our own reading, because TypeBox's
 * `Value.Convert` takes "1e3" for 1 and "12.9" for 12.
 *
 * @param quote shows a value in a message, or hides it
 */
export function readVariable(
  variable: Variable,
  text: string | undefined,
  quote: Quote,
): ReadResult {
  if (text === undefined || (text === '' && variable.emptyIsUnset === true)) {
    return { value: variable.defaultValue }
  }
  return readers[variable.reads](variable, text, quote)
}

type Reader = (variable: Variable, text: string, quote: Quote) => ReadResult

const mustBe = (variable: Variable, shown: string): ReadResult => ({
  problem: variable.secret
    ? `${variable.name} must be ${variable.expects}`
    : `${variable.name} must be ${variable.expects}, got ${shown}`,
})

const checked = (variable: Variable, value: unknown, shown: string): ReadResult => {
  if (Value.Check(variable.schema, value)) return { value }
  const { minimum = 1, maximum } = variable.schema as { minimum?: number; maximum?: number }
  if (typeof value === 'number' && value > 0 && maximum !== undefined) {
    const bound = value > maximum ? `at most ${maximum}` : `at least ${minimum}`
    return { problem: `${variable.name} must be ${bound}, got ${shown}` }
  }
  return mustBe(variable, shown)
}

const readers: Readonly<Record<Variable['reads'], Reader>> = {
  text: (variable, text, quote) => checked(variable, text, quote(text)),

  integer(variable, text, quote) {
    const value = readInteger(text)
    return value === notANumber
      ? mustBe(variable, quote(text))
      : checked(variable, Number(value), quote(text, String(value)))
  },

  number(variable, text, quote) {
    const value = readNumber(text)
    return value === notANumber
      ? mustBe(variable, quote(text))
      : checked(variable, value, quote(text, String(value)))
  },

  flag(variable, text, quote) {
    const word = text.toLowerCase()
    if (word === 'true' || word === 'false') return { value: word === 'true' }
    return fallback(variable, text, quote)
  },

  word(variable, text, quote) {
    const { words = [] } = variable
    if (!variable.lenient) {
      return words.includes(text) ? { value: text } : mustBe(variable, quote(text))
    }
    const known = words.find((word) => word.toLowerCase() === text.toLowerCase())
    return known === undefined ? fallback(variable, text, quote) : { value: known }
  },

  list: (variable, text, quote) =>
    checked(
      variable,
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
      quote(text),
    ),
}

/** The reference takes an unknown word for the default and says nothing; so do we, but say so. */
const fallback = (variable: Variable, text: string, quote: Quote): ReadResult => ({
  value: variable.defaultValue,
  warning: `${variable.name} must be ${variable.expects}, got ${quote(text)} — using ${String(variable.defaultValue)}`,
})
