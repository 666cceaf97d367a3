/** For each Latin letter, the characters that look like it and that Unicode's own normal forms do not map to it. */
const looksLike: readonly (readonly [letter: string, lookAlikes: string])[] = [
  ['a', 'аαɑᴀ'],
  ['b', 'ьƅʙ'],
  ['c', 'сϲᴄ'],
  ['d', 'ԁđðɗᴅժ'],
  ['e', 'еҽєεɛᴇ'],
  ['f', 'ƒꜰϝ'],
  ['g', 'ɡցɢɠ'],
  ['h', 'һнħհʜɦ'],
  ['i', 'іıιɩɪɨӏ'],
  ['j', 'јϳյᴊ'],
  ['k', 'кκᴋƙ'],
  ['l', 'łʟƚɫ'],
  ['m', 'мᴍ'],
  ['n', 'ηոռɴŋпƞ'],
  ['o', 'оοօσøᴏɵө'],
  ['p', 'рρᴘƿ'],
  ['q', 'ԛգզ'],
  ['r', 'гʀɾᴦ'],
  ['s', 'ѕꜱƨ'],
  ['t', 'тτᴛŧ'],
  ['u', 'υսᴜʉμ'],
  ['v', 'ѵνᴠ'],
  ['w', 'ԝωѡᴡա'],
  ['x', 'хχ'],
  ['y', 'уγүʏ'],
  ['z', 'ᴢƶ'],
  ['A', 'АΑᎪ'],
  ['B', 'ВΒᏴ'],
  ['C', 'СϹᏟ'],
  ['D', 'ĐᎠ'],
  ['E', 'ЕΕᎬЄ'],
  ['F', 'Ϝ'],
  ['G', 'ԌᏀ'],
  ['H', 'НΗᎻĦ'],
  ['I', 'ІΙӀƗ'],
  ['J', 'ЈᎫ'],
  ['K', 'КΚᏦ'],
  ['L', 'ᏞŁ'],
  ['M', 'МΜᎷ'],
  ['N', 'ΝŊ'],
  ['O', 'ОΟՕØ'],
  ['P', 'РΡᏢ'],
  ['Q', 'Ԛ'],
  ['R', 'Ꭱ'],
  ['S', 'ЅᏚՏ'],
  ['T', 'ТΤᎢŦ'],
  ['U', 'Ս'],
  ['V', 'ѴᏙ'],
  ['W', 'ԜᎳ'],
  ['X', 'ХΧ'],
  ['Y', 'ҮΥУ'],
  ['Z', 'ΖᏃ'],
]

/** Where alphabets of coloured or boxed capitals begin: negative circled, negative squared, regional indicators. */
const boxedAlphabets = [0x1f150, 0x1f170, 0x1f1e6]

const latin: ReadonlyMap<string, string> = new Map([
  ...looksLike.flatMap(([letter, lookAlikes]) =>
    [...lookAlikes].map((lookAlike): [string, string] => [lookAlike, letter]),
  ),
  ...boxedAlphabets.flatMap((start) =>
    Array.from({ length: 26 }, (_, index): [string, string] => [
      String.fromCodePoint(start + index),
      String.fromCharCode(0x41 + index),
    ]),
  ),
])

/** What a reader does not see: accents and other marks, format characters, fillers, controls that are not blanks. */
const unseen = /[\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}]|(?![\t-\r])\p{Cc}/gu

/**
 * The text as a reader takes it: width and style variants, accents, invisible characters and look-alike letters reduced to the
 * plain ones, case kept. For checks only; what is stored stays as it was given.
 */
export function asRead(text: string): string {
  if (/^[\t-\r -~]*$/.test(text)) return text
  return text
    .normalize('NFKD')
    .replace(unseen, '')
    .replace(/\P{ASCII}/gu, (character) => latin.get(character) ?? character)
}
