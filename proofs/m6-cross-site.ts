import { choicesFrom } from './choices.js'
import { formBodies, jsonTypes, otherTypes, type SaidType, simpleTypes } from './content-types.js'
import { startProof } from './measure.js'
import {
  enveloped,
  envelopeHeaders,
  initialize,
  openSession,
  rpc,
  sessionHeader,
} from './protocol-eras.js'
import { createRawClient, type RawClient, type RawHeaders } from './raw-client.js'
import { openSse } from './sse-client.js'
import { startWholeService, type WholeService } from './whole-service.js'

// A page may send a form, a text or an untyped body to any address without asking first. A browser adds `Origin` to most of them, and
// older ones do not, so what a body is said to be has to be reason enough. The requests here have no `Origin`, and no token where the
// service asks for none.

const proof = startProof('What a page can send without asking is refused, whatever it says it is')
const choices = choicesFrom(proof.random)

const note = { name: 'add_finding_note', arguments: { finding_id: 1, entry: 'Sent by a page.' } }
const accept: RawHeaders = [['Accept', 'application/json, text/event-stream']]
const noTokens = {
  ...{ MCP_ROLE_ADMIN: undefined, MCP_ROLE_WRITER: undefined },
  ...{ MCP_ROLE_SCANNER: undefined, MCP_ROLE_READER: undefined },
  ...{ REQUIRE_AUTH: 'false', OPEN_ACCESS_MUTATION_RATE_LIMIT: '1000000' },
}

/** Somewhere a message can be sent to, and the message. */
interface Target {
  readonly what: string
  readonly service: WholeService
  readonly client: RawClient
  readonly path: string
  readonly headers: RawHeaders
  readonly message: object
  /** The status of an answer to it. */
  readonly taken: number
  /** What is carried out when it is taken. */
  readonly carriesOut: boolean
}

const wrong: string[] = []
const statuses = new Map<number, number>()
const perTarget = new Map<string, number>()
let sent = 0
let strays = 0
let controls = 0
let unchecked = 0

for (const open of [true, false]) {
  await withSessions(open)
  await withoutSessions(open)
  await overSse(open)
}
report()
proof.end()

async function withSessions(open: boolean): Promise<void> {
  const service = await startWholeService(open ? noTokens : {})
  const client = createRawClient(service.base)
  const token = open ? undefined : service.tokens.admin
  const own = [...accept, ...authorization(token)]
  const at = { service, client, path: '/mcp', taken: 200 }
  const session = sessionHeader(await openSession(client, token, '2025-11-25'))
  const suffix = open ? ', no tokens' : ''
  await sendAll({
    ...{ ...at, what: `2026-07-28${suffix}`, carriesOut: true },
    headers: [...own, ...envelopeHeaders('tools/call', note)],
    message: enveloped(1, 'tools/call', note),
  })
  await sendAll({
    ...{ ...at, what: `in a session${suffix}`, headers: [...own, ...session], carriesOut: true },
    message: rpc(1, 'tools/call', note),
  })
  await sendAll({
    ...{ ...at, what: `initialize${suffix}`, headers: own, carriesOut: false },
    message: initialize('2025-11-25'),
  })
  await otherMethods(service, client, own)
  client.close()
  await service.close()
}

/** Here a message needs no header but those that a page may set: the shortest way in there could be. */
async function withoutSessions(open: boolean): Promise<void> {
  const service = await startWholeService({
    ...(open && noTokens),
    MCP_LEGACY_SESSIONS: 'off',
  })
  const client = createRawClient(service.base)
  const headers = [...accept, ...authorization(open ? undefined : service.tokens.admin)]
  await sendAll({
    ...{ service, client, path: '/mcp', headers, taken: 200, carriesOut: true },
    what: `without sessions${open ? ', no tokens' : ''}`,
    message: rpc(1, 'tools/call', note),
  })
  await otherMethods(service, client, headers)
  client.close()
  await service.close()
}

async function overSse(open: boolean): Promise<void> {
  const service = await startWholeService({ ...(open && noTokens), MCP_TRANSPORT: 'sse' })
  const headers = [...accept, ...authorization(open ? undefined : service.tokens.admin)]
  const stream = await openSse(service.base, headers)
  await sendAll({
    ...{ service, client: stream.raw, path: stream.path, headers, taken: 202, carriesOut: true },
    what: `HTTP+SSE${open ? ', no tokens' : ''}`,
    message: rpc(1, 'tools/call', note),
  })
  stream.close()
  await service.close()
}

function authorization(token: string | undefined): RawHeaders {
  return token === undefined ? [] : [['Authorization', `Bearer ${token}`]]
}

async function sendAll(target: Target): Promise<void> {
  const { what, message } = target
  const json = JSON.stringify(message)
  const before = sent
  for (const type of simpleTypes) {
    for (const [form, body] of formBodies(json)) await refused(target, type, form, body)
  }
  for (const type of otherTypes) {
    const forms = formBodies(json)
    const chosen = proof.short ? [choices.pick(forms)] : forms
    for (const [form, body] of [['as JSON', json] as const, ...chosen]) {
      await refused(target, type, form, body)
    }
  }
  for (const type of jsonTypes) await taken(target, type, json)
  perTarget.set(what, sent - before)
}

