import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RecordedRequest, startSandbox } from '../sandbox/server.js'
import { type Role, roles } from '../src/access/permissions.js'
import { mayUse } from './access-walk.js'
import type { AuditRecord } from './audited-server.js'
import { badBatches, batchVersion, change, type Place, places } from './batch-table.js'
import { choicesFrom } from './choices.js'
import { everyTool } from './every-tool.js'
import { startProof } from './measure.js'
import {
  initialize,
  openSession,
  rpc,
  sessionHeader,
  usualHeaders,
  versionHeader,
} from './protocol-eras.js'
import { createRawClient, type Message, type RawAnswer, type RawClient } from './raw-client.js'
import { openSse } from './sse-client.js'
import { startStdio } from './stdio-client.js'
import { startWholeService, type WholeService } from './whole-service.js'

// One POST, many calls: a limit that counts requests lets fifty changes through as one, and a check of the first message is none of the
// others. In 2025-03-26, which has batches, each message is permitted, limited, recorded and answered by itself; nobody else has them.

const proof = startProof(
  'A batch is as many calls as it holds, and refused wherever there are none',
)
const choices = choicesFrom(proof.random)
/** A service each, so that the trail has every denial in full: it counts those of one caller from the 61st a minute on. */
const services = proof.short ? 2 : 16
const roundsEach = 12
const mostMessages = 50
const limit = 5

/** What a message should come to. */
type End = 'carried out' | 'denied' | 'invalid' | 'answered' | 'nothing'

interface Planned {
  readonly message: { readonly id?: string | number; readonly method: string }
  readonly end: End
  /** Of one that is carried out: what DefectDojo is asked, and what the answer must show. */
  readonly asks?: string
  readonly shows?: RegExp
  /** The `tool_name` of its record; absent where it has none. */
  readonly recorded?: string
}

const wrong: string[] = []
let batches = 0
let messages = 0
let number = 0

await mixedBatches()
await refusedPlaces()
await refusedBatches()
await limitedBatches()
await otherTransports()
proof.end()

/** Where batches are taken: of every size, by every role. */
async function mixedBatches(): Promise<void> {
  const ends = new Map<End, number>()
  for (let each = 0; each < services; each += 1) {
    const sessions = each % 2 === 0 ? 'on' : 'off'
    const service = await startWholeService({ MCP_LEGACY_SESSIONS: sessions })
    const client = createRawClient(service.base)
    const taking = places.filter(
      (place) => place.sessions === sessions && place.expected === 'taken',
    )
    for (let round = 0; round < roundsEach; round += 1) {
      const role = roles[round % roles.length] ?? 'reader'
      const place = choices.pick(taking)
      // The largest and the smallest always, the others as it comes.
      const size = [1, mostMessages][round] ?? 1 + choices.below(mostMessages)
      const planned = Array.from({ length: size }, () => plan(role))
      service.look()
      const answer = await post(
        service,
        client,
        place,
        role,
        planned.map(({ message }) => message),
      )
      await service.settled()
      const { asked, ends: records } = service.look()
      batches += 1
      messages += size
      for (const { end } of planned) ends.set(end, (ends.get(end) ?? 0) + 1)
      const where = `${place.what}, ${role}, ${size} messages`
      wrong.push(...compare(planned, answer, asked, records).map((each) => `${where}: ${each}`))
    }
    client.close()
    await service.close()
    if (service.faults.length > 0) wrong.push(`faults: ${service.faults.slice(0, 2).join()}`)
  }
  proof.check(
    'each message is permitted, carried out once, recorded once and answered once',
    wrong.length === 0,
    [
      `${messages} messages in ${batches} batches, ${wrong.length} wrong`,
      ...wrong.slice(0, 8),
    ].join('\n         '),
  )
  proof.note([...ends].map(([end, count]) => `${end} ${count}`).join(', '))
  proof.check('every kind of end has been met', ends.size === 5, ends.size)
}

