import { mkdtempSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type Installation,
  isTerminal,
  prepareServer,
  recordsIn,
  startServer,
  until,
} from './audited-server.js'
import { canaryName, canaryNumber, clientsIn, startCanaryUpstream } from './canary-upstream.js'
import { choicesFrom } from './choices.js'
import { startProof } from './measure.js'
import {
  type Asked,
  type ClientOptions,
  createSessionClient,
  createSseClient,
  createStatelessClient,
  type Message,
  type Params,
  type ProtocolClient,
} from './protocol-clients.js'

// Every client counts its requests from 0, and many of them use the same connections and the same tokens. Each asks for things that only
// it asks for, so that an answer tells whom it was meant for.

const proof = startProof(
  'M7: with the same ids everywhere, every answer reaches the client that asked',
)
const random = choicesFrom(proof.random)
const clients = 50
const perClient = proof.short ? 16 : 100
const atOnce = 3
const answerMs = 30_000
const sessionNotFound = -32001
const roles = ['admin', 'writer', 'scanner', 'reader'] as const

type How = 'plain' | 'cut' | 'cancelled'

interface Call {
  readonly client: Client
  readonly number: number
  readonly how: How
  readonly asked: Asked
  /** What its answer must name; null where it names nothing of the client's. */
  readonly names: string | null
  wasResumed: boolean
  isOpen: boolean
  /** It was under way when its session ended. */
  wasEnded: boolean
}

interface Client {
  readonly number: number
  readonly role: (typeof roles)[number]
  readonly protocol: ProtocolClient
  /** While its session ends and another begins. */
  renewing: Promise<void> | null
  sent: number
}

const wrong: string[] = []
const calls = new Map<Asked, Call>()
let progressed = 0
let importsAsked = 0
let renewed = 0

