import { envelope } from './protocol-eras.js'

/** A body that somebody could read in another way than we do. */
export interface AmbiguousBody {
  readonly what: string
  readonly body: Buffer
  /** True: two keys are the same, so it has to be refused as it stands. */
  readonly duplicate: boolean
  /** Instead of `application/json`. */
  readonly contentType?: string
  readonly contentEncoding?: string
}

/** Keys and values as they stand in the text, so that a key may stand there twice and in any spelling. */
type Members = readonly (readonly [key: string, text: string])[]

/** A call, level by level. */
interface Call {
  readonly message: Members
  readonly params: Members
  readonly arguments: Members
  readonly meta: Members
}
type Level = keyof Call

/** A call, and what a gateway should take it for. */
export interface Ambiguity {
  readonly tool: string
  readonly arguments: Readonly<Record<string, unknown>>
  /** Tools and arguments that the other reader sees. */
  readonly otherTool: string
  readonly otherArguments: Readonly<Record<string, unknown>>
}

const q = (value: unknown): string => JSON.stringify(value)
const members = (object: object): Members =>
  Object.entries(object).map(([key, value]) => [q(key), q(value)] as const)
const object = (all: Members): string => `{${all.map((pair) => pair.join(':')).join(',')}}`

/** The text of a call; `{}` in a level's place stands for the level below. */
function textOf(call: Call): string {
  const params = call.params.map(([key, text]): [string, string] => [
    key,
    text === 'ARGUMENTS' ? object(call.arguments) : text === 'META' ? object(call.meta) : text,
  ])
  return object(
    call.message.map(([key, text]) => [key, text === 'PARAMS' ? object(params) : text] as const),
  )
}

function callOf({ tool, ...rest }: Ambiguity, enveloped: boolean): Call {
  return {
    message: [
      ...members({ jsonrpc: '2.0', id: 'ID', method: 'tools/call' }),
      ['"params"', 'PARAMS'],
    ],
    params: [
      ['"name"', q(tool)],
      ['"arguments"', 'ARGUMENTS'],
      ['"_meta"', 'META'],
    ],
    arguments: members(rest.arguments),
    meta: members(enveloped ? envelope() : { client_id: 'proof' }),
  }
}

const levels: readonly Level[] = ['message', 'params', 'arguments', 'meta']

/** What the other reader would find under a key. */
function otherValue(key: string, { otherTool, otherArguments }: Ambiguity): string {
  const name = JSON.parse(key) as string
  if (name === 'method') return q('tools/list')
  if (name === 'name') return q(otherTool)
  if (name === 'arguments') return q(otherArguments)
  if (name === 'params') return q({ name: otherTool, arguments: otherArguments })
  if (name === 'id') return q('OTHER')
  if (name === 'jsonrpc') return q('1.0')
  return name in otherArguments ? q(otherArguments[name]) : q('2025-03-26')
}

/** The same key to every JSON reader, spelled in another way. */
const escaped = (key: string): string =>
  `"\\u${key.charCodeAt(1).toString(16).padStart(4, '0')}${key.slice(2)}`
const escapedInCapitals = (key: string): string => {
  const last = key
    .charCodeAt(key.length - 2)
    .toString(16)
    .toUpperCase()
  return `${key.slice(0, -2)}\\u${last.padStart(4, '0')}"`
}

/** Another key, which some readers take for the same. */
const nearly: readonly (readonly [string, (key: string) => string])[] = [
  ['in capitals', (key) => key.toUpperCase()],
  ['with a capital', (key) => `"${key.charAt(1).toUpperCase()}${key.slice(2)}`],
  ['with a blank', (key) => `${key.slice(0, -1)} "`],
  ['with NUL', (key) => `${key.slice(0, -1)}\\u0000"`],
  ['with NUL and more', (key) => `${key.slice(0, -1)}\\u0000x"`],
  ['with a zero-width space', (key) => `${key.slice(0, -1)}\u200b"`],
  ['with a byte order mark', (key) => `"\ufeff${key.slice(1)}`],
  ['in full-width letters', (key) => key.replace(/[a-z]/g, wide)],
  ['with a long s', (key) => key.replace('s', '\u017f')],
  ['with a Cyrillic a', (key) => key.replace('a', '\u0430')],
  ['with a lone surrogate', (key) => `${key.slice(0, -1)}\\ud800"`],
  ['with a soft hyphen', (key) => `${key.slice(0, 3)}\u00ad${key.slice(3)}`],
]
const wide = (letter: string): string => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)

