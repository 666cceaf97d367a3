import { broken, type FieldIssues, refused } from '../http/api-error.js'
import type { Exchange } from '../http/exchange.js'
import { isDay, readMoment } from './field-types.js'
import { inRange, rangeCodes } from './ranges.js'
import { tagFilter } from './tag-filters.js'

type Of<Row, Value> = (row: Row, x: Exchange) => Value

/**
 * A query parameter as data: its kind says how the server reads the text, `of` where the row keeps what is compared.
 * The kinds and their traps are those of the API document, §1.6.
 */
export type Filter<Row> =
  /** exactly true, false, True, False; any other text is ignored */
  | { kind: 'boolean'; of: Of<Row, boolean | null> }
  /** a comma list of numbers; text is refused */
  | { kind: 'numbers'; of: Of<Row, number | null | undefined | readonly number[]> }
  /** a comma list of words, exact and untrimmed; unknown words match nothing */
  | { kind: 'words'; of: Of<Row, string | null | readonly string[]> }
  /** part of the text, no case */
  | { kind: 'contains'; of: Of<Row, string | null> }
  | { kind: 'exact'; of: Of<Row, string | null> }
  | { kind: 'exact, no case'; of: Of<Row, string | null> }
  /** one number */
  | { kind: 'number'; of: Of<Row, number | null> }
  /** one of the words, or several by repeating the parameter; others are refused */
  | { kind: 'choice'; words: readonly string[]; of: Of<Row, string | null> }
  /** one id of a row that exists; others are refused, also comma lists */
  | { kind: 'one'; exists: (id: number, x: Exchange) => boolean; of: Of<Row, number | null> }
  /** a code with a meaning of its own; others are refused */
  | { kind: 'code'; meanings: Readonly<Record<string, Of<Row, boolean>>> }
  /** a range code 1 to 7 on a date or date-time; a date is refused */
  | { kind: 'range'; of: Of<Row, string | null> }
  /** a day, compared with the row's day */
  | { kind: 'day'; compare?: 'before' | 'after'; of: Of<Row, string | null> }
  /** a day or a moment; a day on its own stands for the whole day */
  | { kind: 'moment'; compare: 'on' | 'before' | 'after'; of: Of<Row, string | null> }
  /** per cent, 0 to 100, of a value 0 to 1; a lone bound of 0 breaks the server */
  | { kind: 'per cent'; bound: 'min' | 'max'; other: string; of: Of<Row, number | null> }
  | {
      kind: 'tags'
      test: 'part' | 'any' | 'all' | 'present'
      not?: true
      of: Of<Row, readonly string[]>
    }

export type Filters<Row> = Readonly<Record<string, Filter<Row>>>
/** What is compared with each row, or a complaint about the value. Undefined: the parameter is ignored. */
export type Compiled<Row> = ((row: Row) => boolean) | { refuse: string; code?: string } | undefined

/** The rows that every given filter lets through; a bad value of any of them is the 400 of them all. */
export function applyFilters<Row>(x: Exchange, rows: Row[], filters: Filters<Row>): Row[] {
  const tests: ((row: Row) => boolean)[] = []
  const issues: FieldIssues = {}
  for (const name of new Set(x.query.keys())) {
    const filter = filters[name]
    if (!filter) continue
    const values = x.query.getAll(name)
    const value = values.at(-1) ?? ''
    if (value === '') continue
    const compiled = compile(filter, value, values, x)
    if (compiled === undefined) continue
    if (typeof compiled === 'function') tests.push(compiled)
    else issues[name] = [{ text: compiled.refuse, code: compiled.code ?? 'invalid_choice' }]
  }
  if (Object.keys(issues).length > 0) throw refused(issues)
  if (tests.length === 0) return rows
  return rows.filter((row) => tests.every((test) => test(row)))
}

const notAChoice = (value: string): { refuse: string } => ({
  refuse: `Select a valid choice. ${value} is not one of the available choices.`,
})