const upstream = await startCanaryUpstream(() => (proof.random() < 0.2 ? 0 : random.below(40)))
const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-m7-'))
const agent = new Agent({ keepAlive: true, maxSockets: 128 })
try {
  await crossed()
} finally {
  agent.destroy()
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function crossed(): Promise<void> {
  const http = await prepareServer(mkdtempSync(join(folder, 'http-')), upstream.url)
  const sse = await prepareServer(mkdtempSync(join(folder, 'sse-')), upstream.url, {
    MCP_TRANSPORT: 'sse',
  })
  const servers = [await startServer(http), await startServer(sse)]
  const all = await Promise.all(
    Array.from({ length: clients }, (_, index) => connect(index + 1, http, sse)),
  )
  const startedAt = performance.now()
  await Promise.all(all.map(work))
  const seconds = (performance.now() - startedAt) / 1000
  await Promise.all(all.map(({ protocol }) => protocol.close()))
  const statuses = await Promise.all(servers.map((server) => server.stop()))

  judgeAnswers(seconds)
  judgeResumed()
  judgeTrail([http, sse], all)
  proof.check('both servers ended in order', statuses.join() === '0,0', statuses.join(' and '))
}

/** Two in five without sessions, two with, and one on the older transport; four callers between them. */
async function connect(number: number, http: Installation, sse: Installation): Promise<Client> {
  const role = roles[number % roles.length] ?? 'reader'
  const at = (installation: Installation): ClientOptions => ({
    port: installation.port,
    token: installation.tokens[role],
    agent,
    // Until there is a client it only hears what it began with.
    onMessage: (message, asked) => client && received(client, message, asked),
  })
  let client: Client | undefined
  client = {
    ...{ number, role, renewing: null, sent: 0 },
    protocol: await {
      0: async () => createStatelessClient(at(http)),
      1: async () => createStatelessClient(at(http)),
      2: () => createSessionClient(at(http), '2025-11-25'),
      3: () => createSessionClient(at(http), number % 2 ? '2025-06-18' : '2025-03-26'),
      4: () => createSseClient(at(sse)),
    }[(number % 5) as 0 | 1 | 2 | 3 | 4](),
  }
  return client
}

async function work(client: Client): Promise<void> {
  const { protocol } = client
  const lane = async (): Promise<void> => {
    while (client.sent < perClient) {
      if (random.next() < 0.03) await renew(client)
      // Nothing may come between this and what is sent then: another lane may begin the session anew.
      while (client.renewing) await client.renewing
      await callOnce(client)
    }
  }
  const mayImport = client.role !== 'reader'
  const lanes = Array.from({ length: atOnce }, lane)
  // What takes long goes on beside all the others, and ends with the session; so those that begin anew have none.
  if (mayImport && client.number % 2 === 0) lanes.push(importOnce(client))
  await Promise.all(lanes)
  await protocol.tell('notifications/roots/list_changed')
}

async function renew(client: Client): Promise<void> {
  if (client.role !== 'reader' && client.number % 2 === 0) return
  while (client.renewing) await client.renewing
  renewed += 1
  for (const call of calls.values()) {
    if (call.client === client && call.isOpen) call.wasEnded = true
  }
  client.renewing = client.protocol.renew()
  await client.renewing
  client.renewing = null
}

async function callOnce(client: Client): Promise<void> {
  const call = send(client, ...anything(client), howOf(client))
  const { asked, how, number } = call
  if (how === 'cut') {
    // Half of them as soon as the stream has said how it can be had again, where it does.
    if (client.protocol.generation === '2025-11-25' && random.next() < 0.5) {
      await until('the stream begins', () => asked.canResume() || !call.isOpen, answerMs)
    } else await pause(random.below(30))
    asked.cut()
    if (asked.messages.length === 0 && asked.canResume() && !call.wasEnded) {
      await asked.ended
      call.wasResumed = true
      call.isOpen = true
      await within(client.protocol.resume(asked))
      call.isOpen = false
    }
  }
  if (how === 'cancelled') {
    await pause(random.below(10))
    const requestId = asked.id
    await client.protocol.tell('notifications/cancelled', {
      requestId,
      reason: canaryName(number),
    })
    await Promise.race([asked.ended, pause(500)])
    return
  }
  await within(asked.ended)
}

function within(work: Promise<unknown>): Promise<unknown> {
  return Promise.race([work, pause(answerMs, undefined, { ref: false })])
}

function howOf({ protocol }: Client): How {
  const chance = random.next()
  if (chance < 0.12) return protocol.generation.includes('SSE') ? 'cancelled' : 'cut'
  // A client of 2026-07-28 cancels by closing the connection.
  return chance < 0.15 && protocol.generation !== '2026-07-28' ? 'cancelled' : 'plain'
}

/** Method, parameters, and whether the answer names what was asked for. */
function anything(client: Client): [number, string, Params, boolean] {
  const number = canaryNumber(client.number, client.sent++)
  const name = canaryName(number)
  const tool = (tool: string, args: Params): [number, string, Params, boolean] => [
    number,
    'tools/call',
    { name: tool, arguments: args },
    true,
  ]
  switch (random.below(10)) {
    case 0:
      return tool('get_finding', { finding_id: name })
    case 1:
      return tool(`no_such_tool_${name}`, {})
    case 2:
      return [number, 'resources/read', { uri: `defectdojo://${name}` }, true]
    case 3:
      return [number, 'prompts/get', { name, arguments: {} }, true]
    case 4:
      return [number, 'tools/list', {}, false]
    case 5:
    case 6:
      return tool('get_product', { product_id: number })
    default:
      return tool('get_finding', { finding_id: number })
  }
}

function send(
  client: Client,
  number: number,
  method: string,
  params: Params,
  isNamed: boolean,
  how: How,
  meta?: Params,
): Call {
  const asked = client.protocol.ask(method, params, meta)
  const names = isNamed ? canaryName(number) : null
  const call: Call = {
    client,
    number,
    how,
    asked,
    names,
    wasResumed: false,
    isOpen: true,
    wasEnded: false,
  }
  calls.set(asked, call)
  void asked.ended.then(() => {
    call.isOpen = false
  })
  return call
}

/** An import that tells how far it is; it ends when its own client has heard of it. */
async function importOnce(client: Client): Promise<void> {
  const number = canaryNumber(client.number, 50_000)
  const name = canaryName(number)
  const args = { scan_type: name, content: name, file_name: 'a.json' }
  // Half of them use the same token.
  const progressToken = client.number % 4 === 0 ? 0 : name
  importsAsked += 1
  const call = send(
    client,
    number,
    'tools/call',
    { name: 'import_scan', arguments: args },
    true,
    'plain',
    { progressToken },
  )
  await within(call.asked.ended)
}

/** Judges a message where it arrives. */
function received(client: Client, message: Message, asked: Asked | undefined): void {
  const complain = (what: string): void => {
    wrong.push(
      `client ${client.number} (${client.protocol.generation}): ${what}: ${message.text.slice(0, 300)}`,
    )
  }
  if (clientsIn(message.text).some((number) => number !== client.number)) complain('for another')
  const call = asked && calls.get(asked)
  if (message.method !== undefined) {
    if (message.method !== 'notifications/progress') return
    const number = canaryNumber(client.number, 50_000)
    const token = message.params?.progressToken
    const own = [...calls.values()].some((each) => each.number === number && each.client === client)
    if (!own || (token !== 0 && token !== canaryName(number))) complain('progress of another call')
    if (call && call.number !== number) complain('progress in a stream that did not ask for it')
    progressed += 1
    upstream.release(number)
    return
  }
  // What was on its way when the session ended.
  if (call?.wasEnded && message.error?.code === sessionNotFound) return
  if (asked === undefined) complain('an answer that nobody waits for')
  else if (message.id !== asked.id) complain('an answer with another id')
  else if (call && call.names !== null && !message.text.includes(call.names)) {
    complain(`an answer without ${call.names}`)
  }
}

function judgeAnswers(seconds: number): void {
  const all = [...calls.values()]
  proof.check(
    'no answer, no error and no progress reached another client, or came in the place of another',
    wrong.length === 0,
    `${wrong.length} of ${all.length} calls, ${(all.length / seconds).toFixed(0)} a second${wrong[0] ? `; ${wrong[0]}` : ''}`,
  )
  const answersOf = ({ asked }: Call): number =>
    asked.messages.filter(({ method }) => method === undefined).length
  const due = all.filter(
    (call) => call.how === 'plain' && !(call.wasEnded && answersOf(call) === 0),
  )
  const once = due.filter((call) => answersOf(call) === 1)
  const missed = due.find((call) => answersOf(call) !== 1)
  proof.check(
    'every call that was not given up was answered once',
    once.length === due.length,
    `${once.length} of ${due.length}${missed ? `; ${answersOf(missed)} answers in ${missed.client.protocol.generation} to id ${missed.asked.id}, ${missed.names}` : ''}`,
  )
  const given = all.filter((call) => call.how !== 'plain')
  const twice = all.filter((call) => answersOf(call) > 1)
  proof.check(
    'and none twice, cut and cancelled ones included',
    twice.length === 0 && given.length > 0,
    `${given.filter(({ how }) => how === 'cut').length} cut, ${given.filter(({ how }) => how === 'cancelled').length} cancelled, ${all.length - due.length - given.length} ended with their session; sessions and streams began anew ${renewed} times`,
  )
  proof.check(
    'each import told its own client how far it was',
    progressed >= importsAsked && importsAsked > 0,
    `${progressed} notices for ${importsAsked} imports`,
  )
}

/** A stream that broke in a session can be had again, there and nowhere else. */
function judgeResumed(): void {
  const resumed = [...calls.values()].filter(({ wasResumed }) => wasResumed)
  const answered = resumed.filter(
    (call) => call.asked.messages.filter(({ method }) => method === undefined).length === 1,
  )
  const lost = resumed.filter((call) => !answered.includes(call))
  // The session may have ended meanwhile.
  const bad = lost.filter((call) => !call.wasEnded)
  proof.check(
    'what was cut in a session came when the client asked for the rest',
    bad.length === 0 && answered.length > 0,
    `${answered.length} of ${resumed.length}, ${lost.length - bad.length} ended with their session`,
  )
}

/** What the records say of who asked for what. */
function judgeTrail(installations: readonly Installation[], all: readonly Client[]): void {
  const byNumber = new Map(all.map((client) => [client.number, client]))
  let judged = 0
  const bad = installations.flatMap(({ auditFile }) =>
    recordsIn(auditFile)
      .filter(isTerminal)
      .filter((record) => {
        const params = record.request_params as Record<string, unknown> | undefined
        const id = params?.finding_id ?? params?.product_id
        if (typeof id !== 'number') return false
        judged += 1
        const client = byNumber.get(Math.floor(id / canaryNumber(1, 0)))
        const inSession = client?.protocol.generation !== '2026-07-28'
        return (
          client === undefined ||
          record.authenticated_caller_id !== client.role ||
          (record.session_id !== null) !== inSession
        )
      }),
  )
  proof.check(
    'and each record names the caller and the kind of client that asked',
    bad.length === 0 && judged > 0,
    `${judged - bad.length} of ${judged} records${bad[0] ? `; ${JSON.stringify(bad[0]).slice(0, 400)}` : ''}`,
  )
}
