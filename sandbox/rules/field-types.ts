import type { Store } from '../store.js'
import type { Table } from '../table.js'
import { type Field, issue, type Read, type Reading } from './fields.js'
import { timestamp } from './times.js'

interface Common {
  required?: boolean
  nullable?: boolean
}
const field = (read: Read, options: Common = {}): Field => ({
  read,
  ...(options.required === undefined ? {} : { required: options.required }),
  ...(options.nullable === undefined ? {} : { nullable: options.nullable }),
})

/** Text of at most `max` characters, trimmed. Blank is refused unless `blank`. */
export function text(options: Common & { max?: number; blank?: boolean } = {}): Field {
  const read = (value: unknown): Reading => {
    if (typeof value !== 'string' && typeof value !== 'number') return issue('Not a valid string.')
    const trimmed = String(value).trim()
    if (trimmed === '' && !options.blank) return issue('This field may not be blank.', 'blank')
    if (trimmed.includes('\u0000')) {
      return issue('Null characters are not allowed.', 'null_characters_not_allowed')
    }
    if (options.max !== undefined && trimmed.length > options.max) {
      return issue(`Ensure this field has no more than ${options.max} characters.`, 'max_length')
    }
    return { value: trimmed }
  }
  return field(read, options)
}

/** Text that may be blank or null: most of DefectDojo's optional texts. */
export const optionalText = (max?: number): Field =>
  text({ nullable: true, blank: true, ...(max === undefined ? {} : { max }) })

const truths: readonly unknown[] = [
  true,
  1,
  'true',
  'True',
  'TRUE',
  't',
  'T',
  '1',
  'on',
  'On',
  'yes',
]
const lies: readonly unknown[] = [
  false,
  0,
  'false',
  'False',
  'FALSE',
  'f',
  'F',
  '0',
  'off',
  'Off',
  'no',
]

/** A truth value, in any of the ways that REST framework reads one. */
export function flag(options: Common = {}): Field {
  return field((value) => {
    if (truths.includes(value)) return { value: true }
    if (lies.includes(value)) return { value: false }
    return issue('Must be a valid boolean.')
  }, options)
}

function bounded(value: number, options: { min?: number; max?: number }, shown: string[]): Reading {
  const { min, max } = options
  if (max !== undefined && value > max) {
    return issue(`Ensure this value is less than or equal to ${shown[1]}.`, 'max_value')
  }
  if (min !== undefined && value < min) {
    return issue(`Ensure this value is greater than or equal to ${shown[0]}.`, 'min_value')
  }
  return { value }
}

/** A whole number, also as text. */
export function integer(options: Common & { min?: number; max?: number } = {}): Field {
  const limits = { min: options.min ?? -2_147_483_648, max: options.max ?? 2_147_483_647 }
  return field((value) => {
    const textual = typeof value === 'number' ? String(value) : value
    if (typeof textual !== 'string' || !/^\s*-?\d+(\.0*)?\s*$/.test(textual)) {
      return issue('A valid integer is required.')
    }
    return bounded(Math.trunc(Number(textual)), limits, [`${limits.min}`, `${limits.max}`])
  }, options)
}

/** A number with a fraction, also as text; bounds are shown as Python shows them, `1.0`. */
export function decimal(options: Common & { min?: number; max?: number } = {}): Field {
  const shown = [options.min ?? 0, options.max ?? 0].map((n) => n.toFixed(1))
  return field((value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number !== 'number' || !Number.isFinite(number)) {
      return issue('A valid number is required.')
    }
    return bounded(number, options, shown)
  }, options)
}

/** Whether the text is a day of the calendar, `YYYY-MM-DD`. */
export function isDay(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false
  const at = Date.parse(`${value}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value)
}

/** A day, `YYYY-MM-DD`. */
export function date(options: Common = {}): Field {
  return field(
    (value) =>
      typeof value === 'string' && isDay(value)
        ? { value }
        : issue('Date has wrong format. Use one of these formats instead: YYYY-MM-DD.'),
    options,
  )
}

/** A moment in ISO 8601; a plain day is its midnight, no zone is UTC. Undefined if it is neither. */
export function readMoment(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  if (isDay(value)) return `${value}T00:00:00Z`
  if (!/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?$/.test(value)) {
    return undefined
  }
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(value) ? value : `${value}Z`
  const at = new Date(zoned.replace(' ', 'T'))
  return Number.isNaN(at.getTime()) ? undefined : timestamp(at)
}

/** A date-time, stored in UTC. */
export function dateTime(options: Common = {}): Field {
  const format = 'YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]'
  return field((value) => {
    const moment = readMoment(value)
    return moment === undefined
      ? issue(`Datetime has wrong format. Use one of these formats instead: ${format}.`)
      : { value: moment }
  }, options)
}

/** One of a list of words. Blank counts as null where null is allowed. */
export function choice(words: readonly string[], options: Common = {}): Field {
  return field((value) => {
    if (value === '' && options.nullable) return { value: null }
    return typeof value === 'string' && words.includes(value)
      ? { value }
      : issue(`"${String(value)}" is not a valid choice.`, 'invalid_choice')
  }, options)
}

/** What Python calls the type of a JSON value. */
export function pythonType(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return typeof value === 'string' ? 'str' : 'dict'
}

type Rows = (store: Store) => Pick<Table<{ id: number }>, 'get'>

function readReference(value: unknown, rows: Rows, store: Store): Reading {
  const id = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (typeof id !== 'number') {
    return issue(
      `Incorrect type. Expected pk value, received ${pythonType(value)}.`,
      'incorrect_type',
    )
  }
  if (!rows(store).get(id)) {
    return issue(`Invalid pk "${id}" - object does not exist.`, 'does_not_exist')
  }
  return { value: id }
}

/** The id of a row of another resource. */
export function reference(rows: Rows, options: Common = {}): Field {
  return field((value, store) => readReference(value, rows, store), options)
}

/** Ids of rows of another resource. */
export function references(rows: Rows, options: Common = {}): Field {
  return field((value, store) => {
    const list = typeof value === 'string' && /^\d+$/.test(value) ? [value] : value
    if (!Array.isArray(list)) {
      return issue(`Expected a list of items but got type "${pythonType(value)}".`, 'not_a_list')
    }
    const ids: number[] = []
    for (const item of list) {
      const reading = readReference(item, rows, store)
      if ('issue' in reading) return reading
      ids.push(reading.value as number)
    }
    return { value: ids }
  }, options)
}

/** A reference to something that the sandbox has no rows of, so that every id is unknown. */
export const referenceToNothing: Field = reference(() => ({ get: () => undefined }), {
  nullable: true,
})

/** An address of at most `max` characters. */
export function url(max: number): Field {
  const plain = optionalText(max)
  return field(
    (value, store) => {
      if (value === '') return { value: '' }
      if (typeof value !== 'string' || !URL.canParse(value)) return issue('Enter a valid URL.')
      return plain.read(value, store)
    },
    { nullable: true },
  )
}
