import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type AuditRecord,
  type Installation,
  isTerminal,
  prepareServer,
  recordsIn,
  startServer,
  until,
} from './audited-server.js'
import { choicesFrom } from './choices.js'
import { startProof } from './measure.js'
import {
  createPoster,
  modernHeaders,
  modernMeta,
  type Post,
  type Posted,
  type Poster,
} from './posting.js'
import { type InsideView, startProbedServer } from './probed-server.js'
import { type RecordingUpstream, startRecordingUpstream } from './recording-upstream.js'

// A session id is no key: without the token that opened the session it opens nothing, and when its session has ended it opens nothing to
// anybody. To ask for what is not there leaves nothing behind.

const proof = startProof(
  'M8: no session is served to anybody but its owner, and none that has ended',
)
const random = choicesFrom(proof.random)
const tries = proof.short ? 300 : 5_000
const maxSessions = 50
const lanes = 8
/** What a try may leave in the heap, less than an id that is remembered, and what the heap changes by anyway. */
const maxBytesPerTry = 128
const anyhowBytes = 65_536
const rounds = 8
const warmUp = 2_000
const maxGrowth = anyhowBytes + tries * maxBytesPerTry
/** Findings that only a session that must not be served could touch. */
const firstForbidden = 1_000_000
const revision = '2025-11-25'

const initialize = JSON.stringify({
  ...{ jsonrpc: '2.0', id: 0, method: 'initialize' },
  params: {
    protocolVersion: revision,
    capabilities: {},
    clientInfo: { name: 'proof', version: '1' },
  },
})

interface Id {
  readonly kind: 'fabricated' | 'foreign' | 'ended' | 'pushed out'
  readonly id: string
  readonly token: string
}

interface Tried {
  readonly kind: Id['kind']
  readonly what: string
  readonly answer: Posted
}

interface Owned {
  readonly id: string
  readonly token: string
  /** Of something that was sent in it. */
  readonly eventId: string
}

