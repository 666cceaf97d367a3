import { invalid } from '../errors.js'
import { quoted, quotedList, shown } from './python-repr.js'

const maxNamedUnknowns = 5
const maxEdits = 3

/** How many single characters must change to make one word the other (Levenshtein). */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [rowIndex, character] of [...from].entries()) {
    const next = [rowIndex + 1]
    for (let column = 1; column <= to.length; column += 1) {
      const changed = (row[column - 1] ?? 0) + (character === to[column - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** The known name that was most likely meant: one that contains the other, or one a few letters away. */
function nearestName(unknown: string, known: readonly string[]): string | null {
  if (unknown.length > 60) return null
  const plain = unknown.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  let best: { name: string; distance: number } | null = null
  for (const name of known) {
    const plainName = name.replaceAll('_', '')
    const contains =
      plain.length >= 2 &&
      (plainName.includes(plain) || (plain !== '' && plain.includes(plainName)))
    const distance = contains ? 1 : edits(plain, plainName)
    const near = contains || distance <= Math.min(maxEdits, Math.ceil(plainName.length / 3))
    if (near && (best === null || distance < best.distance)) best = { name, distance }
  }
  return best?.name ?? null
}

function describeUnknown(unknown: readonly string[], names: readonly string[]): string {
  const named = unknown.slice(0, maxNamedUnknowns).map((name) => {
    const meant = nearestName(name, names)
    return meant === null ? quoted(name) : `${quoted(name)} (did you mean '${meant}'?)`
  })
  const more =
    unknown.length > maxNamedUnknowns ? ` and ${unknown.length - maxNamedUnknowns} more` : ''
  const accepted = names.length > 0 ? `accepted are ${quotedList(names)}` : 'this tool takes none'
  return `unknown argument${unknown.length > 1 ? 's' : ''} ${named.join(', ')}${more}; ${accepted}`
}

/**
 * The arguments as an object that has no unknown names and lacks none of the required ones.
 * A required argument that is null is missing; nothing given at all is an empty object.
 */
export function refuseUnusable(
  raw: unknown,
  names: readonly string[],
  required: readonly string[],
): Readonly<Record<string, unknown>> {
  const given = raw ?? {}
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw invalid(`arguments must be an object, got ${shown(given)}`)
  }

  const unknown = Object.keys(given).filter((name) => !names.includes(name))
  if (unknown.length > 0) throw invalid(describeUnknown(unknown, names))

  // Entries rather than the object itself: a member of its prototype is no argument.
  const own: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(given))
  const missing = required.filter((name) => (own[name] ?? null) === null)
  if (missing.length > 0) {
    throw invalid(
      `missing required argument${missing.length > 1 ? 's' : ''} ${missing.map(quoted).join(', ')}`,
    )
  }
  return own
}
