import { invalid } from '../errors.js'
import type { Field } from './field.js'
import { quoted, quotedList, shown } from './python-repr.js'
import { textLength } from './text-length.js'
import { type TextScreen, textScreens } from './text-screens.js'

export { optional } from './field.js'

/** The greatest number DefectDojo's database holds in an id or an offset; above it, it answers with a server error. */
export const maxDatabaseInteger = 2_147_483_647

/** Whole numbers as a caller may write them: 10, 10.0, "10", "10.0". */
const wholeNumber = /^[+-]?\d{1,16}(?:\.0+)?$/

function asInteger(name: string, raw: unknown): number {
  const text = typeof raw === 'string' ? raw.trim() : ''
  const value = wholeNumber.test(text) ? Number(text) : raw
  if (typeof value === 'number' && Number.isInteger(value)) return value
  throw invalid(`${name} must be an integer, got ${shown(raw)}`)
}

function asText(name: string, raw: unknown): string {
  if (typeof raw !== 'string') throw invalid(`${name} must be a string, got ${shown(raw)}`)
  // DefectDojo's database takes neither: it would answer with a server error.
  if (/[\0\p{Cs}]/u.test(raw)) {
    throw invalid(`${name} must not contain NUL characters or unpaired surrogates`)
  }
  return raw
}

/** Refuses a text of more than `max` characters (code points). */
export function refuseTooLong(name: string, text: string, max: number): void {
  const length = textLength(text)
  if (length > max) {
    throw invalid(`${name} exceeds maximum length of ${max} characters (got ${length})`)
  }
}

/** The id of something at DefectDojo. */
export const id = (description: string): Field<number> => ({
  schema: { type: 'integer', minimum: 1, maximum: maxDatabaseInteger, description },
  bind(name, raw) {
    const value = asInteger(name, raw)
    if (value <= 0) throw invalid(`${name} must be > 0, got ${value}`)
    if (value > maxDatabaseInteger) {
      throw invalid(`${name} must be <= ${maxDatabaseInteger}, got ${value}`)
    }
    return value
  },
})

/** The page size of a list. */
export const limit = (description = 'Page size.'): Field<number> => ({
  schema: { type: 'integer', minimum: 1, maximum: 100, default: 20, description },
  whenMissing: { value: 20 },
  bind(name, raw) {
    const value = asInteger(name, raw)
    if (value < 1 || value > 100) throw invalid(`${name} must be between 1 and 100, got ${value}`)
    return value
  },
})

/** How many items of a list to skip. */
export const offset = (description = 'Items to skip.'): Field<number> => ({
  schema: {
    type: 'integer',
    minimum: 0,
    maximum: maxDatabaseInteger,
    default: 0,
    description,
  },
  whenMissing: { value: 0 },
  bind(name, raw) {
    const value = asInteger(name, raw)
    if (value < 0) throw invalid(`${name} must be >= 0, got ${value}`)
    if (value > maxDatabaseInteger) {
      throw invalid(`${name} must be <= ${maxDatabaseInteger}, got ${value}`)
    }
    return value
  },
})

export interface TextOptions {
  /** What must not be in it. */
  readonly refuse?: readonly (keyof typeof textScreens)[]
  /** True when blanks alone are not enough. */
  readonly notBlank?: boolean
}

/** Text of at most `max` characters (code points). */
export function text(max: number, description: string, options: TextOptions = {}): Field<string> {
  const screens: TextScreen[] = (options.refuse ?? []).map((name) => textScreens[name])
  return {
    schema: {
      type: 'string',
      ...(options.notBlank && { minLength: 1 }),
      maxLength: max,
      description,
    },
    screens,
    bind(name, raw) {
      const value = asText(name, raw)
      refuseTooLong(name, value, max)
      if (options.notBlank && value.trim() === '') throw invalid(`${name} must not be empty`)
      return value
    },
  }
}

/** The words for true and false that the reference takes. */
const truthWords: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...[true, 1, '1', 'true', 't', 'yes', 'y', 'on'].map((word) => [word, true] as const),
  ...[false, 0, '0', 'false', 'f', 'no', 'n', 'off'].map((word) => [word, false] as const),
])

function bindFlag(name: string, raw: unknown): boolean {
  const value = truthWords.get(typeof raw === 'string' ? raw.trim().toLowerCase() : raw)
  if (value === undefined) throw invalid(`${name} must be a boolean, got ${shown(raw)}`)
  return value
}

/** Yes or no; without a default the caller may leave it open. */
export function flag(fallback: boolean, description: string): Field<boolean>
export function flag(fallback: undefined, description: string): Field<boolean | undefined>
export function flag(
  fallback: boolean | undefined,
  description: string,
): Field<boolean | undefined> {
  return {
    schema: {
      type: 'boolean',
      ...(fallback !== undefined && { default: fallback }),
      ...(description !== '' && { description }),
    },
    whenMissing: { value: fallback },
    bind: bindFlag,
  }
}

/** One of a closed set of words, with exact case. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  description: string,
): Field<Word> {
  const isWord = (value: string): value is Word => words.some((word) => word === value)
  const sorted = quotedList([...words].sort())
  return {
    schema: { type: 'string', enum: words, description },
    bind(name, raw) {
      const value = asText(name, raw)
      if (!isWord(value)) throw invalid(`${name} must be one of ${sorted}, got ${quoted(value)}`)
      return value
    },
  }
}

const calendarDate = /^(\d{4})-(\d{2})-(\d{2})$/

function isRealDate(text: string): boolean {
  const [, year = 0, month = 0, day = 0] = (calendarDate.exec(text) ?? []).map(Number)
  // Set in two steps: `Date.UTC` would take the years 0 to 99 for 1900 to 1999.
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return year >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

/** A calendar date, `YYYY-MM-DD` only. */
export const date = (description: string): Field<string> => ({
  schema: { type: 'string', format: 'date', description },
  bind(name, raw) {
    const value = asText(name, raw)
    if (!calendarDate.test(value) || !isRealDate(value)) {
      throw invalid(`${name} must be a valid YYYY-MM-DD date, got ${quoted(value)}`)
    }
    return value
  },
})
