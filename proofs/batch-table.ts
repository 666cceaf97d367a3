import {
  enveloped,
  envelopeVersion,
  initialize,
  rpc,
  type SessionVersion,
  sessionVersions,
} from './protocol-eras.js'
import type { RawHeaders } from './raw-client.js'

/** The only revision that has batches. */
export const batchVersion = '2025-03-26'

/** Where a batch is sent. */
export interface Place {
  readonly what: string
  /** `MCP_LEGACY_SESSIONS` */
  readonly sessions: 'on' | 'off'
  readonly session?: SessionVersion
  /** The session of somebody else, or one that there is not. */
  readonly instead?: 'foreign' | 'unknown'
  /** `MCP-Protocol-Version` */
  readonly header?: string
  /** `taken`, or how it is refused. */
  readonly expected: 'taken' | readonly [status: number, code: number]
}

const refused = [400, -32600] as const
const otherVersions = sessionVersions.filter((version) => version !== batchVersion)
const unknownVersions = ['1999-01-01', '2025-03-27', '2027-01-01', 'newest']

export const places: readonly Place[] = [
  { what: 'in a session', sessions: 'on', session: batchVersion, expected: 'taken' },
  {
    ...{ what: 'in a session, with its header', sessions: 'on', session: batchVersion },
    ...{ header: batchVersion, expected: 'taken' },
  },
  { what: 'without sessions', sessions: 'off', expected: 'taken' },
  {
    ...{ what: 'without sessions, with the header', sessions: 'off' },
    ...{ header: batchVersion, expected: 'taken' },
  },
  ...otherVersions.flatMap((version): Place[] => [
    { what: `session of ${version}`, sessions: 'on', session: version, expected: refused },
    {
      ...{ what: `session of ${version}, its header`, sessions: 'on', session: version },
      ...{ header: version, expected: refused },
    },
    {
      ...{ what: `session of ${version}, header ${batchVersion}`, sessions: 'on' },
      ...{ session: version, header: batchVersion, expected: refused },
    },
    {
      ...{ what: `session, header ${version}`, sessions: 'on', session: batchVersion },
      ...{ header: version, expected: refused },
    },
    {
      ...{ what: `without sessions, ${version}`, sessions: 'off' },
      ...{ header: version, expected: refused },
    },
  ]),
  ...[...unknownVersions, envelopeVersion].flatMap((header): Place[] => [
    {
      ...{ what: `session, header ${header}`, sessions: 'on', session: batchVersion },
      ...{ header, expected: refused },
    },
    {
      ...{ what: `without sessions, header ${header}`, sessions: 'off', header },
      expected: refused,
    },
  ]),
  { what: 'no session', sessions: 'on', expected: refused },
  { what: 'no session, header', sessions: 'on', header: batchVersion, expected: refused },
  {
    ...{ what: "another caller's session", sessions: 'on', session: batchVersion },
    ...{ instead: 'foreign', expected: [404, -32001] },
  },
  {
    ...{ what: 'a session that there is not', sessions: 'on', session: batchVersion },
    ...{ instead: 'unknown', expected: [404, -32001] },
  },
]

/** A change that is carried out unless the batch is refused. */
export const change = (id: unknown, text = `Noted ${String(id)}.`) =>
  rpc(id as string, 'tools/call', {
    name: 'add_finding_note',
    arguments: { finding_id: 1, entry: text },
  })
const changes = (count: number) => Array.from({ length: count }, (_, index) => change(index + 1))

/** What is no batch even where there are batches. */
export interface BadBatch {
  readonly what: string
  readonly body: string
  readonly headers?: RawHeaders
  readonly code: number
}

const bad = (what: string, messages: unknown, code = -32600, headers?: RawHeaders): BadBatch => ({
  ...{ what, body: JSON.stringify(messages), code },
  ...(headers && { headers }),
})

const pair = changes(2)
const text = (messages: unknown): string => JSON.stringify(messages)
/** Other than requests, notifications and answers. */
const noMessages = [
  7,
  null,
  true,
  'tools/call',
  {},
  [],
  { jsonrpc: '2.0' },
  { method: 'ping', id: 9 },
]

export const badBatches: readonly BadBatch[] = [
  bad('empty', []),
  bad('51 messages', changes(51)),
  bad('52 messages', changes(52)),
  bad(
    '500 messages',
    Array.from({ length: 500 }, () => ({})),
  ),
  bad('initialize first', [initialize(batchVersion), ...pair]),
  bad('initialize last', [...pair, initialize(batchVersion)]),
  bad('initialize alone', [initialize(batchVersion)]),
  bad('initialize of another revision', [...pair, initialize('2025-11-25')]),
  bad('a message of 2026-07-28 first', [enveloped(9, 'tools/list'), ...pair]),
  bad('a message of 2026-07-28 last', [...pair, enveloped(9, 'tools/list')]),
  bad('only messages of 2026-07-28', [enveloped(9, 'tools/list'), enveloped(8, 'tools/list')]),
  bad('an unfinished envelope', [
    ...pair,
    rpc(9, 'ping', { _meta: { 'io.modelcontextprotocol/protocolVersion': 7 } }),
  ]),
  bad('the same id twice', [change(1), change(1, 'Again.')]),
  bad('the same id twice, far apart', [...changes(20), change(1, 'Again.')]),
  bad('the same text for an id twice', [change('a'), change('b'), change('a', 'Again.')]),
  bad('a batch in the batch', [...pair, pair]),
  bad('a batch in a batch', [pair]),
  ...noMessages.map((message) => bad(`${text(message)} at the end`, [...pair, message])),
  ...noMessages.map((message) => bad(`${text(message)} at the beginning`, [message, ...pair])),
  bad('an older JSON-RPC', [...pair, { ...change(9), jsonrpc: '1.0' }]),
  bad('an id that is none', [...pair, change(null)]),
  bad('an id that is a list', [...pair, change([1])]),
  bad('an id with a fraction', [...pair, change(1.5)]),
  bad('a method that is none', [...pair, { ...change(9), method: 7 }]),
  bad('Mcp-Method', pair, -32020, [['Mcp-Method', 'tools/call']]),
  bad('Mcp-Name', pair, -32020, [['Mcp-Name', 'add_finding_note']]),
  bad('both headers', pair, -32020, [
    ['Mcp-Method', 'tools/call'],
    ['Mcp-Name', 'add_finding_note'],
  ]),
  bad('an empty Mcp-Method', pair, -32020, [['Mcp-Method', '']]),
  {
    what: 'the same number in two spellings',
    body: text([change(1), change(2)]).replace('"id":2', '"id":1.0'),
    code: -32600,
  },
  {
    what: 'a duplicate key in it',
    body: `[${text(change(1)).replace('{', '{"id":9,')}]`,
    code: -32700,
  },
  { what: 'a comma too much', body: `[${text(change(1))},]`, code: -32700 },
  { what: 'a second batch behind it', body: text(pair) + text(changes(1)), code: -32700 },
  { what: 'no end', body: text(pair).slice(0, -1), code: -32700 },
]
