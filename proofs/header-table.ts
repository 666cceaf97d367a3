/** What a header says, made from what the body says and from what it does not. */
export type Saying = (truth: string, other: string) => readonly string[]

/** A header that lies, or that two readers could read differently. */
export interface Lie {
  readonly what: string
  /** Once for every time the header is sent. */
  readonly says: Saying
}

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64')
const encoded = (text: string | Buffer): string => `=?base64?${base64(text)}?=`
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const percent = (text: string): string =>
  text.replaceAll(/[^a-z]/gi, (character) => `%${character.charCodeAt(0).toString(16)}`)

/** Of every header. */
const plainLies: readonly Lie[] = [
  { what: 'another value', says: (_, other) => [other] },
  { what: 'nothing', says: () => [''] },
  { what: 'capitals', says: (truth) => [truth.toUpperCase()] },
  { what: 'a capital', says: (truth) => [capital(truth)] },
  { what: 'quotes', says: (truth) => [`"${truth}"`] },
  { what: 'percent encoding', says: (truth) => [percent(truth)] },
  { what: 'a blank inside', says: (truth) => [`${truth.slice(0, 3)} ${truth.slice(3)}`] },
  { what: 'a no-break space behind it', says: (truth) => [`${truth}\u00a0`] },
  { what: 'a no-break space behind it, in UTF-8', says: (truth) => [`${truth}\u00c2\u00a0`] },
  { what: 'a comma behind it', says: (truth) => [`${truth},`] },
  { what: 'a list, the truth first', says: (truth, other) => [`${truth}, ${other}`] },
  { what: 'a list, the truth last', says: (truth, other) => [`${other}, ${truth}`] },
  { what: 'the same in a list', says: (truth) => [`${truth}, ${truth}`] },
  { what: 'a parameter behind it', says: (truth, other) => [`${truth};q=${other}`] },
  { what: 'only its beginning', says: (truth) => [truth.slice(0, -1)] },
  { what: 'more than it', says: (truth) => [`${truth}x`] },
  { what: 'a slash behind it', says: (truth) => [`${truth}/`] },
  { what: 'the same twice', says: (truth) => [truth, truth] },
  { what: 'two values, the truth first', says: (truth, other) => [truth, other] },
  { what: 'two values, the truth last', says: (truth, other) => [other, truth] },
]

/** Of `Mcp-Name`, whose value may be encoded (2026-07-28 basic/transports). */
const encodedLies: readonly Lie[] = [
  { what: 'another value, encoded', says: (_, other) => [encoded(other)] },
  { what: 'encoded twice', says: (truth) => [encoded(encoded(truth))] },
  { what: 'bare base64', says: (truth) => [base64(truth)] },
  { what: 'the mark in capitals', says: (truth) => [encoded(truth).replace('base64', 'BASE64')] },
  { what: 'another encoding', says: (truth) => [encoded(truth).replace('base64', 'base32')] },
  { what: 'no end of the encoding', says: (truth) => [encoded(truth).slice(0, -2)] },
  { what: 'no beginning of the encoding', says: (truth) => [encoded(truth).slice(2)] },
  { what: 'a blank in the encoding', says: (truth) => [encoded(truth).replace('64?', '64? ')] },
  { what: 'a star in the encoding', says: (truth) => [encoded(truth).replace('64?', '64?*')] },
  { what: 'padding too much', says: (truth) => [encoded(truth).replace(/=*\?=$/, '====?=')] },
  { what: 'nothing, encoded', says: () => [encoded('')] },
  { what: 'NUL behind it, encoded', says: (truth) => [encoded(`${truth}\0`)] },
  { what: 'a blank before it, encoded', says: (truth) => [encoded(` ${truth}`)] },
  { what: 'a line end behind it, encoded', says: (truth) => [encoded(`${truth}\r\n`)] },
  { what: 'a byte order mark, encoded', says: (truth) => [encoded(`\ufeff${truth}`)] },
  {
    what: 'no UTF-8, encoded',
    says: (truth) => [encoded(Buffer.concat([Buffer.from(truth), Buffer.from([0xff])]))],
  },
  {
    what: 'overlong UTF-8, encoded',
    says: (truth) => [encoded(Buffer.from([0xc1, 0xa1, ...Buffer.from(truth)]))],
  },
  { what: 'a fold of latin-1, encoded', says: (truth) => [encoded(`${truth}\u00ad`)] },
]

/** Of a name of letters, which a header could hold as it is, in forms that mean the same to everybody. */
export const truths = {
  'Mcp-Method': [
    { what: 'exactly', says: (truth) => [truth] },
    { what: 'with blanks around it', says: (truth) => [` \t${truth} \t`] },
  ],
  'Mcp-Name': [
    { what: 'exactly', says: (truth) => [truth] },
    { what: 'with blanks around it', says: (truth) => [` \t${truth} \t`] },
    { what: 'encoded', says: (truth) => [encoded(truth)] },
    { what: 'encoded, with blanks around it', says: (truth) => [`\t${encoded(truth)} `] },
  ],
} satisfies Record<string, Lie[]>

export const routingLies = {
  'Mcp-Method': [
    ...plainLies,
    { what: 'encoded, which is for names only', says: (truth: string) => [encoded(truth)] },
  ],
  'Mcp-Name': [...plainLies, ...encodedLies],
} satisfies Record<string, Lie[]>

/** Of `MCP-Protocol-Version`: digits have no capitals, so those lies would be none. */
export const versionLies: readonly Lie[] = [
  ...plainLies.filter(({ what }) => !/capital/.test(what)),
  { what: 'a letter before it', says: (truth) => [`v${truth}`] },
  { what: 'no hyphens', says: (truth) => [truth.replaceAll('-', '')] },
  { what: 'a year that is not yet', says: (truth) => [truth.replace(/^\d+/, '2099')] },
  { what: 'other digits', says: (truth) => [truth.replace(/\d$/, '\u00b9')] },
  { what: 'a sign', says: (truth) => [`+${truth}`] },
  { what: 'encoded', says: (truth) => [encoded(truth)] },
]