let forbidden = firstForbidden
const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-m8-'))
const upstream = await startRecordingUpstream()
try {
  await Promise.all([
    streamable(upstream),
    olderTransport(),
    timed('streamable-http'),
    timed('sse'),
  ])
  const touched = upstream.writes.filter(({ findingId }) => findingId >= firstForbidden)
  proof.check('DefectDojo was changed by none of it', touched.length === 0, touched.length)
} finally {
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function streamable(behind: RecordingUpstream): Promise<void> {
  const other = `other-${randomUUID()}`
  const server = await startProbedServer(mkdtempSync(join(folder, 'http-')), behind.url, {
    MCP_MAX_SESSIONS: String(maxSessions),
    MCP_ROLE_OTHER: `${other}:reader`,
  })
  const { port, tokens, auditFile } = server.installation
  const poster = createPoster(port)
  const writer = await openSession(poster, tokens.writer)
  const reader = await openSession(poster, tokens.reader)
  for (const finding_id of [11, 12, 13]) await call(poster, writer, 'get_finding', { finding_id })
  const ended = await Promise.all(
    Array.from({ length: 10 }, () => endedSession(poster, tokens.admin)),
  )
  const anyId = (): Id => {
    const chance = random.next()
    const token = random.pick([tokens.admin, tokens.writer, tokens.scanner, tokens.reader])
    if (chance < 0.4) return { kind: 'fabricated', id: fabricated(writer.id), token }
    if (chance < 0.7) {
      // Also of somebody with the same role.
      const owned = random.pick([writer, reader])
      const others = [
        tokens.admin,
        tokens.scanner,
        other,
        owned === reader ? tokens.writer : tokens.reader,
      ]
      return { kind: 'foreign', id: owned.id, token: random.pick(others) }
    }
    return { kind: 'ended', id: random.pick(ended), token: tokens.admin }
  }
  const once = (): Promise<Tried> => tryOnce(poster, anyId(), random.pick([writer, reader]))

  const sessionsBefore = await sessionCount(port)
  const { tried, growth } = await inRounds(tries, once, () => server.inside())
  judgeTries('/mcp', tried)
  const sessions = await sessionCount(port)
  proof.check(
    '/mcp: nothing of it stays, neither sessions nor memory',
    sessions === sessionsBefore && growth <= maxGrowth,
    `${sessionsBefore} sessions before and ${sessions} after, ${growth} bytes of heap in ${tries} tries`,
  )

  await call(poster, writer, 'add_finding_note', { finding_id: 21, entry: 'of the owner' })
  const again = await openSession(poster, tokens.admin)
  await call(poster, again, 'add_finding_note', { finding_id: 22, entry: 'of who begins anew' })
  const modern = await poster.post({
    token: tokens.reader,
    headers: { ...modernHeaders('tools/call', 'get_finding'), 'mcp-session-id': writer.id },
    body: message('tools/call', {
      name: 'get_finding',
      arguments: { finding_id: 23 },
      _meta: modernMeta,
    }),
  })
  await pushedOut(poster, tokens, { reader, writer })
  poster.close()
  const status = await server.stop()
  const complaints = server.complaints()
  judgeTrail(recordsIn(auditFile), { writer, reader, again, modern })
  proof.check(
    '/mcp: the server has nothing to complain of, and ends in order',
    status === 0 && complaints.length === 0,
    complaints[0]?.slice(0, 300),
  )
}

function judgeTries(where: string, tried: readonly Tried[]): void {
  for (const kind of ['fabricated', 'foreign', 'ended'] as const) {
    const all = tried.filter((each) => each.kind === kind)
    const served = all.filter(({ answer }) => !isRefused(answer))
    proof.check(
      `${where}: no ${kind} session is served`,
      served.length === 0 && all.length > 0,
      `${all.length - served.length} of ${all.length} refused${served[0] ? `; ${served[0].what}: ${served[0].answer.status} ${served[0].answer.text.slice(0, 200)}` : ''}`,
    )
  }
}

/** One that never was is called by no name it could not have: too long, or no UUID on the older transport. */
function isRefused({ status, headers }: Posted): boolean {
  return (status === 404 || status === 400) && headers['content-type'] !== 'text/event-stream'
}

function judgeTrail(
  records: readonly AuditRecord[],
  sessions: { writer: Owned; reader: Owned; again: Owned; modern: Posted },
): void {
  const ends = records.filter(isTerminal)
  const idOf = (record: AuditRecord): unknown =>
    (record.request_params as Record<string, unknown> | undefined)?.finding_id
  const touched = ends.filter((record) => Number(idOf(record)) >= firstForbidden)
  proof.check(
    'no call came of any of them',
    touched.length === 0,
    `${touched.length} of ${ends.length} records`,
  )
  const [owner, anew, stateless] = [21, 22, 23].map((id) =>
    ends.find((record) => idOf(record) === id),
  )
  const read = JSON.stringify(owner?.findings_read_before_mutation)
  proof.check(
    'the owner goes on in the session, which has read what the owner has read in it',
    owner?.outcome === 'success' &&
      owner.session_id === sessions.writer.id &&
      read === '[11,12,13]',
    `findings read: ${read}`,
  )
  proof.check(
    'who begins anew has read nothing yet',
    anew?.outcome === 'success' &&
      anew.session_id === sessions.again.id &&
      anew.findings_read_count === 0,
    `findings read: ${JSON.stringify(anew?.findings_read_before_mutation)}`,
  )
  proof.check(
    'a request of 2026-07-28 has no session, whatever its headers say',
    sessions.modern.status === 200 && stateless?.session_id === null,
  )
}

/** Whoever opens too many loses his own, from the oldest on. */
async function pushedOut(
  poster: Poster,
  tokens: Installation['tokens'],
  { reader, writer }: { reader: Owned; writer: Owned },
): Promise<void> {
  const opened: Owned[] = []
  for (let count = 0; count < maxSessions + 10; count++) {
    opened.push(await openSession(poster, tokens.scanner))
  }
  const out = opened.slice(0, 10)
  const tried = await Promise.all(
    out.map(({ id, token }) => tryOnce(poster, { kind: 'pushed out', id, token }, reader)),
  )
  const served = tried.filter(({ answer }) => answer.status !== 404)
  proof.check(
    'a session that was pushed out is served to nobody, its owner included',
    served.length === 0,
    `${tried.length - served.length} of ${tried.length}`,
  )
  const alive = [...opened.slice(-30), reader, writer]
  const answers = await Promise.all(alive.map((owned) => call(poster, owned, 'health_check', {})))
  const served200 = answers.filter(({ status }) => status === 200)
  proof.check(
    'those that were not, and those of others, are',
    served200.length === alive.length,
    `${served200.length} of ${alive.length}`,
  )
}

/** So many tries several times, and by how much the heap grew in most rounds: what stays, stays each time. */
async function inRounds(
  count: number,
  once: () => Promise<Tried>,
  inside: () => Promise<InsideView>,
): Promise<{ tried: Tried[]; growth: number }> {
  // Until the code is compiled, each round leaves something of it.
  const tried = await many(Math.max(count, warmUp), once)
  // What is cleaned up after a collection of garbage is only seen to be gone by the next.
  const heapUsed = async (): Promise<number> => {
    await inside()
    return (await inside()).heapUsed
  }
  const growths: number[] = []
  for (let round = 1; round < rounds; round++) {
    const before = await heapUsed()
    tried.push(...(await many(count, once)))
    growths.push((await heapUsed()) - before)
  }
  growths.sort((one, other) => one - other)
  return { tried, growth: growths[Math.floor(growths.length / 2)] ?? 0 }
}

async function many(count: number, once: () => Promise<Tried>): Promise<Tried[]> {
  const tried: Tried[] = []
  let left = count
  const lane = async (): Promise<void> => {
    while (left-- > 0) tried.push(await once())
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return tried
}

/** Every way to use a session; `real` is one that there is, whose events somebody else may ask for. */
async function tryOnce(poster: Poster, { kind, id, token }: Id, real: Owned): Promise<Tried> {
  const finding_id = forbidden++
  const [what, post] = random.pick<readonly [string, Post]>([
    ['a read', { body: toolCall('get_finding', { finding_id }) }],
    ['a change', { body: toolCall('add_finding_note', { finding_id, entry: 'x' }) }],
    ['tools/list', { body: message('tools/list', {}) }],
    ['initialize', { body: initialize }],
    [
      'a notification',
      { body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }) },
    ],
    ['an answer', { body: JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} }) }],
    ['a stream', { method: 'GET' }],
    ['the rest of a stream', { method: 'GET', headers: { 'last-event-id': real.eventId } }],
    ['its end', { method: 'DELETE' }],
  ])
  const headers = {
    'mcp-session-id': id,
    ...(random.next() < 0.8 && { 'mcp-protocol-version': revision }),
    ...post.headers,
  }
  return {
    kind,
    what: `${what} with ${id}`,
    answer: await poster.post({ ...post, token, headers }),
  }
}