/** Everything that can be said twice, before and behind. */
export function doubledKeys(ambiguity: Ambiguity, enveloped: boolean): AmbiguousBody[] {
  const call = callOf(ambiguity, enveloped)
  return levels.flatMap((level) =>
    call[level].flatMap(([key, text]): AmbiguousBody[] => {
      const other = otherValue(key, ambiguity)
      const bodies = [
        ['twice, other first', [key, other], 'before'],
        ['twice, other last', [key, other], 'behind'],
        ['twice, the same', [key, text], 'behind'],
        ['twice, escaped, other first', [escaped(key), other], 'before'],
        ['twice, escaped, other last', [escapedInCapitals(key), other], 'behind'],
      ] as const
      return bodies.map(([what, pair, where]) => {
        const all = where === 'before' ? [pair, ...call[level]] : [...call[level], pair]
        return {
          what: `${key} of the ${level} ${what}`,
          body: Buffer.from(textOf({ ...call, [level]: all })),
          duplicate: true,
        }
      })
    }),
  )
}

/** Keys beside the right ones, or in their place, that are the same to a careless reader only. */
export function nearlyDoubledKeys(ambiguity: Ambiguity, enveloped: boolean): AmbiguousBody[] {
  const call = callOf(ambiguity, enveloped)
  const body = (what: string, level: Level, all: Members): AmbiguousBody => ({
    what,
    body: Buffer.from(textOf({ ...call, [level]: all })),
    duplicate: false,
  })
  return levels.flatMap((level) =>
    call[level].flatMap(([key, text]) =>
      nearly
        .map(([how, spell]) => [how, spell(key)] as const)
        .filter(([, spelled]) => spelled !== key)
        .flatMap(([how, spelled]) => {
          const other = [spelled, otherValue(key, ambiguity)] as const
          const what = `${key} of the ${level} ${how}`
          return [
            body(`${what}, beside it`, level, [...call[level], other]),
            body(`${what}, before it`, level, [other, ...call[level]]),
            body(
              `${what}, in its place`,
              level,
              call[level].map((pair) => (pair[0] === key ? [spelled, text] : pair)),
            ),
          ]
        }),
    ),
  )
}

const reserved = [
  '__proto__',
  '\\u005f_proto__',
  'constructor',
  'prototype',
  'toString',
  'then',
  '',
]

/** Names that mean something to JavaScript. */
export function reservedKeys(ambiguity: Ambiguity, enveloped: boolean): AmbiguousBody[] {
  const call = callOf(ambiguity, enveloped)
  const poison = q({
    name: ambiguity.otherTool,
    arguments: ambiguity.otherArguments,
    isAdmin: true,
  })
  return levels.flatMap((level) =>
    reserved.map((name) => ({
      what: `"${name}" among the ${level}`,
      body: Buffer.from(textOf({ ...call, [level]: [[`"${name}"`, poison], ...call[level]] })),
      duplicate: false,
    })),
  )
}

/** The call with one argument, or the tool's name, as another text. */
export function spelledValues(
  ambiguity: Ambiguity,
  enveloped: boolean,
  table: Readonly<Record<string, readonly string[]>>,
): AmbiguousBody[] {
  const call = callOf(ambiguity, enveloped)
  return Object.entries(table).flatMap(([name, texts]) =>
    texts.map((text) => {
      const level = name === 'name' && !('name' in ambiguity.arguments) ? 'params' : 'arguments'
      const all = call[level].map((pair): readonly [string, string] =>
        pair[0] === q(name) ? [pair[0], text] : pair,
      )
      return {
        what: `${name} is ${text.slice(0, 40)}`,
        body: Buffer.from(textOf({ ...call, [level]: all })),
        duplicate: false,
      }
    }),
  )
}