/** A message of any kind, with arguments that nothing else has. */
function plan(role: Role): Planned {
  number += 1
  const id = choices.next() < 0.5 ? number : `call ${number}`
  const call = (name: string, args: object) => rpc(id, 'tools/call', { name, arguments: args })
  const kind = choices.below(12)
  if (kind === 0) {
    const message = call(`no_such_tool_${number}`, {})
    return { message, end: 'denied', recorded: `no_such_tool_${number}` }
  }
  if (kind === 1) {
    const message = call('get_finding', { finding_id: `x${number}` })
    return { message, end: 'invalid', recorded: 'get_finding' }
  }
  if (kind === 2) return { message: rpc(id, 'ping'), end: 'answered' }
  if (kind === 3) return { message: rpc(id, 'tools/list'), end: 'answered' }
  if (kind === 4) {
    const method = choices.pick(['notifications/initialized', 'notifications/roots/list_changed'])
    return { message: { jsonrpc: '2.0', method } as Planned['message'], end: 'nothing' }
  }
  // What needs another call before it cannot stand beside that call.
  const row = choices.pick(everyTool.filter(({ after }) => after === undefined))
  const message = call(row.tool, row.arguments(number))
  if (!mayUse(role, row.from)) return { message, end: 'denied', recorded: row.tool }
  const shows = { get_finding: new RegExp(`"id":${1 + (number % 20)}\\b`) }[row.tool]
  return {
    ...{ message, end: 'carried out', recorded: row.tool, asks: row.asks(number) },
    ...(shows && { shows }),
  }
}

async function post(
  service: WholeService,
  client: RawClient,
  place: Place,
  role: Role,
  body: unknown,
): Promise<RawAnswer> {
  const token = service.tokens[role]
  const owner = place.instead === 'foreign' ? (role === 'admin' ? 'writer' : 'admin') : role
  const session =
    place.session === undefined
      ? []
      : sessionHeader(
          place.instead === 'unknown'
            ? '0'.repeat(32)
            : await openSession(client, service.tokens[owner], place.session),
        )
  return client.send({
    path: '/mcp',
    headers: [
      ...usualHeaders(token),
      ...session,
      ...(place.header === undefined ? [] : versionHeader(place.header)),
    ],
    body: JSON.stringify(body),
  })
}

function compare(
  planned: readonly Planned[],
  answer: RawAnswer,
  asked: readonly RecordedRequest[],
  records: readonly AuditRecord[],
): string[] {
  const found: string[] = []
  const expectAnswers = planned.filter(({ end }) => end !== 'nothing')
  const status = expectAnswers.length === 0 ? 202 : 200
  if (answer.status !== status) found.push(`status ${answer.status}, ${answer.body.slice(0, 200)}`)
  const answers = answer.messages.filter(({ id }) => id !== undefined)
  if (answers.length !== expectAnswers.length) {
    found.push(`${answers.length} answers to ${expectAnswers.length} requests`)
  }
  for (const { message, end, shows } of expectAnswers) {
    const own = answers.filter(({ id }) => id === message.id)
    if (own.length !== 1) found.push(`${own.length} answers to ${message.id}`)
    const problem = own[0] && wrongAnswer(own[0], end, shows)
    if (problem) found.push(`${message.id}: ${problem}`)
  }

  const expectRecords = planned.filter(({ recorded }) => recorded !== undefined)
  const ids = new Set(records.map(({ request_id }) => request_id))
  if (records.length !== expectRecords.length || ids.size !== records.length) {
    found.push(`${records.length} records of ${expectRecords.length}, ${ids.size} request ids`)
  }
  for (const { message, end, recorded } of expectRecords) {
    const own = records.find((record) => record.client_request_id === String(message.id))
    const outcome = end === 'carried out' ? 'success' : end
    if (own?.tool_name !== recorded || own?.outcome !== outcome) {
      found.push(`${message.id} is recorded as ${String(own?.tool_name)}, ${String(own?.outcome)}`)
    }
  }

  const wanted = planned.flatMap(({ asks }) => asks ?? [])
  const got = asked.map(({ method, path }) => `${method} ${path.replace('/api/v2/', '')}`)
  const writes = (all: string[]): string =>
    all
      .filter((each) => !each.startsWith('GET'))
      .sort()
      .join()
  if (writes(wanted) !== writes(got)) found.push(`changed ${writes(got)}, not ${writes(wanted)}`)
  const missing = wanted.filter((each) => !got.includes(each))
  if (missing.length > 0) found.push(`DefectDojo was not asked ${missing.join()}`)
  return found
}