/** Ids that nobody was given; some of them look like `real`. */
function fabricated(real: string): string {
  const plain = randomUUID().replaceAll('-', '')
  return random.pick(
    [
      ...[
        plain,
        randomUUID(),
        plain.toUpperCase(),
        '0'.repeat(32),
        'f'.repeat(32),
        '1',
        'a',
        '*',
        '.',
        'null',
      ],
      ...[
        'undefined',
        '__proto__',
        'constructor',
        'toString',
        'hasOwnProperty',
        '[object Object]',
        '../..',
        '%00',
      ],
      ...[
        real.toUpperCase(),
        `${real}0`,
        real.slice(0, -1),
        `${real},${real}`,
        `${real} ${plain}`,
        `"${real}"`,
      ],
      ...[
        `${real};`,
        `${real}%20`,
        `0${real.slice(1)}`,
        [...real].reverse().join(''),
        'a'.repeat(128),
        'a'.repeat(129),
      ],
      real.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    ].filter((id) => id !== real),
  )
}

function sessionHeaders(id: string): Record<string, string> {
  return { 'mcp-session-id': id, 'mcp-protocol-version': revision }
}

async function openSession(poster: Poster, token: string): Promise<Owned> {
  const { headers } = await poster.post({ token, body: initialize })
  const id = String(headers['mcp-session-id'])
  const notification = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })
  await poster.post({ token, headers: sessionHeaders(id), body: notification })
  const { text } = await call(poster, { id, token, eventId: '' }, 'health_check', {})
  return { id, token, eventId: /^id: (\S+)$/m.exec(text)?.[1] ?? 'none' }
}

async function endedSession(poster: Poster, token: string): Promise<string> {
  const { id } = await openSession(poster, token)
  await call(poster, { id, token, eventId: '' }, 'get_finding', { finding_id: 31 })
  await poster.post({ method: 'DELETE', token, headers: sessionHeaders(id) })
  return id
}

function call(poster: Poster, { id, token }: Owned, tool: string, args: object): Promise<Posted> {
  return poster.post({ token, headers: sessionHeaders(id), body: toolCall(tool, args) })
}

async function sessionCount(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return [...text.matchAll(/^mcp_defectdojo_sessions\{[^}]*\} (\d+)$/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  )
}