function compile<Row>(
  filter: Filter<Row>,
  value: string,
  values: readonly string[],
  x: Exchange,
): Compiled<Row> {
  switch (filter.kind) {
    case 'boolean': {
      const wanted = { true: true, True: true, false: false, False: false }[value]
      if (wanted === undefined) return undefined
      return (row) => filter.of(row, x) === wanted
    }
    case 'numbers': {
      const parts = value.split(',')
      if (parts.some((part) => !/^\s*-?\d+(\.\d+)?\s*$/.test(part))) {
        return { refuse: 'Enter a number.', code: 'invalid' }
      }
      const wanted = new Set(parts.map(Number))
      return (row) => {
        const have = filter.of(row, x)
        if (typeof have === 'number') return wanted.has(have)
        return Array.isArray(have) && have.some((number) => wanted.has(number))
      }
    }
    case 'words': {
      const wanted = new Set(value.split(','))
      return (row) => {
        const have = filter.of(row, x)
        if (typeof have === 'string') return wanted.has(have)
        return have?.some((word) => wanted.has(word)) ?? false
      }
    }
    case 'contains': {
      const part = value.toLowerCase()
      return (row) => filter.of(row, x)?.toLowerCase().includes(part) ?? false
    }
    case 'exact':
      return (row) => filter.of(row, x) === value
    case 'exact, no case': {
      const whole = value.toLowerCase()
      return (row) => filter.of(row, x)?.toLowerCase() === whole
    }
    case 'number': {
      const wanted = Number(value)
      if (Number.isNaN(wanted)) return { refuse: 'Enter a number.', code: 'invalid' }
      return (row) => filter.of(row, x) === wanted
    }
    case 'choice': {
      const unknown = values.find((word) => !filter.words.includes(word))
      if (unknown !== undefined) return notAChoice(unknown)
      return (row) => values.includes(filter.of(row, x) ?? '')
    }
    case 'one': {
      const id = /^\d+$/.test(value) ? Number(value) : Number.NaN
      if (!filter.exists(id, x)) return notAChoice('That choice')
      return (row) => filter.of(row, x) === id
    }
    case 'code': {
      const meaning = filter.meanings[value]
      if (!meaning) return notAChoice(value)
      return (row) => meaning(row, x)
    }
    case 'range': {
      if (!rangeCodes.includes(value)) return notAChoice(value)
      const now = x.store.now()
      return (row) => inRange(filter.of(row, x), value, now)
    }
    case 'day': {
      if (!isDay(value)) return { refuse: 'Enter a valid date.', code: 'invalid' }
      return (row) => {
        const have = filter.of(row, x)?.slice(0, 10)
        if (have === undefined) return false
        if (filter.compare === 'before') return have < value
        return filter.compare === 'after' ? have > value : have === value
      }
    }
    case 'moment':
      return compileMoment(filter, value, x)
    case 'per cent': {
      const bound = Number(value)
      if (Number.isNaN(bound)) return { refuse: 'Enter a number.', code: 'invalid' }
      if (bound === 0 && !x.query.get(filter.other)) throw broken()
      return (row) => {
        const have = filter.of(row, x)
        if (have === null) return false
        return filter.bound === 'min' ? have >= bound / 100 : have <= bound / 100
      }
    }
    case 'tags':
      return tagFilter(filter, value, x)
  }
}

function compileMoment<Row>(
  filter: Extract<Filter<Row>, { kind: 'moment' }>,
  value: string,
  x: Exchange,
): Compiled<Row> {
  const moment = readMoment(value)
  if (moment === undefined) return { refuse: 'Enter a valid date/time.', code: 'invalid' }
  const whole = isDay(value)
  const at = Date.parse(moment)
  return (row) => {
    const have = filter.of(row, x)
    if (have === null) return false
    if (whole && filter.compare !== 'before') {
      const days = have.slice(0, 10)
      return filter.compare === 'on' ? days === value : days > value
    }
    const then = Date.parse(have)
    if (filter.compare === 'before') return then < at
    return filter.compare === 'after' ? then > at : then === at
  }
}
