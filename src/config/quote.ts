/** Longer values are cut: a message is one line that a person reads. */
const longest = 160

const escapes: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\\': '\\\\',
}

/** Text in quotes as Python prints it (behaviour spec §0, `<repr>`): one line, with nothing a terminal would act on. */
export function quoted(text: string): string {
  const points = [...text]
  const shown = points.length > longest ? [...points.slice(0, longest), '…'] : points
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = shown.map((point) => {
    if (point === quote) return `\\${point}`
    const short = escapes[point]
    if (short !== undefined) return short
    return /[\p{C}\p{Zl}\p{Zp}]/u.test(point) ? hexadecimal(point) : point
  })
  return `${quote}${escaped.join('')}${quote}`
}

function hexadecimal(point: string): string {
  const code = point.codePointAt(0) ?? 0
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\U${code.toString(16).padStart(8, '0')}`
}

/** Shows a value in a message; `shown` where that is something else than the text in quotes. */
export type Quote = (text: string, shown?: string) => string

/**
 * A {@link Quote} that shows nothing of a text in which one of `secrets` stands: keys end up in the wrong variable, and messages
 * end up in log files. Secrets of less than eight characters are only recognised when they are the whole text, since they
 * stand in ordinary words too.
 */
export const quoteWithout =
  (secrets: readonly string[]): Quote =>
  (text, shown = quoted(text)) => {
    const hidden = secrets.some(
      (secret) => text.trim() === secret.trim() || (secret.length >= 8 && text.includes(secret)),
    )
    return hidden ? "'***REDACTED***'" : shown
  }
