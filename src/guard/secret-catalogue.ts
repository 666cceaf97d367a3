import { secretClasses } from './secret-classes.js'

interface Match {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** The next occurrence of one class at or after `from`, or null. */
type Finder = (text: string, from: number) => Match | null

const finders: readonly Finder[] = secretClasses.map(({ name, pattern, accepts }) => {
  const search = new RegExp(pattern.source, `${pattern.flags}g`)
  return (text, from) => {
    search.lastIndex = from
    for (let found = search.exec(text); found !== null; found = search.exec(text)) {
      const value = found[1] ?? ''
      if (accepts?.(value) ?? true) {
        return { name, start: found.index, end: search.lastIndex }
      }
      // A false alarm does not end the search: a real secret may follow it, or stand inside it (behaviour spec §11.4).
      search.lastIndex -= value.length
    }
    return null
  }
})

/** Every class at once, without regard to case: what it does not match holds no secret, and most texts end here. */
const anyClass = new RegExp(secretClasses.map(({ pattern }) => pattern.source).join('|'), 'i')

/** The secrets of a text from left to right; at one position the class that stands first in the catalogue wins. */
function* secretsIn(text: string): Generator<Match> {
  if (!anyClass.test(text)) return
  const next = finders.map((find) => find(text, 0))
  for (let from = 0; ; ) {
    let first: Match | null = null
    for (const [index, find] of finders.entries()) {
      const known = next[index] ?? null
      const match = known !== null && known.start < from ? find(text, from) : known
      next[index] = match
      if (match !== null && (first === null || match.start < first.start)) first = match
    }
    if (first === null) return
    yield first
    from = first.end
  }
}

/** The class of the first secret in a text, or null (behaviour spec §7.4). Linear in the length of the text. */
export function findSecret(text: string): string | null {
  for (const { name } of secretsIn(text)) return name
  return null
}

function redactOnce(text: string): string {
  let redacted = ''
  let from = 0
  for (const { name, start, end } of secretsIn(text)) {
    redacted += `${text.slice(from, start)}[REDACTED:${name}]`
    from = end
  }
  return from === 0 ? text : redacted + text.slice(from)
}

/** More than any text needs that was not made to need more. */
const maxRounds = 8

/** The text with each secret replaced by `[REDACTED:<class>]`; applied again, it changes nothing. */
export function redactSecrets(text: string): string {
  let before = text
  for (let round = 0; round < maxRounds; round += 1) {
    // What stood glued to a secret may show as one only when that secret is gone.
    const after = redactOnce(before)
    if (after === before) break
    before = after
  }
  return before
}

/** What a caller is told whose argument holds a secret; the text itself is never echoed. */
export const secretRefusal = (field: string, secretClass: string): string =>
  `${field} appears to contain an embedded secret (${secretClass}). Remove credentials before storing — secrets in vulnerability records are exposed to every reader.`
