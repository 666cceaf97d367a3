/** What a JSON text may hold at most. */
export interface JsonLimits {
  /** Objects and lists inside one another. */
  readonly maxDepth: number
  /** Values in all, members and list entries each counted once. */
  readonly maxElements: number
  /** Characters besides the longest string; any number of them unless given. */
  readonly maxBesides?: number
}

const defaultLimits: JsonLimits = { maxDepth: 64, maxElements: 20_000 }

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** Numbers and literals, as JSON spells them. */
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** An open object with its keys so far, or an open list. */
type Container = Set<string> | null

class JsonProblem extends Error {}

/** What a reader sees to whom case and width are nothing: to Go's, `Name` is `name`. */
const foldedKey = (name: string): string =>
  plainKey.test(name) ? name : name.normalize('NFKC').toLowerCase()
const plainKey = /^[a-z0-9_]*$/

/**
 * Why a JSON text is not acceptable, or null. One pass over the text before anything is parsed, so that neither depth nor number of
 * values nor a key that two readers could understand differently reaches a parser: duplicate keys in whatever spelling, keys that
 * only case or width tells apart (CVE-2026-27896), `__proto__`, NUL in a key, a byte order mark, anything behind the value.
 *
 * Inside strings nothing is looked at, and a long one is passed over at the speed of memory: escapes and control characters there
 * are the parser's to refuse, so after a null from here `JSON.parse` may still throw. {@link parseJsonText} does both.
 */
export function checkJsonText(text: string, limits: JsonLimits = defaultLimits): string | null {
  try {
    scan(text, limits)
    return null
  } catch (error) {
    if (error instanceof JsonProblem) return error.message
    throw error
  }
}

/** The value of a JSON text that is within the limits, or why there is none; never throws, and never echoes the text. */
export function parseJsonText(
  text: string,
  limits: JsonLimits = defaultLimits,
): { readonly value: unknown } | { readonly problem: string } {
  const problem = checkJsonText(text, limits)
  if (problem !== null) return { problem }
  try {
    return { value: JSON.parse(text) }
  } catch {
    return { problem: 'a string holds a control character or an escape that JSON does not know' }
  }
}

function scan(
  text: string,
  { maxDepth, maxElements, maxBesides = Number.POSITIVE_INFINITY }: JsonLimits,
): void {
  const open: Container[] = []
  let position = 0
  let elements = 0
  let longest = 0

  if (text.charCodeAt(0) === 0xfeff) throw new JsonProblem('the text begins with a byte order mark')
  skipBlanks()
  value()
  while (open.length > 0) next()
  skipBlanks()
  if (position < text.length) throw unexpected('there is more text after the value')

  /** Goes on behind a value inside a container: to the next one, or out of it. */
  function next(): void {
    skipBlanks()
    const container = open.at(-1) ?? null
    const character = text.charCodeAt(position)
    if (character === (container === null ? closeBracket : closeBrace)) {
      position += 1
      open.pop()
      return
    }
    if (character !== comma) throw unexpected('expected a comma or the end of the list or object')
    position += 1
    skipBlanks()
    if (container !== null) key(container)
    value()
  }

  function value(): void {
    elements += 1
    if (elements > maxElements) throw new JsonProblem(`more than ${maxElements} values`)
    const character = text.charCodeAt(position)
    if (character === quote) {
      skipString()
      return
    }
    if (character === openBrace || character === openBracket) {
      enter(character === openBrace)
      return
    }
    scalar.lastIndex = position
    if (!scalar.test(text)) throw unexpected('expected a value')
    position = scalar.lastIndex
  }

  /** Enters an object or list and stays in front of what closes it, or behind its first value. */
  function enter(isObject: boolean): void {
    if (open.length >= maxDepth) throw new JsonProblem(`nested more than ${maxDepth} levels deep`)
    position += 1
    const container: Container = isObject ? new Set() : null
    open.push(container)
    skipBlanks()
    if (text.charCodeAt(position) === (isObject ? closeBrace : closeBracket)) return
    if (container !== null) key(container)
    value()
  }

  function key(seen: Set<string>): void {
    const start = position
    if (text.charCodeAt(position) !== quote) throw unexpected('expected a key in double quotes')
    skipString()
    const name = decoded(text.slice(start, position), start)
    if (name === '__proto__') throw new JsonProblem(`the key __proto__ at position ${start}`)
    if (name.includes('\0'))
      throw new JsonProblem(`a NUL character in the key at position ${start}`)
    const folded = foldedKey(name)
    if (seen.has(folded)) throw new JsonProblem(`a duplicate key at position ${start}`)
    seen.add(folded)
    skipBlanks()
    if (text.charCodeAt(position) !== colon) throw unexpected('expected a colon')
    position += 1
    skipBlanks()
  }

  function skipString(): void {
    const start = position
    let at = start + 1
    let end = -1
    while (end === -1) {
      // Where an escape is more follow, which are gone through one by one. Everything else is passed over at the speed of memory.
      for (const far = at + 64; at < far && end === -1; ) {
        const character = text.charCodeAt(at)
        if (character === quote) end = at
        else at += character === backslash ? 2 : 1
      }
      if (end === -1) end = nextQuote()
    }
    position = end + 1
    longest = Math.max(longest, position - start)
    if (position - longest > maxBesides) throw tooMuchBesides()

    /** The next quote if it ends the string; otherwise `at` is behind it. */
    function nextQuote(): number {
      const found = text.indexOf('"', at)
      if (found === -1) throw new JsonProblem(`the string at position ${start} does not end`)
      let firstBackslash = found
      while (firstBackslash > at && text.charCodeAt(firstBackslash - 1) === backslash) {
        firstBackslash -= 1
      }
      at = found + 1
      // An even number of backslashes are so many escaped backslashes, and the quote is not escaped.
      return (found - firstBackslash) % 2 === 0 ? found : -1
    }
  }

  function skipBlanks(): void {
    const tooFar = longest + maxBesides
    for (;;) {
      if (position > tooFar) throw tooMuchBesides()
      const character = text.charCodeAt(position)
      if (character !== 0x20 && character !== 0x0a && character !== 0x0d && character !== 0x09)
        return
      position += 1
    }
  }

  function tooMuchBesides(): JsonProblem {
    return new JsonProblem(`more than ${maxBesides} characters besides the longest text`)
  }

  function unexpected(what: string): JsonProblem {
    if (position >= text.length) return new JsonProblem('the text ends too early')
    return new JsonProblem(`${what} at position ${position}`)
  }
}

/** The key that is meant, however it is spelled: `"\u006dethod"` is `method`. */
function decoded(literal: string, position: number): string {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  try {
    return String(JSON.parse(literal))
  } catch {
    throw new JsonProblem(`the key at position ${position} is not a JSON string`)
  }
}
