import type { RecordedRequest } from '../sandbox/server.js'
import {
  type Ambiguity,
  type AmbiguousBody,
  damagedTexts,
  doubledKeys,
  nearlyDoubledKeys,
  reservedKeys,
  spelledValues,
} from './ambiguous-bodies.js'
import type { AuditRecord } from './audited-server.js'
import { choicesFrom } from './choices.js'
import { everyTool } from './every-tool.js'
import { startProof } from './measure.js'
import {
  envelopeHeaders,
  envelopeVersion,
  initialize,
  openSession,
  sessionHeader,
  usualHeaders,
} from './protocol-eras.js'
import { createRawClient, type RawHeaders } from './raw-client.js'
import { openSse } from './sse-client.js'
import { startWholeService, type WholeService } from './whole-service.js'

// Two readers of one body, a gateway and a server, or a check and what it checks for, must not see two calls. What counts is what
// arrives at DefectDojo: it has to be what the trail says, and what the caller may do, or nothing.

const proof = startProof('No body is audited as one call and carried out as another')
const choices = choicesFrom(proof.random)

/** Each a change, which a gateway should take for something harmless. */
const ambiguities: readonly Ambiguity[] = [
  {
    tool: 'add_finding_tags',
    arguments: { finding_id: 3, tags: ['seen'] },
    otherTool: 'get_finding',
    otherArguments: { finding_id: 4 },
  },
  {
    tool: 'create_product',
    arguments: { name: 'Ambiguous', description: 'Made by a proof.', prod_type_id: 1 },
    otherTool: 'list_products',
    otherArguments: { limit: 7, offset: 1 },
  },
  {
    tool: 'list_products',
    arguments: { limit: 2, offset: 1 },
    otherTool: 'create_product',
    otherArguments: { name: 'Ambiguous', description: 'Made by a proof.', prod_type_id: 1 },
  },
]

/** What stands for 3, for a text, and for a name, to some readers. */
const spellings: readonly Readonly<Record<string, readonly string[]>>[] = [
  {
    finding_id: [
      ...['1e400', '-1e400', '3e0', '3.0', '30e-1', '3.0000000000000001', '-0', '03', '3.', '+3'],
      ...['0x3', '0b11', '3_0', '3n', 'NaN', 'Infinity', '9007199254740993', '1e-400', '"3"'],
      ...['"3 "', '" 3"', '"0x3"', '"3e0"', '"\\u0033"', '"\u0663"', '"\uff13"', '[3]', '{"id":3}'],
      ...['true', 'null', '"3/../4"', '"3?x=1"', '"3\\u0000"', '3,4', '3 4'],
    ],
    tags: [
      ...['["\\u0073een"]', '["seen\\u0000"]', '["\\ud800"]', '["\\udc00\\ud800"]', '["se\\/en"]'],
      ...['["SEEN"]', '"seen"', '["seen","seen"]', '["seen",]', '[,"seen"]', '{"0":"seen"}'],
      ...['[["seen"]]', '["\u017feen"]', '["see\u200bn"]', '["s\\x65en"]', '["\ud83d\ude00"]'],
    ],
    name: [
      ...[
        '"\\u0061dd_finding_tags"',
        '"ADD_FINDING_TAGS"',
        '"add_finding_tags "',
        '"add_finding_tags\\u0000"',
      ],
      ...[
        '"add_finding_tag\u017f"',
        '"__proto__"',
        '["add_finding_tags"]',
        '{"name":"get_finding"}',
      ],
      ...[
        '"add_finding_tags\\ud800"',
        '"get_finding\\u0000add_finding_tags"',
        '"add_f\\u0131nding_tags"',
      ],
    ],
    arguments: ['null', '[]', '"{\\"finding_id\\":3,\\"tags\\":[\\"seen\\"]}"', '7', 'true'],
  },
  {
    name: [
      ...[
        '"Amb\\u0069guous"',
        '"A\\ud800"',
        '"A\\udbff\\udfff"',
        '"A\\u0000"',
        '"A\\u2028"',
        '"A\\ud83d\\ude00"',
      ],
      ...[
        '"Amb\\iguous"',
        '"A\nB"',
        '"\\u0041\\u030a"',
        '"\\u00c5"',
        '"A\\u202eB"',
        '"<A>&\\u0026"',
      ],
    ],
    prod_type_id: ['1.0', '10e-1', '"1"', '1e0', '1.00000000000000001', '1e400', 'true', '[1]'],
  },
  { limit: ['2.0', '20e-1', '"2"', '1e400', '"2\\u0000"', '2.5', '-2', '"02"', '[2]', 'false'] },
]

const wrong: string[] = []
const perEra = new Map<string, number>()
let sent = 0
let duplicates = 0
let duplicatesRefused = 0
let refused = 0
let carriedOut = 0
/** Carried out, and to a reader who folds keys another call. */
let changes = 0
let reads = 0