function wrongAnswer({ result, error }: Message, end: End, shows?: RegExp): string | null {
  const text = result?.content?.[0]?.text ?? error?.message ?? ''
  if (end === 'answered') return result === undefined ? text : null
  if (end === 'carried out') {
    if (result === undefined || result.isError === true) return text
    return shows === undefined || shows.test(text) ? null : `somebody else's answer, ${text}`
  }
  if (result?.isError !== true) return `no refusal, ${text}`
  return end === 'denied' && !text.startsWith('Unknown tool') ? text : null
}

/** Everywhere else: refused as a whole, by whoever it is sent. */
async function refusedPlaces(): Promise<void> {
  const problems: string[] = []
  let count = 0
  let controls = 0
  for (const sessions of ['on', 'off'] as const) {
    const service = await startWholeService({ MCP_LEGACY_SESSIONS: sessions })
    const client = createRawClient(service.base)
    for (const place of places.filter((each) => each.sessions === sessions)) {
      for (const size of [1, 2, mostMessages]) {
        service.look()
        const body = Array.from({ length: size }, (_, index) => change(index + 1))
        const answer = await post(service, client, place, 'admin', body)
        const { asked, ends } = service.look()
        if (place.expected === 'taken') {
          controls += ends.length
          continue
        }
        count += 1
        const [status, code] = place.expected
        const right = answer.status === status && answer.messages[0]?.error?.code === code
        if (!right || asked.length + ends.length > 0) {
          const got = `${answer.status} ${answer.messages[0]?.error?.code}, ${ends.length} records`
          problems.push(`${place.what}, ${size} messages: ${got}`)
        }
      }
    }
    client.close()
    await service.close()
  }
  proof.check(
    'a batch is refused where there are none, and nothing of it runs',
    problems.length === 0,
    [`${count} batches, ${problems.length} wrong`, ...problems.slice(0, 8)].join('\n         '),
  )
  proof.check('the same batches are carried out where there are', controls === 4 * 53, controls)
}

/** What is no batch, where batches are taken. */
async function refusedBatches(): Promise<void> {
  const problems: string[] = []
  let count = 0
  for (const sessions of ['on', 'off'] as const) {
    const service = await startWholeService({ MCP_LEGACY_SESSIONS: sessions })
    const client = createRawClient(service.base)
    const token = service.tokens.admin
    const session =
      sessions === 'on' ? sessionHeader(await openSession(client, token, batchVersion)) : []
    for (const { what, body, headers = [], code } of badBatches) {
      service.look()
      const answer = await client.send({
        path: '/mcp',
        headers: [...usualHeaders(token), ...session, ...headers],
        body,
      })
      await service.settled()
      const { asked, ends } = service.look()
      count += 1
      const got = answer.messages[0]?.error?.code
      // Whether something is no message at all, or an id is one, is the protocol's parser's to say.
      const coded = got === code || (code === -32600 && got === -32700)
      if (answer.status !== 400 || !coded || asked.length + ends.length > 0) {
        problems.push(
          `${what}, sessions ${sessions}: ${answer.status} ${got}, ${ends.length} records`,
        )
      }
    }
    client.close()
    await service.close()
  }
  proof.check(
    'a bad batch is refused as a whole, and nothing of it runs',
    problems.length === 0,
    [`${count} batches, ${problems.length} wrong`, ...problems.slice(0, 8)].join('\n         '),
  )
}

