import type { FieldIssues } from '../http/api-error.js'

/** The complaint about a name that another row of the resource has. `model` is Django's name in the sentence. */
export function nameTaken(
  model: string,
  rows: readonly { id: number; name: string }[],
  name: unknown,
  self: { id: number } | undefined,
): FieldIssues | undefined {
  if (!rows.some((row) => row.name === name && row.id !== self?.id)) return undefined
  return { name: [{ text: `${model} with this name already exists.`, code: 'unique' }] }
}
