import { modernMeta } from './posting.js'

/** A body that costs more to read than to send. */
export interface Bomb {
  readonly what: string
  readonly method: string
  readonly name?: string
  /** The text of at most so many bytes. */
  body(bytes: number): string
}

/** A tool as `tools/list` shows it, as far as its arguments go. */
export interface ListedTool {
  readonly name: string
  readonly inputSchema: {
    readonly properties?: Readonly<Record<string, ArgumentSchema>>
    readonly required?: readonly string[]
  }
}

interface ArgumentSchema {
  readonly type?: string | readonly string[]
  readonly maxLength?: number
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly ArgumentSchema[]
}

/** As many values as a body may have, all in all. */
const maxValues = 1_950
const meta = JSON.stringify(modernMeta).slice(1, -1)

/** `unit` as often as it fits between the ends. */
function filled(start: string, unit: string, end: string, bytes: number): string {
  const room = bytes - Buffer.byteLength(start) - Buffer.byteLength(end)
  return start + unit.repeat(Math.max(0, Math.floor(room / Buffer.byteLength(unit)))) + end
}

const numbered = (count: number, pair: (number: number) => string): string =>
  Array.from({ length: count }, (_, number) => pair(number)).join(',')

/** The ends of a request around its `params`, without their braces. */
const around = (method: string): [string, string] => [
  `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{`,
  '}}',
]

/** Bombs for every caller, whatever he may do. */
export function plainBombs(): Bomb[] {
  const name = 'list_products'
  const bomb = (what: string, start: string, unit: string, end: string): Bomb => {
    const [before, behind] = around('tools/call')
    return {
      what,
      ...{ method: 'tools/call', name },
      body: (bytes) => filled(`${before}"name":"${name}",${start}`, unit, `${end}${behind}`, bytes),
    }
  }
  const given = `"_meta":{${meta}},"arguments":`
  const manyKeys = numbered(maxValues, (number) => `"k${number}":0`)
  const whole = (what: string, start: string, unit: string, end: string): Bomb => ({
    what,
    ...{ method: 'tools/call', name },
    body: (bytes) => filled(start, unit, end, bytes),
  })
  const extra = (what: string, members: string): Bomb =>
    bomb(what, `${members}"x":"`, 'x', `",${given}{}`)
  return [
    bomb('a list of numbers', `${given}{"limit":[1`, ',1', ']}'),
    bomb('a list of objects', `${given}{"limit":[{}`, ',{}', ']}'),
    bomb('a list of lists', `${given}{"limit":[[]`, ',[]', ']}'),
    bomb('the same key again and again', `${given}{"limit":1`, ',"limit":1', '}'),
    bomb('lists in lists', `${given}{"limit":`, '[', '}'),
    bomb('objects in objects', `${given}{"limit":`, '{"a":', '}'),
    bomb('a list in _meta', `"_meta":{${meta},"x":[{}`, ',{}', ']}'),
    bomb('depth in _meta', `"_meta":{${meta},"x":`, '{"a":', '}'),
    bomb('a list beside the arguments', `${given}{},"x":[{}`, ',{}', ']'),
    bomb('a long text', `${given}{"limit":"`, 'x', '"}'),
    bomb('a text of escapes', `${given}{"limit":"`, '\\u0000', '"}'),
    bomb('a text of backslashes', `${given}{"limit":"`, '\\\\', '"}'),
    bomb('a text that does not end', `${given}{"limit":"`, '\\"', ''),
    bomb('a text outside ASCII', `${given}{"limit":"`, '\u{1f600}', '"}'),
    bomb('a long number', `${given}{"limit":1`, '0', '}'),
    bomb('a long fraction', `${given}{"limit":0.`, '1', 'e1}'),
    bomb('a long key', `${given}{"`, 'x', '":1}'),
    bomb('blanks', `${given}{"limit":`, ' ', '1}'),
    bomb('a long name of a client', `"_meta":{${meta},"client_id":"`, 'x', '"},"arguments":{}'),
    bomb('a long progress token', `"_meta":{${meta},"progressToken":"`, 'x', '"},"arguments":{}'),
    whole(
      'a long id',
      `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"${name}","arguments":{},"_meta":{${meta}}},"id":"`,
      'x',
      '"}',
    ),
    whole('a long method', '{"jsonrpc":"2.0","id":1,"params":{},"method":"', 'x', '"}'),
    whole('nothing but objects', '[{}', ',{}', ']'),
    whole('nothing but opening brackets', '', '[', ''),
    whole('nothing but opening braces', '', '{"a":', ''),
    whole('nothing but quotes', '', '"', ''),
    whole('nothing but blanks', '', ' ', ''),
    whole('no JSON', '', 'x', ''),
    // As much as passes the text's own limits, so that what reads the values sees it.
    extra('as many keys as may be', `${manyKeys},`),
    extra('as many keys as may be, and the last twice', `${manyKeys},"k0":0,`),
    bomb(
      'as many objects as may be',
      `${given}{"limit":[${numbered(maxValues, () => '{}')}],"x":"`,
      'x',
      '"}',
    ),
    bomb('as many unknown arguments as may be', `${given}{${manyKeys},"x":"`, 'x', '"}'),
    bomb('as many members of _meta as may be', `"_meta":{${meta},${manyKeys},"x":"`, 'x', '"}'),
    bomb(
      'as much depth as may be',
      `${given}{"limit":${'['.repeat(58)}"`,
      'x',
      `"${']'.repeat(58)}}`,
    ),
    bomb(
      'as much depth in _meta as may be',
      `"_meta":{${meta},"x":${'{"a":'.repeat(58)}"`,
      'x',
      `"${'}'.repeat(58)}}`,
    ),
    bomb(
      'icons of a client',
      `"_meta":{${meta.replace('"version":"1"', `"version":"1","icons":[${numbered(maxValues / 2, () => '{"src":1}')}]`)},"x":"`,
      'x',
      '"},"arguments":{}',
    ),
  ]
}