await withSessions()
await withoutSessions()
await overSse()
report()
proof.end()

/** With the tool that each is meant for. */
interface Body extends AmbiguousBody {
  readonly tool: string
}

function bodies(enveloped: boolean): Body[] {
  const all = ambiguities.flatMap((ambiguity, index) =>
    [
      ...doubledKeys(ambiguity, enveloped),
      ...nearlyDoubledKeys(ambiguity, enveloped),
      ...reservedKeys(ambiguity, enveloped),
      ...spelledValues(ambiguity, enveloped, spellings[index] ?? {}),
      ...damagedTexts(ambiguity, enveloped),
    ].map((body): Body => ({ ...body, tool: ambiguity.tool })),
  )
  return proof.short ? all.filter(() => choices.next() < 0.12) : all
}

type Post = (headers: RawHeaders, body: Buffer) => Promise<{ readonly status: number }>

async function withSessions(): Promise<void> {
  const service = await startWholeService()
  const client = createRawClient(service.base)
  const post: Post = (headers, body) => client.send({ path: '/mcp', headers, body })
  for (const role of ['admin', 'reader'] as const) {
    const token = service.tokens[role]
    const named = ({ tool }: Body) => envelopeHeaders('tools/call', { name: tool })
    await sendAll(service, `${envelopeVersion}, ${role}`, role, token, bodies(true), named, post)
    for (const version of ['2025-03-26', '2025-11-25'] as const) {
      const session = await openSession(client, token, version)
      const headers = () => sessionHeader(session)
      const era = `${version} in a session, ${role}`
      await sendAll(service, era, role, token, bodies(false), headers, post)
    }
  }
  client.close()
  await endOf(service)
}

async function withoutSessions(): Promise<void> {
  const service = await startWholeService({ MCP_LEGACY_SESSIONS: 'off' })
  const client = createRawClient(service.base)
  const post: Post = (headers, body) => client.send({ path: '/mcp', headers, body })
  const token = service.tokens.admin
  await sendAll(service, 'without sessions, admin', 'admin', token, bodies(false), () => [], post)
  client.close()
  await endOf(service)
}

async function overSse(): Promise<void> {
  const service = await startWholeService({ MCP_TRANSPORT: 'sse' })
  const token = service.tokens.admin
  const stream = await openSse(service.base, usualHeaders(token))
  await stream.ask(initialize('2024-11-05'), usualHeaders(token))
  const post: Post = async (headers, body) => {
    const { status } = await stream.post(body, headers)
    if (status !== 202) return { status }
    // The stream answers in order, so an answer to this comes after that of the body.
    const ping = { jsonrpc: '2.0', id: `ping ${sent}`, method: 'ping' }
    await stream.ask(ping, usualHeaders(token))
    await service.settled()
    return { status }
  }
  await sendAll(service, 'HTTP+SSE, admin', 'admin', token, bodies(false), () => [], post)
  stream.close()
  await endOf(service)
}

async function sendAll(
  service: WholeService,
  era: string,
  role: 'admin' | 'reader',
  token: string,
  all: readonly Body[],
  headers: (body: Body) => RawHeaders,
  post: Post,
): Promise<void> {
  perEra.set(era, (perEra.get(era) ?? 0) + all.length)
  for (const each of all) {
    sent += 1
    const given = each.contentType ?? 'application/json'
    const usual = usualHeaders(token).map(
      ([name, value]) => [name, name === 'Content-Type' ? given : value] as const,
    )
    const coding: RawHeaders =
      each.contentEncoding === undefined ? [] : [['Content-Encoding', each.contentEncoding]]
    const text = numbered(each.body, sent)
    service.look()
    const { status } = await post([...usual, ...coding, ...headers(each)], text)
    const { asked, ends } = service.look()
    const problem = wrongEnd(each, role, status, asked, ends)
    if (problem !== null) wrong.push(`${era}, ${each.what}: ${problem}`)
    if (asked.length === 0) refused += 1
    else {
      carriedOut += 1
      if (readsOtherwise(text) && asked.some(({ method }) => method !== 'GET')) changes += 1
      else if (readsOtherwise(text)) reads += 1
    }
    if (each.duplicate) {
      duplicates += 1
      if (status === 400 && ends.length === 0 && asked.length === 0) duplicatesRefused += 1
    }
  }
}

/** An id that is not in use, and a name that is not taken; latin-1 keeps every byte as it is. */
function numbered(body: Buffer, number: number): Buffer {
  const text = body.toString('latin1')
  return Buffer.from(
    text.replaceAll('"ID"', `"${number}"`).replaceAll('"Ambiguous"', `"Ambiguous ${number}"`),
    'latin1',
  )
}

