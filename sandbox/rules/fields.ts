import type { FieldIssue, FieldIssues } from '../http/api-error.js'
import type { Store } from '../store.js'

/** Reads one value as REST framework would: what to store, or why not. */
export type Reading = { value: unknown } | { issue: FieldIssue }
export type Read = (value: unknown, store: Store) => Reading

/** A writable field of a resource. */
export interface Field {
  read: Read
  required?: boolean
  /** null is allowed. */
  nullable?: boolean
}
export type Fields = Readonly<Record<string, Field>>

/** Says why a value is refused; `invalid` is REST framework's own word for most of it. */
export function issue(text: string, code = 'invalid'): { issue: FieldIssue } {
  return { issue: { text, code } }
}

const required: FieldIssue = { text: 'This field is required.', code: 'required' }
const notNull: FieldIssue = { text: 'This field may not be null.', code: 'null' }

/** Every field is read, so that all complaints come at once; unknown ones are ignored. `partial` is a PATCH: nothing is required. */
export function readFields(
  fields: Fields,
  body: Readonly<Record<string, unknown>>,
  store: Store,
  partial: boolean,
): { values: Record<string, unknown>; issues: FieldIssues | null } {
  const values: Record<string, unknown> = {}
  const issues: FieldIssues = {}
  for (const [name, field] of Object.entries(fields)) {
    const value = body[name]
    if (value === undefined) {
      if (field.required && !partial) issues[name] = [required]
      continue
    }
    if (value === null) {
      if (field.nullable) values[name] = null
      else issues[name] = [notNull]
      continue
    }
    const reading = field.read(value, store)
    if ('issue' in reading) issues[name] = [reading.issue]
    else values[name] = reading.value
  }
  return { values, issues: Object.keys(issues).length > 0 ? issues : null }
}