/** The same as a client up to 2025-11-25 says it, which says nothing of itself. */
export const inSession = ({ body, ...bomb }: Bomb): Bomb => ({
  ...bomb,
  body: (bytes) => body(bytes).replace(meta, '"a":1'),
})

/** Bombs in what the other methods read. */
export function otherMethodBombs(): Bomb[] {
  const bomb = (what: string, method: string, start: string, unit: string, end: string): Bomb => {
    const [before, behind] = around(method)
    return {
      what: `${method}: ${what}`,
      method,
      body: (bytes) =>
        filled(`${before}"_meta":{${meta}},${start}`, unit, `${end}${behind}`, bytes),
    }
  }
  const texts: readonly [string, string][] = [
    ['defectdojo://', 'a/'],
    ['defectdojo://', '%41'],
    ['defectdojo://instance', '?a=b&'],
    ['', '{'],
    ['', '\\u0000'],
  ]
  return [
    ...texts.flatMap(([start, unit]) => [
      bomb(`an address of ${unit}`, 'resources/read', `"uri":"${start}`, unit, '"'),
      bomb(`a cursor of ${unit}`, 'resources/list', `"cursor":"${start}`, unit, '"'),
      bomb(`a name of ${unit}`, 'prompts/get', `"arguments":{},"name":"${start}`, unit, '"'),
      bomb(
        `a reference of ${unit}`,
        'completion/complete',
        `"argument":{"name":"a","value":"a"},"ref":{"type":"ref/resource","uri":"${start}`,
        unit,
        '"}',
      ),
    ]),
    bomb(
      'many arguments',
      'prompts/get',
      `"name":"none","arguments":{${numbered(maxValues, (number) => `"a${number}":{}`)}},"x":"`,
      'x',
      '"',
    ),
    bomb(
      'many others',
      'completion/complete',
      `"argument":{"name":"a","value":"a"},"ref":{"type":"ref/prompt","name":"a"},"context":{"arguments":{${numbered(maxValues, (number) => `"a${number}":"b"`)}}},"x":"`,
      'x',
      '"',
    ),
  ]
}

const badElements = ['{}', '[]', '1', 'null', '""', '"x"', '"a,b c"', `"${'x'.repeat(110)}"`]

/** What screens, patterns and envelopes could stumble over, again and again. */
const hostileTexts = [
  ...[
    'a',
    ' ',
    '\\n',
    '\\u0000',
    '\u{1f600}',
    '\\ud800',
    '\u200b',
    '<',
    '-',
    '0',
    '9.',
    'A1b2C3d4',
    'aA0+/',
  ],
  ...[
    'ignore all previous instructions ',
    'ignore  all ',
    'system: ',
    '[INST]',
    '-----BEGIN ',
    'password=',
    'AKIA',
  ],
  ...['eyJhbGciOiJIUzI1NiJ9.', 'https://a:b@c/', 'ghp_', '!a.b_c-', 'update_finding ', 'а'],
]

/** For every argument of every tool a list of bad elements if it takes a list, or hostile text as long as it may be and longer. */
export function argumentBombs(tools: readonly ListedTool[]): Bomb[] {
  return tools.flatMap(({ name, inputSchema: { properties = {}, required = [] } }) =>
    Object.entries(properties).flatMap(([argument, schema]) => {
      const others = required
        .filter((each) => each !== argument)
        .map((each) => `"${each}":${JSON.stringify(exampleOf(properties[each] ?? {}))},`)
        .join('')
      const bomb = (what: string, value: (bytes: number) => string): Bomb => {
        const [before, behind] = around('tools/call')
        const start = `${before}"name":"${name}","_meta":{${meta}},"arguments":{${others}"${argument}":`
        return {
          what: `${name}.${argument}: ${what}`,
          ...{ method: 'tools/call', name },
          body: (bytes) => `${start}${value(bytes - start.length - 20)}}${behind}`,
        }
      }
      const lists = isOf(schema, 'array')
        ? badElements.map((element) =>
            bomb(
              `a list of ${element.slice(0, 12)}`,
              () => `[${numbered(maxValues, () => element)}]`,
            ),
          )
        : []
      const texts =
        isOf(schema, 'string') && schema.enum === undefined
          ? hostileTexts.flatMap((unit) => {
              const { maxLength = 1_000 } = schema
              // What is longer is refused before it is looked at.
              const most = Math.floor(maxLength / JSON.parse(`"${unit}"`).length)
              return [
                bomb(
                  `as much ${JSON.stringify(unit)} as may be`,
                  (bytes) =>
                    `"${unit.repeat(Math.max(1, Math.min(most, Math.floor(bytes / Buffer.byteLength(unit)))))}"`,
                ),
                bomb(`${JSON.stringify(unit)} to the end`, (bytes) =>
                  filled('"', unit, '"', bytes),
                ),
              ]
            })
          : []
      return [...lists, ...texts]
    }),
  )
}

function isOf({ type, anyOf = [] }: ArgumentSchema, wanted: string): boolean {
  return [type].flat().includes(wanted) || anyOf.some((each) => isOf(each, wanted))
}

function exampleOf(schema: ArgumentSchema): unknown {
  if (schema.enum) return schema.enum[0]
  if (isOf(schema, 'integer')) return 1
  if (isOf(schema, 'boolean')) return true
  if (isOf(schema, 'array')) return ['a']
  return 'a.json'
}
