const PLACEHOLDER = ' [...]'
const LETTER = '[\\p{L}_]'
const WORD_MARK = '[\\p{L}\\p{N}_!"\'&.,?]'

// Python's textwrap cuts between words, and inside "hyphenated-words" after the hyphen.
const CHUNK = new RegExp(
  `(\\s+|(?<=${WORD_MARK})-{2,}(?=[\\p{L}\\p{N}_])|\\S+?(?:-(?:(?<=${LETTER}{2}-)|(?<=${LETTER}-${WORD_MARK}-))(?=${LETTER}-?${LETTER})|(?=\\s|$)|(?<=${WORD_MARK})(?=-{2,}[\\p{L}\\p{N}_])))`,
  'u',
)

/** One line of at most `width` code points, spaces collapsed, cut at a word with ` [...]`: Python's `textwrap.shorten`. */
export function shorten(text: string, width: number): string {
  const line = text.trim().split(/\s+/u).join(' ')
  if (length(line) <= width) return line

  const chunks = line.split(CHUNK).filter((chunk) => chunk !== '')
  const kept: string[] = []
  let total = 0
  for (const chunk of chunks) {
    if (total + length(chunk) > width) break
    kept.push(chunk)
    total += length(chunk)
  }
  while (kept.length > 0) {
    const last = kept.at(-1) as string
    if (last.trim() !== '' && total + PLACEHOLDER.length <= width) {
      return kept.join('') + PLACEHOLDER
    }
    total -= length(last)
    kept.pop()
  }
  return PLACEHOLDER.trimStart()
}

function length(text: string): number {
  return [...text].length
}