async function post({ service, client, path, headers }: Target, type: SaidType, body: string) {
  service.look()
  const answer = await client.send({
    path,
    headers: [
      ...headers,
      ...type.says.map((value) => ['Content-Type', value] as const),
      ...(type.encoding === undefined ? [] : [['Content-Encoding', type.encoding] as const]),
    ],
    body,
  })
  await service.settled()
  const { asked, ends } = service.look()
  return { answer, ran: asked.length + ends.length }
}

function shown({ says, encoding }: SaidType): string {
  const types = says.map((type) => `'${type}'`).join(' and ') || 'nothing'
  return encoding === undefined ? types : `${types}, encoded ${encoding}`
}

async function refused(target: Target, type: SaidType, form: string, body: string): Promise<void> {
  const { answer, ran } = await post(target, type, body)
  sent += 1
  strays += ran
  statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
  const opened = answer.headers['mcp-session-id'] !== undefined
  if (![400, 415].includes(answer.status) || ran > 0 || opened) {
    wrong.push(`${target.what}, ${shown(type)} ${form}: ${answer.status}, ${ran} ran`)
  }
}

/** JSON after all: carried out, and a duplicate key in it is still found. */
async function taken(target: Target, type: SaidType, json: string): Promise<void> {
  const { answer, ran } = await post(target, type, json)
  sent += 1
  if (answer.status === target.taken && ran > 0 === target.carriesOut) controls += 1
  else wrong.push(`${target.what}, ${shown(type)} is JSON: ${answer.status}, ${ran} ran`)
  const doubled = json.replace('{', '{"method":"ping",')
  const second = await post(target, type, doubled)
  sent += 1
  if (second.answer.status !== 400 || second.ran > 0) {
    unchecked += 1
    wrong.push(`${target.what}, ${shown(type)}, a key twice: ${second.answer.status}`)
  }
}

/** Pictures, links, and forms that say they were something else. */
async function otherMethods(
  service: WholeService,
  client: RawClient,
  headers: RawHeaders,
): Promise<void> {
  const json = JSON.stringify(rpc(1, 'tools/call', note))
  const query = `?body=${encodeURIComponent(json)}&method=tools/call&name=add_finding_note`
  const typed: RawHeaders = [...headers, ['Content-Type', 'application/json']]
  const requests = [
    { method: 'GET', path: `/mcp${query}`, headers },
    { method: 'GET', path: '/mcp', headers: typed, body: json },
    {
      method: 'GET',
      path: '/mcp',
      headers: [...typed, ['X-HTTP-Method-Override', 'POST']],
      body: json,
    },
    { method: 'HEAD', path: `/mcp${query}`, headers },
    { method: 'DELETE', path: '/mcp', headers: typed, body: json },
    { method: 'PUT', path: '/mcp', headers: typed, body: json },
    { method: 'PATCH', path: '/mcp', headers: typed, body: json },
    { method: 'OPTIONS', path: '/mcp', headers: typed, body: json },
    { method: 'POST', path: `/mcp${query}`, headers },
    {
      method: 'POST',
      path: `/mcp${query}&_method=POST`,
      headers: [['Content-Type', 'text/plain']],
    },
    { method: 'POST', path: '/', headers: typed, body: json },
    { method: 'POST', path: '/health', headers: typed, body: json },
    { method: 'POST', path: '/MCP', headers: typed, body: json },
    { method: 'POST', path: '/mcp/', headers: typed, body: json },
    { method: 'POST', path: '//mcp', headers: typed, body: json },
    { method: 'POST', path: '/%6dcp;', headers: typed, body: json },
    { method: 'POST', path: '/messages/', headers: typed, body: json },
  ] as const
  for (const request of requests) {
    service.look()
    const { status } = await client.send(request as Parameters<RawClient['send']>[0])
    await service.settled()
    const { asked, ends } = service.look()
    sent += 1
    strays += asked.length + ends.length
    if (status < 400) wrong.push(`${request.method} ${request.path.slice(0, 20)}: ${status}`)
  }
}

function report(): void {
  for (const [target, count] of perTarget) proof.note(`${target}: ${count} requests`)
  const types = simpleTypes.length + otherTypes.length + jsonTypes.length
  proof.check('at least 40 content types', types >= 40, types)
  proof.check(
    'each that is not JSON is answered 415 or 400',
    wrong.length === 0,
    [
      `${sent} requests, ${[...statuses].map(([status, count]) => `${status}: ${count}`).join(', ')}`,
      ...wrong.slice(0, 12),
    ].join('\n         '),
  )
  proof.check('and nothing of it is carried out', strays === 0, strays)
  proof.check(
    'each that is JSON is carried out, and read as strictly as any other',
    unchecked === 0 && controls === 10 * jsonTypes.length,
    `${controls} carried out, ${unchecked} not checked`,
  )
}
