import { redactSecrets } from '../guard/secret-catalogue.js'
import type { AuditValue } from './audit-log.js'

/** Two are the rule; a bound all the same, since the text comes from outside. */
const maxPasses = 10

const literalMark = '***REDACTED***'

/** Marks that are already there; a secret that happens to be part of one must not break it up again. */
const marks = '\\*\\*\\*REDACTED\\*\\*\\*|\\[REDACTED(?::[a-z0-9_]+)?\\]'

const escapeForRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** Each secret also as it looks within an address and within JSON, longest first so that one secret within another leaves no rest. */
function literalPattern(secrets: readonly string[]): RegExp | null {
  const texts = new Set(secrets.flatMap((secret) => [secret, uriForm(secret), jsonForm(secret)]))
  texts.delete('')
  if (texts.size === 0) return null
  const longestFirst = [...texts].sort((a, b) => b.length - a.length)
  return new RegExp(`(${marks})|${longestFirst.map(escapeForRegex).join('|')}`, 'g')
}

/** A line of diagnostics is redacted as the JSON text it is. */
const jsonForm = (secret: string): string => JSON.stringify(secret).slice(1, -1)

function uriForm(secret: string): string {
  try {
    return encodeURIComponent(secret)
  } catch {
    return secret
  }
}

/** The value ends before a quote, escaped or not, so that a line of JSON stays one. */
const keywordPattern =
  /\b(?:token|bearer|api[-_]?key)([ =:])(\s*)(?:\\?["'])?(?!\[REDACTED)((?:[^\s"'\\]|\\(?!["']))+)/gi

/** Words of a sentence: letters, perhaps with an apostrophe or hyphens, and the punctuation around them. */
const plainWord = /^\(*[A-Za-z][a-z]*(?:-[A-Za-z]?[a-z]*)*\)*[.,;:!?]*$/
const credentialLike = /^[\w.~+/=-]{12,}[.,;]?$/

/**
 * Whether what follows the keyword is a value, not the next word of a sentence (`token refresh failed`).
 * After `=`, or `:` without a blank: always. After `: `: unless it is a plain word of under 16 characters. After a
 * blank: when it looks like a credential, which is at least 12 characters with a digit or at least 24 without.
 */
function isValue(separator: string, blanks: string, run: string): boolean {
  if (run === literalMark) return false
  if (separator === '=' || (separator === ':' && blanks === '')) return true
  if (separator === ':') return run.length >= 16 || !plainWord.test(run)
  return credentialLike.test(run) && (/\d/.test(run) || run.length >= 24)
}

const redactKeywords = (text: string): string =>
  text.replace(keywordPattern, (match, separator, blanks, run) =>
    isValue(separator, blanks, run) ? '[REDACTED]' : match,
  )

export interface Redactor {
  /** Idempotent: applied twice it changes nothing more. */
  redactText(text: string): string
  /** The same through lists and objects; names of members stay. */
  redactValue(value: AuditValue): AuditValue
}

/** Takes secrets out of what is written (behaviour spec §5.8): the given ones, known kinds, and what follows a keyword. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const literals = literalPattern(secrets)

  function redactOnce(text: string): string {
    const withoutLiterals = literals
      ? text.replace(literals, (_match, mark: string | undefined) => mark ?? literalMark)
      : text
    return redactKeywords(redactSecrets(withoutLiterals))
  }

  /** A mark can complete another pattern (`password=` and what replaced the value): go on until nothing changes. */
  function redactText(text: string): string {
    let before = text
    for (let pass = 0; pass < maxPasses; pass++) {
      const after = redactOnce(before)
      if (after === before) return after
      before = after
    }
    return before
  }

  function redactValue(value: AuditValue): AuditValue {
    if (typeof value === 'string') return redactText(value)
    if (value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) return value.map(redactValue)
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        member === undefined ? undefined : redactValue(member),
      ]),
    )
  }

  return { redactText, redactValue }
}