/** More changes than a caller may make: alone in one batch, in several at once, and with what is no change between them. */
async function limitedBatches(): Promise<void> {
  const shapes: readonly (readonly [
    what: string,
    batches: number,
    size: number,
    reads: boolean,
  ])[] = [
    ['one batch of 20', 1, 20, false],
    ['one batch of 50', 1, mostMessages, false],
    ['ten batches of 20 at once', 10, 20, false],
    ['one batch of 40, every other a read', 1, 40, true],
  ]
  for (const sessions of ['on', 'off'] as const) {
    for (const [what, count, size, reads] of shapes) {
      const service = await startWholeService({
        MCP_LEGACY_SESSIONS: sessions,
        MUTATION_RATE_LIMIT: String(limit),
        MUTATION_RATE_WINDOW: '3600',
      })
      const client = createRawClient(service.base)
      const place: Place = {
        ...{ what, sessions, expected: 'taken' },
        ...(sessions === 'on' && { session: batchVersion }),
      }
      const read = (id: number) => rpc(id, 'tools/call', { name: 'health_check', arguments: {} })
      const answers = await Promise.all(
        Array.from({ length: count }, () => {
          const all = Array.from({ length: size }, (_, index) =>
            reads && index % 2 === 1 ? read(index) : change(index),
          )
          return post(service, client, place, 'writer', all)
        }),
      )
      const { asked, ends } = service.look()
      const written = asked.filter(({ method }) => method === 'POST').length
      const refused = ends.filter(({ outcome }) => outcome === 'rate_limited').length
      const done = ends.filter(({ outcome }) => outcome === 'success').length
      const told = answers.flatMap((answer) => answer.messages).filter(({ id }) => id !== undefined)
      const failed = told.filter(({ result }) => result?.isError === true).length
      const mutations = count * (reads ? size / 2 : size)
      proof.check(
        `${what} under a limit of ${limit}, sessions ${sessions}: exactly ${limit} changes`,
        written === limit &&
          refused === mutations - limit &&
          failed === refused &&
          done === count * size - refused &&
          told.length === count * size,
        `${written} of ${mutations} written, ${refused} refused and told so, ${told.length} answers`,
      )
      client.close()
      await service.close()
    }
  }
}

/** HTTP+SSE is older than batches, and stdio takes a line for a message. */
async function otherTransports(): Promise<void> {
  await overSse()
  await overStdio()
}

async function overSse(): Promise<void> {
  const service = await startWholeService({ MCP_TRANSPORT: 'sse' })
  const headers = usualHeaders(service.tokens.admin)
  const stream = await openSse(service.base, headers)
  await stream.ask(initialize('2024-11-05'), headers)
  const statuses: number[] = []
  service.look()
  for (const size of [1, 2, mostMessages, mostMessages + 1]) {
    const body = Array.from({ length: size }, (_, index) => change(index + 1))
    statuses.push((await stream.post(JSON.stringify(body), headers)).status)
  }
  await stream.ask(rpc('last', 'ping'), headers)
  await service.settled()
  const { asked, ends } = service.look()
  proof.check(
    'HTTP+SSE takes none',
    statuses.every((status) => status === 400) && asked.length + ends.length === 0,
    `${statuses.join()}, ${asked.length} requests`,
  )
  stream.close()
  await service.close()
}

async function overStdio(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-m4-'))
  const sandbox = await startSandbox({ seed: 'recorded' })
  const child = startStdio({
    HOME: folder,
    DEFECTDOJO_URL: sandbox.url,
    DEFECTDOJO_API_KEY: sandbox.apiKey,
    ALLOW_INSECURE_HTTP: 'true',
  })
  await child.ask(initialize(batchVersion))
  for (const size of [1, 2, mostMessages]) {
    child.tell(JSON.stringify(Array.from({ length: size }, (_, index) => change(index + 1))))
  }
  const after = await child.ask(rpc('last', 'ping'))
  const status = await child.close()
  proof.check(
    'stdio takes none, and goes on',
    sandbox.requests.length === 0 && after.result !== undefined && status === 0,
    `${sandbox.requests.length} requests, exit ${status}`,
  )
  await sandbox.close()
  rmSync(folder, { recursive: true, force: true })
}
