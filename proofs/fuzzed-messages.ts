import type { Choices } from './choices.js'
import { modernMeta } from './posting.js'

/** A body that a client could send by mistake or on purpose, and what its headers may say of it. */
export interface FuzzedBody {
  readonly bytes: Buffer
  /** Of the message it was made from; the body may have become another. */
  readonly method: string
  readonly name: string | undefined
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

const tools = [
  ...[
    'health_check',
    'list_products',
    'get_product',
    'create_product',
    'list_findings',
    'get_finding',
  ],
  ...['create_finding', 'update_finding', 'close_finding', 'reopen_finding', 'add_finding_note'],
  ...[
    'add_finding_tags',
    'remove_finding_tags',
    'import_scan',
    'reimport_scan',
    'list_engagements',
  ],
]

const args: { [name: string]: Json } = {
  ...{ finding_id: 1, product_id: 1, engagement_id: 1, test_id: 1, limit: 5, offset: 0 },
  ...{
    title: 'A title',
    description: 'Some text',
    entry: 'A note',
    tags: ['a', 'b'],
    severity: 'High',
  },
  ...{ name: 'A name', active: true, reason: 'false_positive', scan_type: 'SARIF', content: '{}' },
  ...{ file_name: 'a.json', prod_type: 1, target_start: '2026-01-01', target_end: '2026-02-01' },
}

/** What a pattern, a number, a path or a property of an object could stumble over. */
const hostileTexts = [
  ...['', ' ', '0', '-1', '1e9', 'NaN', 'null', 'undefined', '[object Object]', 'a'.repeat(5_000)],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'then',
    'length',
    '../../etc/passwd',
  ],
  ...[
    '\0',
    '\ud800',
    '\udfff\ud800',
    '\u202e',
    '\ufeff',
    '\u{e0041}',
    '\r\nset-cookie: a=b',
    '\u2028',
  ],
  ...[
    'defectdojo://instance',
    'defectdojo://instance?',
    'defectdojo://products/1/../2',
    'defectdojo://%00',
  ],
  ...[
    'defectdojo://',
    'DEFECTDOJO://instance',
    'file:///etc/passwd',
    'http://[::1',
    '{a,b,c*}',
    '{?a,b}',
    '%',
    '%zz',
  ],
  ...[
    `${'{'.repeat(200)}`,
    `defectdojo://${'a/'.repeat(300)}`,
    `${'?a='.repeat(300)}`,
    `${'%41'.repeat(300)}`,
  ],
  ...[
    '$&',
    "'; drop table--",
    '$(7)',
    '{{7*7}}',
    '<script>',
    '-----BEGIN PRIVATE KEY-----',
    'Bearer x',
  ],
  ...[
    '2026-07-28',
    '2025-11-25',
    '2025-06-18',
    '2025-03-26',
    '2024-11-05',
    '1999-01-01',
    '9999-99-99',
  ],
  ...[
    'ref/prompt',
    'ref/resource',
    'ref/tool',
    'tools/call',
    'notifications/cancelled',
    'initialize',
  ],
]

const methods = [
  ...Array<string>(8).fill('tools/call'),
  ...Array<string>(3).fill('resources/read'),
  ...Array<string>(3).fill('completion/complete'),
  ...[
    'tools/list',
    'resources/list',
    'resources/templates/list',
    'prompts/list',
    'prompts/get',
    'prompts/get',
  ],
  ...[
    'ping',
    'initialize',
    'server/discover',
    'logging/setLevel',
    'resources/subscribe',
    'subscriptions/listen',
  ],
  ...[
    'tasks/get',
    'notifications/initialized',
    'notifications/cancelled',
    'notifications/progress',
    'roots/list',
  ],
  ...[
    'sampling/createMessage',
    'elicitation/create',
    'rpc.discover',
    '',
    'tools/call ',
    'Tools/Call',
  ],
]

const knownKeys = [
  ...[
    'id',
    'params',
    'name',
    'uri',
    'cursor',
    'ref',
    '_meta',
    'progressToken',
    'x',
    'arguments',
    'finding_id',
  ],
  ...[
    'limit',
    'tags',
    'argument',
    'value',
    'context',
    'type',
    'task',
    'level',
    'inputResponses',
    'requestState',
  ],
]

