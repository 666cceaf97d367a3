import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './audited-server.js'
import { choicesFrom } from './choices.js'
import { fuzzedMessages } from './fuzzed-messages.js'
import { percentile, startProof } from './measure.js'
import {
  createPoster,
  modernHeaders,
  modernMeta,
  type Post,
  type Posted,
  type Poster,
} from './posting.js'
import { type ProbedServer, startProbedServer } from './probed-server.js'
import { rawExchange, rawRequest } from './raw-http.js'
import { startRecordingUpstream } from './recording-upstream.js'

// Bodies of every generation, damaged in their bytes and in their structure, and pieces of requests. Whatever comes, it is answered or
// refused, and the server goes on as before.

const proof = startProof('H1: no malformed body or request breaks the server')
const random = choicesFrom(proof.random)
const bodies = proof.short ? 1_000 : 20_000
const fragments = proof.short ? 200 : 2_000
const lanes = 12
const maxGrowth = 50 * 1_048_576
const revisions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']

interface Seen {
  readonly times: number[]
  readonly statuses: Map<number, number>
  /** What came back that must not, and what it answered. */
  readonly bad: string[]
}

const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-h1-'))
const upstream = await startRecordingUpstream()
try {
  const http = await startProbedServer(mkdtempSync(join(folder, 'http-')), upstream.url)
  const sse = await startProbedServer(mkdtempSync(join(folder, 'sse-')), upstream.url, {
    MCP_TRANSPORT: 'sse',
  })
  await malformed(http, sse)
} finally {
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function malformed(http: ProbedServer, sse: ProbedServer): Promise<void> {
  const poster = createPoster(http.installation.port)
  const olderPoster = createPoster(sse.installation.port)
  const stream = await openStream(sse)
  await sendAll(200, () => poster.post(goodPost(http)))
  const baseline = await sendAll(Math.floor(bodies / 5), () => poster.post(goodPost(http)))
  // Warm: what a server keeps of what is malformed it keeps once.
  const nextPost = postsTo(http, poster)
  await sendAll(Math.floor(bodies / 4), nextPost)
  const before = await http.inside()
  const health = watchHealth(http)

  const seen = await sendAll(Math.floor(bodies * 0.85), nextPost)
  const older = await sendAll(Math.floor(bodies * 0.15), () =>
    olderPoster.post({
      path: stream.path,
      token: sse.installation.tokens.admin,
      body: fuzzedMessages(random, false).body().bytes,
    }),
  )
  judgeBodies('/mcp', seen)
  judgeBodies('/messages/ of the older transport', older)
  const answered = await sendFragments([http, sse])
  proof.check(
    'no piece of a request is answered with a failure of ours',
    answered.bad.length === 0,
    `${fragments} pieces; ${counts(answered.statuses)}${answered.bad[0] ? `; ${answered.bad[0]}` : ''}`,
  )

  const { failed, asked } = health.stop()
  const [httpReady, sseReady] = [await http.ready(), await sse.ready()]
  proof.check(
    'health was answered all the time, and is',
    failed === 0 && httpReady === 200 && sseReady === 200,
    `${asked} probes, ${failed} failed`,
  )
  const after = await http.inside()
  const growth = after.rss - before.rss
  proof.check(
    `the process has grown by at most ${maxGrowth / 1_048_576} MiB`,
    growth <= maxGrowth,
    `${(growth / 1_048_576).toFixed(1)} MiB, heap ${((after.heapUsed - before.heapUsed) / 1_048_576).toFixed(1)} MiB`,
  )
  const [usual, worst] = [percentile(baseline.times, 0.99), percentile(seen.times, 0.99)]
  const ratio = worst / usual
  proof.check(
    `the 99th percentile is ${proof.short ? 'at most 10 times that' : 'at most 50 ms, or 3 times that'} of good requests`,
    proof.short ? ratio <= 10 : worst <= 50 || ratio <= 3,
    `${worst.toFixed(1)} ms and ${usual.toFixed(1)} ms, ${ratio.toFixed(2)} times; medians ${percentile(seen.times, 0.5).toFixed(1)} and ${percentile(baseline.times, 0.5).toFixed(1)} ms`,
  )
  poster.close()
  olderPoster.close()
  stream.close()
  const complaints = [...http.complaints(), ...sse.complaints()]
  const statuses = [await http.stop(), await sse.stop()]
  proof.check(
    'nothing was thrown that nobody caught, and both end in order',
    complaints.length === 0 && statuses.join() === '0,0',
    complaints[0]?.slice(0, 400) ?? `exit ${statuses.join(' and ')}`,
  )
}

function judgeBodies(where: string, { times, statuses, bad }: Seen): void {
  proof.check(
    `${where}: no body is answered with a failure of ours, or not at all`,
    bad.length === 0 && times.length > 0,
    `${times.length} bodies; ${counts(statuses)}${bad[0] ? `; ${bad.length} of them ${bad[0]}` : ''}`,
  )
}

/** Bodies of both generations, half of them in sessions that are opened anew whenever one has ended. */
function postsTo({ installation }: ProbedServer, poster: Poster): () => Promise<Posted> {
  const { tokens } = installation
  const modern = fuzzedMessages(random, true)
  const legacy = fuzzedMessages(random, false)
  const sessions = new Map<string, Promise<string>>()
  const openSession = async (revision: string): Promise<string> => {
    const { headers } = await poster.post({ token: tokens.admin, body: initialize(revision) })
    return String(headers['mcp-session-id'])
  }
  return async () => {
    const token = random.pick([tokens.admin, tokens.admin, tokens.writer, tokens.reader])
    if (random.next() < 0.5) {
      const { bytes, method, name } = modern.body()
      const headers = modernHeaders(method, name && headerText(name))
      if (random.next() < 0.1) {
        headers[
          random.pick([
            'mcp-protocol-version',
            'mcp-method',
            'mcp-name',
            'accept',
            'mcp-session-id',
          ])
        ] = headerText(modern.text()).slice(0, 120)
      }
      return poster.post({ token, headers, body: bytes })
    }
    const revision = random.pick(revisions)
    const session = await (sessions.get(revision) ?? openSession(revision))
    sessions.set(revision, Promise.resolve(session))
    const headers = {
      'mcp-session-id': session,
      ...(random.next() < 0.7 && { 'mcp-protocol-version': revision }),
    }
    const posted = await poster.post({ token: tokens.admin, headers, body: legacy.body().bytes })
    if (posted.status === 404) sessions.delete(revision)
    return posted
  }
}

function initialize(protocolVersion: string): string {
  return JSON.stringify({
    ...{ jsonrpc: '2.0', id: 0, method: 'initialize' },
    params: { protocolVersion, capabilities: {}, clientInfo: { name: 'proof', version: '1' } },
  })
}

function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '').trim()
}

