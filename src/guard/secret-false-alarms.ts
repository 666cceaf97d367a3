/**
 * What looks like a credential and is none: placeholders, code that reads a secret from elsewhere, the word "bearer" in prose.
 * Finding texts are full of them, and refusing or redacting them destroys evidence (behaviour spec W-38).
 */

/** Values that stand for a secret, tested against the whole value (behaviour spec §7.4, placeholder exception, and more of the kind). */
const placeholders: readonly RegExp[] = [
  /^<[^<>]*>$/,
  /^<[a-z_-]*$/i,
  /^your[_-][a-z_-]+$/i,
  /^[^*]{0,12}\*{3,}\.{0,3}$/,
  /^x{3,}$/i,
  /^(?:\.{3,}|…)$/,
  /^\$\{[^{}]*\}$/,
  /^\$?\{\{/,
  /^\$\(/,
  /^["'\\]{1,4}\s?\+/,
  /^\$[A-Z_][A-Z0-9_]*$/i,
  /^%[A-Z_][A-Z0-9_]*%$/i,
  /^(?:placeholder|example|anything|something|value|test|hunter2|password\d+)$/i,
  /^(?:null|none|nil|true|false|undefined)$/i,
]

/** Code that fetches a value rather than holding one: `os.environ[...]`, `request.form.get(...)`, `getToken(...)`. */
const codeReference =
  /^(?:(?:process|os|env|request|req|self|this|config|settings|params|session|data|args|body|options|user)\.[A-Za-z_.]+$|[a-z][A-Za-z_.]{2,}[([])/

/** The value without the quotes and punctuation that surround it in prose and code. */
const bare = (value: string): string =>
  value.replace(/^["'`]{1,3}/, '').replace(/[\s"'`,;.)\]}]{0,8}$/, '')

/** True when an assigned value stands for a secret, or reads one from elsewhere. */
export function isPlaceholder(value: string): boolean {
  // No placeholder is that long, and so the patterns never see a hostile megabyte.
  if (value.length > 200) return false
  const unredacted = value.replaceAll(/\[REDACTED(?::\w+)?\]/g, '')
  if (unredacted !== value) return unredacted.length < 12 || isPlaceholder(unredacted)
  const plain = bare(value)
  // Removing punctuation may have taken the placeholder's own closing bracket.
  const readings = [value, plain, `${plain}]`, `${plain}}`, `${plain})`]
  return readings.some(
    (reading) =>
      codeReference.test(reading) || placeholders.some((pattern) => pattern.test(reading)),
  )
}

/** Upper-case letters that follow a lower-case one: few in words and camelCase names, many in random text. */
const caseChanges = (text: string): number => text.match(/[a-z][A-Z]/g)?.length ?? 0

/** Words run together as programs name things. */
const camelCase = /^(?:[A-Z]?[a-z]{2,15})(?:[A-Z][a-z]{1,15}){1,8}$/

/** Names of standards that follow the word "bearer" in prose and hold digits. */
const standardName = /^(?:rfc|oauth|cve|cwe|jwt|http|openid)[-_.\d]/i

/** True for what follows "Bearer" when it is a credential; false for the next word of a sentence. */
export function looksLikeBearerToken(value: string): boolean {
  if (value.length > 200) return true
  const token = value.replace(/[.\-_]+$/, '')
  if (standardName.test(token)) return false
  if (token.length >= 16 && /\d/.test(token)) return true
  return token.split(/[._~+/=-]/).some((part) => {
    const isMixed = /[a-z]/i.test(part) && /\d/.test(part)
    return (
      (part.length >= 20 && !camelCase.test(part)) ||
      (part.length >= 10 && isMixed) ||
      (part.length >= 12 && caseChanges(part) * 4 >= part.length)
    )
  })
}

/** True for long text near a word like "token" that is random enough; false for file paths and for lines of `====`. */
export function looksLikeEncodedBytes(value: string): boolean {
  if (value.length > 10_000) return true
  if (!/[A-Za-z0-9]{2}/.test(value)) return false
  const parts = value.split('/')
  return value.includes('+') || parts.length < 4 || parts.some((part) => part.length >= 24)
}

/** True for `s.` and 24 characters when they are a token; false for a member of an object called `s`. */
export const looksLikeVaultToken = (value: string): boolean =>
  value.length > 200 || !camelCase.test(value)