/** Makes bodies from messages that a client does send. */
export function fuzzedMessages(random: Choices, modern: boolean) {
  function message(): { [name: string]: Json } {
    const method = random.pick(methods)
    const base = { jsonrpc: '2.0', id: random.below(50), method }
    const _meta: Json = modern ? { ...modernMeta } : {}
    switch (method) {
      case 'tools/call':
        return { ...base, params: { name: random.pick(tools), arguments: someOf(args), _meta } }
      case 'resources/read':
        return { ...base, params: { uri: 'defectdojo://instance', _meta } }
      case 'prompts/get':
        return { ...base, params: { name: 'triage', arguments: { product_id: '1' }, _meta } }
      case 'completion/complete':
        return {
          ...base,
          params: {
            ref: { type: 'ref/resource', uri: 'defectdojo://products/{product_id}' },
            argument: { name: 'product_id', value: '1' },
            context: { arguments: { product_id: '1' } },
            _meta,
          },
        }
      case 'initialize': {
        const clientInfo = { name: 'proof', version: '1' }
        return { ...base, params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo } }
      }
      case 'notifications/cancelled':
        return { jsonrpc: '2.0', method, params: { requestId: random.below(50), reason: 'a' } }
      default:
        return { ...base, params: { _meta } }
    }
  }

  function someOf(all: { [name: string]: Json }): Json {
    return Object.fromEntries(Object.entries(all).filter(() => random.next() < 0.5))
  }

  function anyValue(depth = 0): Json {
    switch (random.below(depth > 3 ? 5 : 8)) {
      case 0:
        return random.pick([null, true, false])
      case 1:
        return random.pick([0, -1, 1.5, 1e308, -1e308, 5e-324, 2 ** 53, -(2 ** 63), 2 ** 31, 1e21])
      case 2:
      case 3:
      case 4:
        return random.pick(hostileTexts)
      case 5:
        return Array.from({ length: random.below(4) }, () => anyValue(depth + 1))
      default:
        return Object.fromEntries(
          Array.from({ length: random.below(4) }, () => [
            random.pick(random.next() < 0.1 ? hostileTexts : knownKeys),
            anyValue(depth + 1),
          ]),
        )
    }
  }

  /** Changes one place of a message: another value, no value, or a member more. Mostly where it still is a message then. */
  function damageStructure(root: { [name: string]: Json }): void {
    let members: { [name: string]: Json } | Json[] = root
    for (;;) {
      const keys: string[] = Object.keys(members).filter(
        (key) =>
          (members !== root || key === 'params' || random.next() < 0.05) &&
          (key !== '_meta' || random.next() < 0.1),
      )
      const key = keys.length === 0 ? '' : random.pick(keys)
      const next: Json | undefined = (members as { [name: string]: Json })[key]
      if (typeof next === 'object' && next !== null && random.next() < 0.95) {
        members = next
        continue
      }
      damageMember(members as { [name: string]: Json }, key)
      return
    }
  }

  function damageMember(members: { [name: string]: Json }, key: string): void {
    const what = random.below(5)
    if (what === 0 || key === '') members[random.pick(knownKeys)] = anyValue()
    else if (what === 1) delete members[key]
    else members[key] = anyValue()
  }

  function damageBytes(bytes: Buffer): Buffer {
    let damaged = bytes
    for (let count = random.below(4); count >= 0; count--) {
      const at = random.below(damaged.length + 1)
      const [before, behind] = [damaged.subarray(0, at), damaged.subarray(at)]
      const put = Buffer.from(
        random.pick([
          ...[
            '',
            '"',
            '\\',
            '{',
            '}',
            '[',
            ']',
            ',',
            ':',
            '\0',
            '\ufeff',
            '\\ud800',
            '\\u0000',
            '1e999',
            'null',
          ],
          ...['"id":1,', '"method":"ping",', '"__proto__":{},', '[[[[[[[[', '/*', ' '.repeat(200)],
        ]),
      )
      // Bytes that are no UTF-8 are refused before anything else is looked at.
      const highest = random.next() < 0.1 ? 256 : 128
      const noise = Buffer.from(
        Array.from({ length: random.below(6) }, () => random.below(highest)),
      )
      damaged = Buffer.concat([
        before,
        random.next() < 0.6 ? put : noise,
        behind.subarray(random.next() < 0.5 ? 0 : random.below(20)),
      ])
    }
    return random.next() < 0.1 ? damaged.subarray(0, random.below(damaged.length + 1)) : damaged
  }

  function body(): FuzzedBody {
    const one = message()
    const params = one.params as { name?: Json; uri?: Json } | undefined
    const named = params?.name ?? params?.uri
    const about = {
      method: String(one.method),
      name: typeof named === 'string' ? named : undefined,
    }
    const how = random.next()
    if (how < 0.02) return { ...about, bytes: Buffer.from(JSON.stringify(anyValue())) }
    if (how < 0.06) {
      const others = Array.from({ length: random.below(60) }, () => message())
      return { ...about, bytes: Buffer.from(JSON.stringify([one, ...others])) }
    }
    const changes = how < 0.85 ? 1 + random.below(3) : 0
    for (let change = 0; change < changes; change++) damageStructure(one)
    const bytes = Buffer.from(JSON.stringify(one))
    return { ...about, bytes: how > 0.75 ? damageBytes(bytes) : bytes }
  }

  return { body, damageBytes, text: () => random.pick(hostileTexts) }
}