/** What is wrong; null: what DefectDojo was asked is what the trail says, or it was not asked. */
function wrongEnd(
  { duplicate }: AmbiguousBody,
  role: 'admin' | 'reader',
  status: number,
  asked: readonly RecordedRequest[],
  ends: readonly AuditRecord[],
): string | null {
  if (duplicate && (status !== 400 || ends.length > 0)) return `a duplicate key: status ${status}`
  const requests = asked.filter(({ path }) => path !== '/api/v2/')
  const [end] = ends
  if (ends.length > 1) return `${ends.length} calls in one body`
  if (end === undefined || !['success', 'upstream_error'].includes(String(end.outcome))) {
    const shown = requests.map(({ method, path }) => `${method} ${path}`).join()
    return requests.length === 0 ? null : `recorded as ${String(end?.outcome)}, and yet ${shown}`
  }
  if (end.caller_role !== role) return `recorded with the role ${String(end.caller_role)}`
  const row = everyTool.find(({ tool }) => tool === end.tool_name)
  if (role === 'reader' && row?.from !== 'reader') return `the reader used ${row?.tool}`
  const params = end.request_params as Readonly<Record<string, unknown>>
  const difference = differenceFrom(String(end.tool_name), params, requests)
  return difference === null ? null : `${difference}; recorded ${JSON.stringify(params)}`
}

/** Compares a record with the request it must have led to. */
function differenceFrom(
  tool: string,
  params: Readonly<Record<string, unknown>>,
  requests: readonly RecordedRequest[],
): string | null {
  const [request, ...more] = requests
  if (request === undefined || more.length > 0) return `${requests.length} requests for ${tool}`
  const body = (request.body ?? {}) as Record<string, unknown>
  const got = { path: `${request.method} ${request.path}`, query: request.query, body }
  const same = (wanted: typeof got): string | null =>
    JSON.stringify(wanted) === JSON.stringify(got) ? null : `DefectDojo got ${JSON.stringify(got)}`
  switch (tool) {
    case 'add_finding_tags': {
      // Stored in lower case, as documented.
      const tags = (params.tags as string[]).map((tag) => tag.toLowerCase())
      const path = `POST /api/v2/findings/${String(params.finding_id)}/tags/`
      return same({ path, query: {}, body: { tags } })
    }
    case 'get_finding': {
      const path = `GET /api/v2/findings/${String(params.finding_id)}/`
      return same({ path, query: {}, body: {} })
    }
    case 'list_products': {
      const query = { limit: String(params.limit), offset: String(params.offset) }
      return same({ path: 'GET /api/v2/products/', query, body: {} })
    }
    case 'create_product': {
      // Of a long text the trail keeps the length.
      const { description } = body
      const length = `<${[...String(description)].length} chars>`
      if (params.description !== length) return `a description of ${length}`
      const written = { name: params.name, description, prod_type: params.prod_type_id }
      return same({ path: 'POST /api/v2/products/', query: {}, body: written })
    }
    default:
      return `nobody asked for ${tool}`
  }
}

/** Whether a reader to whom case and width of a key are nothing would see another call. */
function readsOtherwise(body: Buffer): boolean {
  const parsed = JSON.parse(body.toString()) as Record<string, unknown>
  const folded = fold(parsed) as Record<string, unknown>
  const callIn = ({ method, params }: Record<string, unknown>) => {
    const { name, arguments: given } = (params ?? {}) as Record<string, unknown>
    return JSON.stringify([method, name, given])
  }
  return callIn(folded) !== callIn(parsed)
}

function fold(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fold)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.normalize('NFKC').toLowerCase().split('\0')[0] ?? '',
      fold(inner),
    ]),
  )
}

async function endOf(service: WholeService): Promise<void> {
  await service.close()
  if (service.faults.length > 0) wrong.push(`faults: ${service.faults.slice(0, 2).join()}`)
}

function report(): void {
  for (const [era, count] of perEra) proof.note(`${era}: ${count} bodies`)
  proof.check('at least 200 bodies', sent >= 200, sent)
  proof.check(
    'each is refused, or carried out as it was audited, by who may',
    wrong.length === 0,
    [
      `${sent} sent, ${refused} without any request, ${carriedOut} carried out, ${wrong.length} wrong`,
      ...wrong.slice(0, 10),
    ].join('\n         '),
  )
  proof.check(
    'a duplicate key is 400, however it is spelled, before anything is recorded of it',
    duplicates > 60 && duplicatesRefused === duplicates,
    `${duplicatesRefused} of ${duplicates}`,
  )
  proof.check('some of them are good after all, and carried out', carriedOut > 10, carriedOut)
  proof.check(
    'no change is made that a reader who folds case and width would read otherwise',
    changes === 0,
    changes,
  )
  proof.note(`${reads} reads were carried out without arguments that such a reader would see`)
}