/** The same with the older transport, whose ids stand in the address. */
async function olderTransport(): Promise<void> {
  const server = await startProbedServer(mkdtempSync(join(folder, 'sse-')), upstream.url, {
    MCP_TRANSPORT: 'sse',
  })
  const { tokens, auditFile } = server.installation
  const poster = createPoster(server.installation.port)
  const owner = await openStream(server.installation, tokens.writer)
  const ended = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const stream = await openStream(server.installation, tokens.admin)
      stream.close()
      return stream.id
    }),
  )
  await until(
    'streams that were closed are gone',
    async () => (await sessionCount(server.installation.port)) === 1,
  )
  const once = async (): Promise<Tried> => {
    const chance = random.next()
    const [kind, id, token] =
      chance < 0.4
        ? (['fabricated', fabricated(owner.id), tokens.writer] as const)
        : chance < 0.7
          ? ([
              'foreign',
              owner.id,
              random.pick([tokens.admin, tokens.scanner, tokens.reader]),
            ] as const)
          : (['ended', random.pick(ended), tokens.admin] as const)
    const body = toolCall('add_finding_note', { finding_id: forbidden++, entry: 'x' })
    const name = random.pick(['sessionId', 'session_id'])
    const path = `/messages/?${name}=${encodeURIComponent(id)}`
    return { kind, what: path, answer: await poster.post({ path, token, body }) }
  }

  const { tried, growth } = await inRounds(tries, once, () => server.inside())
  judgeTries('/messages/', tried)
  const sessions = await sessionCount(server.installation.port)
  proof.check(
    '/messages/: nothing of it stays, neither sessions nor memory',
    sessions === 1 && growth <= maxGrowth,
    `${sessions} session, ${growth} bytes of heap in ${tries} tries`,
  )
  const body = toolCall('add_finding_note', { finding_id: 41, entry: 'of the owner' })
  const { status } = await poster.post({ path: owner.path, token: tokens.writer, body })
  const done = (): boolean => upstream.writes.some(({ findingId }) => findingId === 41)
  await until('the owner is answered', () => done() && owner.heard().includes('"id":1'))
  proof.check(
    '/messages/: the owner goes on, and the stream brought nothing that the owner did not ask for',
    status === 202 && owner.heard().match(/^data: \{/gm)?.length === 1,
  )
  owner.close()
  poster.close()
  await server.stop()
  const ends = recordsIn(auditFile).filter(isTerminal)
  proof.check('/messages/: no other call came of it', ends.length === 1, `${ends.length} record`)
}

interface Stream {
  readonly id: string
  readonly path: string
  /** All that came. */
  heard(): string
  close(): void
}

async function openStream({ port }: Installation, token: string): Promise<Stream> {
  let heard = ''
  const sent = get({
    ...{ host: '127.0.0.1', port, path: '/sse' },
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
  })
  sent.on('error', () => {})
  sent.on('response', (response) => {
    response.on('error', () => {})
    response.setEncoding('utf8').on('data', (text: string) => {
      heard += text
    })
  })
  const path = (): string => /^data: (\/messages\/\S+)$/m.exec(heard)?.[1] ?? ''
  await until('the stream names its address', () => path() !== '')
  return {
    id: path().split('=')[1] ?? '',
    path: path(),
    heard: () => heard,
    close: () => void sent.destroy(),
  }
}

/** Sessions that nobody uses for a second, or that are three seconds old. */
async function timed(transport: 'streamable-http' | 'sse'): Promise<void> {
  const installation = await prepareServer(mkdtempSync(join(folder, 'timed-')), upstream.url, {
    ...{
      MCP_TRANSPORT: transport,
      MCP_SESSION_IDLE_SECONDS: '1',
      MCP_SESSION_MAX_AGE_SECONDS: '3',
    },
  })
  const server = await startServer(installation)
  const { port, tokens } = installation
  const poster = createPoster(port)
  const open = async (): Promise<() => Promise<number>> => {
    const body = toolCall('get_finding', { finding_id: 51 })
    if (transport === 'sse') {
      const { path, heard } = await openStream(installation, tokens.reader)
      const answers = (): number => heard().match(/^data: \{/gm)?.length ?? 0
      return async () => {
        const before = answers()
        const { status } = await poster.post({ path, token: tokens.reader, body })
        // A session is idle from the answer on, which comes after the 202.
        if (status === 202) await until('the call is answered', () => answers() > before)
        return status
      }
    }
    const owned = await openSession(poster, tokens.reader)
    return async () => (await call(poster, owned, 'get_finding', { finding_id: 51 })).status
  }
  const good = transport === 'sse' ? 202 : 200

  const idle = async (): Promise<void> => {
    const use = await open()
    const used = await use()
    await pause(1_100)
    const statuses = [await use(), await use()]
    proof.check(
      `${transport}: a session that was idle is served no more`,
      used === good && statuses.join() === '404,404',
      `${used}, then ${statuses.join()}`,
    )
  }
  const old = async (): Promise<void> => {
    const openedAt = performance.now()
    const use = await open()
    let served = 0
    const status = async (): Promise<boolean> => {
      const is = await use()
      if (is === good) served += 1
      return is === 404
    }
    await until('the session is too old', status, 15_000).catch(() => {})
    const seconds = (performance.now() - openedAt) / 1000
    const statuses = [await use(), await use()]
    proof.check(
      `${transport}: a session that is too old is served no more, however much it was used`,
      served > 1 && seconds >= 3 && statuses.join() === '404,404',
      `served ${served} times in ${seconds.toFixed(1)} s, then ${statuses.join()}`,
    )
  }
  await Promise.all([idle(), old()])
  poster.close()
  const status = await server.stop()
  proof.check(`${transport}: that server ends in order`, status === 0)
}

function message(method: string, params: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
}

function toolCall(name: string, args: object): string {
  return message('tools/call', { name, arguments: args })
}