/** The call's text, damaged as a whole or sent in another encoding. */
export function damagedTexts(ambiguity: Ambiguity, enveloped: boolean): AmbiguousBody[] {
  const call = callOf(ambiguity, enveloped)
  const text = textOf(call)
  const other = textOf({
    ...call,
    params: members({ name: ambiguity.otherTool, arguments: ambiguity.otherArguments }),
  })
  const bytes = (...parts: (string | number[])[]): Buffer =>
    Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))),
    )
  const swapped = (utf16: Buffer): Buffer => Buffer.from(utf16).swap16()
  const wide16 = Buffer.from(text, 'utf16le')
  const [head, tail] = text.split('"name"') as [string, string]
  const table: [string, string | Buffer, Partial<AmbiguousBody>?][] = [
    ['another call behind it', text + other],
    ['another call on the next line', `${text}\n${other}`],
    ['another call behind a comma', `${text},${other}`],
    ['a bracket behind it', `${text}]`],
    ['a brace behind it', `${text}}`],
    ['NUL behind it', `${text}\0`],
    ['NUL and another call behind it', `${text}\0${other}`],
    ['a comment behind it', `${text}//${other}`],
    ['a comment before it', `/*${other}*/${text}`],
    ['a guard before it', `)]}',\n${text}`],
    ['a byte order mark', bytes([0xef, 0xbb, 0xbf], text)],
    ['two byte order marks', bytes([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], text)],
    ['a no-break space before it', `\u00a0${text}`],
    ['a line separator behind it', `${text}\u2028`],
    ['a form feed behind it', `${text}\f`],
    ['a vertical tab before it', `\v${text}`],
    ['a record separator before it', `\x1e${text}`],
    ['line ends around it', `\r\n\t ${text} \t\r\n`],
    ['a comma before the end', `${text.slice(0, -1)},}`],
    ['single quotes', text.replaceAll('"', "'")],
    ['a key without quotes', `${head}name${tail}`],
    ['a key in single quotes', `${head}'name'${tail}`],
    ['an equals sign', text.replace('"name":', '"name"=')],
    ['a comment for a member', `${head}/*"name":"x",*/"name"${tail}`],
    ['a raw line end in a key', `${head}"na\nme":1,"name"${tail}`],
    ['a raw NUL in a key', `${head}"name\0":"${ambiguity.otherTool}","name"${tail}`],
    ['no end', text.slice(0, -1)],
    ['in a list', `[${text}]`],
    ['in a list of two', `[${other},${text}]`],
    ['in a list in a list', `[[${text}]]`],
    ['as a text', q(text)],
    ['twice the same', text + text],
    ['an empty body', ''],
    ['UTF-16, little end first', wide16],
    ['UTF-16, big end first', swapped(wide16)],
    ['UTF-16 with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), wide16])],
    [
      'UTF-16, big end first, with a mark',
      Buffer.concat([Buffer.from([0xfe, 0xff]), swapped(wide16)]),
    ],
    ['UTF-16, and it is said', wide16, { contentType: 'application/json; charset=utf-16' }],
    ['UTF-16 is said, and it is not', text, { contentType: 'application/json; charset=utf-16le' }],
    ['UTF-7 is said', text, { contentType: 'application/json; charset=utf-7' }],
    ['latin-1 is said', text, { contentType: 'application/json; charset=iso-8859-1' }],
    [
      'two charsets are said',
      text,
      { contentType: 'application/json; charset=utf-8; charset=utf-16' },
    ],
    ['gzip is said', text, { contentEncoding: 'gzip' }],
    ['an overlong quote', bytes(head, [0xc0, 0xa2], 'name"', tail)],
    ['an overlong letter in a key', bytes(head, '"n', [0xc1, 0xa1], `me":"x","name"`, tail)],
    ['an overlong NUL in a key', bytes(head, '"name', [0xc0, 0x80], `":"x","name"`, tail)],
    ['an overlong solidus', bytes(text.replace('tools/call', 'tools'), [0xc0, 0xaf])],
    ['a surrogate in UTF-8', bytes(head, '"x', [0xed, 0xa0, 0x80], `":1,"name"`, tail)],
    [
      'a surrogate pair in UTF-8',
      bytes(head, '"x', [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80], `":1,"name"`, tail),
    ],
    ['beyond Unicode', bytes(head, '"x', [0xf4, 0x90, 0x80, 0x80], `":1,"name"`, tail)],
    ['half a letter', bytes(head, '"x', [0xe2, 0x82], `":1,"name"`, tail)],
    ['a byte that is none', bytes(head, '"x', [0xff], `":1,"name"`, tail)],
    ['latin-1', Buffer.from(`${head}"\u00fc":1,"name"${tail}`, 'latin1')],
  ]
  return table.map(([what, body, more]) => ({
    what,
    body: Buffer.from(body as string),
    duplicate: false,
    ...more,
  }))
}
