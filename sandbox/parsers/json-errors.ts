/** Where and why a text is not JSON; `at` counts UTF-16 units from the start of the text. */
export interface JsonFault {
  readonly reason: string
  readonly at: number
}

class Fault extends Error {
  constructor(
    readonly reason: string,
    readonly at: number,
  ) {
    super(reason)
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
const WORD = /null|true|false|NaN|-?Infinity/y
const SPACE = /[ \t\n\r]*/y

/**
 * Finds the first fault in a text as CPython's `json` module (3.13 and later) does, so that a broken report is
 * refused in the words a real DefectDojo uses; undefined when CPython reads the text.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  try {
    const end = afterSpace(text, value(text, afterSpace(text, 0)))
    return end === text.length ? undefined : { reason: 'Extra data', at: end }
  } catch (error) {
    if (error instanceof Fault) return { reason: error.reason, at: error.at }
    throw error
  }
}

/** A fault in Python's notation. Columns and characters are code points, lines and columns count from 1. */
export function describeFault(text: string, { reason, at }: JsonFault): string {
  const before = text.slice(0, at)
  const line = before.split('\n').length
  const column = [...before.slice(before.lastIndexOf('\n') + 1)].length + 1
  return `${reason}: line ${line} column ${column} (char ${[...before].length})`
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : -1
}

function afterSpace(text: string, at: number): number {
  return matchEnd(SPACE, text, at)
}

function value(text: string, at: number): number {
  const first = text[at]
  if (first === '"') return string(text, at)
  if (first === '{') return object(text, at)
  if (first === '[') return array(text, at)
  const end = Math.max(matchEnd(WORD, text, at), matchEnd(NUMBER, text, at))
  if (end < 0) throw new Fault('Expecting value', at)
  return end
}

function object(text: string, start: number): number {
  let at = afterSpace(text, start + 1)
  if (text[at] === '}') return at + 1
  for (;;) {
    if (text[at] !== '"') throw new Fault('Expecting property name enclosed in double quotes', at)
    at = afterSpace(text, string(text, at))
    if (text[at] !== ':') throw new Fault("Expecting ':' delimiter", at)
    at = afterSpace(text, value(text, afterSpace(text, at + 1)))
    if (text[at] === '}') return at + 1
    at = afterComma(text, at, '}', 'object')
  }
}

function array(text: string, start: number): number {
  let at = afterSpace(text, start + 1)
  if (text[at] === ']') return at + 1
  for (;;) {
    at = afterSpace(text, value(text, at))
    if (text[at] === ']') return at + 1
    at = afterComma(text, at, ']', 'array')
  }
}

function afterComma(text: string, at: number, close: string, what: string): number {
  if (text[at] !== ',') throw new Fault("Expecting ',' delimiter", at)
  const next = afterSpace(text, at + 1)
  if (text[next] === close) throw new Fault(`Illegal trailing comma before end of ${what}`, at)
  return next
}

function string(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at] as string
    if (char === '"') return at + 1
    if (char < ' ') throw new Fault('Invalid control character at', at)
    if (char !== '\\') continue
    at++
    if (at >= text.length) break
    if (text[at] === 'u') {
      // CPython also wants a character after the escape before it looks at the digits.
      if (!/^[\da-fA-F]{4}[\s\S]$/.test(text.slice(at + 1, at + 6))) {
        throw new Fault('Invalid \\uXXXX escape', at)
      }
      at += 4
    } else if (!'"\\/bfnrt'.includes(text[at] as string)) {
      throw new Fault('Invalid \\escape', at - 1)
    }
  }
  throw new Fault('Unterminated string starting at', start)
}