function goodPost({ installation }: ProbedServer): Post {
  const [method, name] = random.pick([
    ['tools/list', undefined],
    ['tools/call', 'get_finding'],
    ['tools/call', 'list_products'],
  ] as const)
  return {
    token: installation.tokens.reader,
    headers: modernHeaders(method, name),
    body: JSON.stringify({
      ...{ jsonrpc: '2.0', id: 1, method },
      params: {
        ...(name !== undefined && {
          name,
          arguments: name === 'get_finding' ? { finding_id: 1 } : {},
        }),
        _meta: modernMeta,
      },
    }),
  }
}

async function sendAll(count: number, send: () => Promise<Posted>): Promise<Seen> {
  const seen: Seen = { times: [], statuses: new Map(), bad: [] }
  let left = count
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const posted = await send().catch((error: Error) => ({
        status: 0,
        text: error.message,
        elapsedMs: 0,
      }))
      seen.times.push(posted.elapsedMs)
      note(seen, posted.status)
      if (posted.status < 200 || posted.status >= 500) {
        seen.bad.push(`${posted.status}: ${posted.text.slice(0, 200)}`)
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return seen
}

/** Requests of which a piece is missing, doubled or wrong, from the first line to the end of the body. */
async function sendFragments(servers: readonly ProbedServer[]): Promise<Seen> {
  const seen: Seen = { times: [], statuses: new Map(), bad: [] }
  const { damageBytes, body } = fuzzedMessages(random, true)
  let left = fragments
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const { installation } = random.pick(servers)
      const { bytes, method, name } = body()
      const text = rawRequest(
        random.pick([
          'POST /mcp HTTP/1.1',
          'GET /sse HTTP/1.1',
          'POST /messages/ HTTP/1.1',
          'DELETE /mcp HTTP/1.1',
        ]),
        [
          ['Host', '127.0.0.1'],
          ['Authorization', `Bearer ${installation.tokens.admin}`],
          ['Accept', 'application/json, text/event-stream'],
          ['Content-Type', 'application/json'],
          ...Object.entries(modernHeaders(method, name && headerText(name))),
          random.next() < 0.5
            ? (['Content-Length', String(bytes.length)] as const)
            : (['Transfer-Encoding', 'chunked'] as const),
        ],
        bytes.toString('latin1'),
      )
      const damaged = damageBytes(damageBytes(Buffer.from(text, 'latin1')))
      const { statuses, received } = await rawExchange(installation.port, damaged, {
        ...{ silentMs: 60, quietMs: 20 },
        leave: random.next() < 0.3,
      })
      for (const status of statuses) note(seen, status)
      if (statuses.some((status) => status >= 500)) seen.bad.push(received.slice(0, 300))
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return seen
}

/** A client of the older transport that listens to its stream and does not look at it. */
async function openStream({
  installation,
}: ProbedServer): Promise<{ path: string; close(): void }> {
  let path = ''
  const sent = get({
    ...{ host: '127.0.0.1', port: installation.port, path: '/sse' },
    headers: { authorization: `Bearer ${installation.tokens.admin}`, accept: 'text/event-stream' },
  })
  sent.on('error', () => {})
  sent.on('response', (response) => {
    response.setEncoding('utf8').on('data', (text: string) => {
      path ||= /^data: (\/messages\/\S+)$/m.exec(text)?.[1] ?? ''
    })
  })
  await until('the stream names its address', () => path !== '')
  return { path, close: () => void sent.destroy() }
}

function watchHealth(server: ProbedServer) {
  let asked = 0
  let failed = 0
  let over = false
  const watching = (async () => {
    while (!over) {
      asked += 1
      if ((await server.ready()) !== 200) failed += 1
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })()
  return {
    stop() {
      over = true
      void watching
      return { asked, failed }
    },
  }
}

function note({ statuses }: Seen, status: number): void {
  statuses.set(status, (statuses.get(status) ?? 0) + 1)
}

function counts(statuses: ReadonlyMap<number, number>): string {
  return [...statuses]
    .sort(([one], [other]) => one - other)
    .map(([status, count]) => `${status}: ${count}`)
    .join(', ')
}
