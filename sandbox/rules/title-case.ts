/*
 * DefectDojo puts a finding's title in title case on every save, with the Python package `titlecase`. These are that package's rules:
 * small words stay small except at either end, words with inner capitals or periods are left alone, words of consonants only are acronyms.
 */
const SMALL = String.raw`a|an|and|as|at|but|by|en|for|if|in|of|on|or|the|to|v\.?|via|vs\.?`
const PUNCTUATION = '!"“#$%&\'‘()*+,\\-–‒—―./:;?@[\\\\\\]_`{|}~'
const smallWord = new RegExp(`^(${SMALL})$`, 'i')
const smallFirst = new RegExp(`^([${PUNCTUATION}]*)(${SMALL})\\b`, 'i')
const smallLast = new RegExp(`\\b(${SMALL})[${PUNCTUATION}]?$`, 'i')
const subphrase = new RegExp(`([:.;?!\\-–‒—―][ ])(${SMALL})`, 'g')
const scottish = /^([Mm]c|MC)(\w.+)/
const personTitle = /^((m((rs?)|s))|Dr)$/i
const inlinePeriod = /\p{L}\.\p{L}/u
const innerCapital = new RegExp(`^[${PUNCTUATION}]*?[A-Za-z]+[A-Z]+?`)
const firstLetter = new RegExp(`^[${PUNCTUATION}]*?[\\p{L}\\d_]`, 'u')
const elided = /^[dol]['‘]\p{L}+(?:['s]{2})?$/iu
const initials = /^(?:[A-Z]\.|[A-Z]\.[A-Z])+$/
const consonantsOnly = /^[b-df-hj-np-tv-xz]+$/i

const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase()

function caseWord(word: string, allCaps: boolean): string {
  if (allCaps && initials.test(word)) return word
  if (elided.test(word)) {
    const head = 'aeiou'.includes(word.charAt(0).toLowerCase())
      ? word.charAt(0).toUpperCase()
      : word.charAt(0).toLowerCase()
    return head + word.charAt(1) + word.charAt(2).toUpperCase() + word.slice(3)
  }
  const clan = scottish.exec(word)
  if (clan) return capitalize(clan[1] ?? '') + caseLine(clan[2] ?? '', true)
  if (personTitle.test(word)) return word.charAt(0).toUpperCase() + word.slice(1)
  if (inlinePeriod.test(word) || (!allCaps && innerCapital.test(word))) return word
  if (smallWord.test(word)) return word.toLowerCase()
  for (const joint of ['/', '-']) {
    if (!word.includes(joint) || (joint === '/' && word.includes('//'))) continue
    return word
      .split(joint)
      .map((part) => caseLine(part, false))
      .join(joint)
  }
  const plain = allCaps ? word.toLowerCase() : word
  if (plain.length > 2 && consonantsOnly.test(plain)) return plain.toUpperCase()
  return plain.replace(firstLetter, (letters) => letters.toUpperCase())
}

function caseLine(line: string, fixEnds: boolean): string {
  const allCaps = line.toUpperCase() === line
  const words = line.split(/[\t ]/).map((word) => caseWord(word, allCaps))
  if (fixEnds) {
    const last = words.length - 1
    words[0] = (words[0] ?? '').replace(
      smallFirst,
      (_, lead: string, word: string) => lead + capitalize(word),
    )
    words[last] = (words[last] ?? '').replace(smallLast, (match: string) => capitalize(match))
  }
  return words
    .join(' ')
    .replace(subphrase, (_, lead: string, word: string) => lead + capitalize(word))
}

/** `sql injection in the login form` → `SQL Injection in the Login Form`. */
export function titleCase(title: string): string {
  return title
    .split(/[\r\n]+/)
    .map((line) => caseLine(line, true))
    .join('\n')
}
