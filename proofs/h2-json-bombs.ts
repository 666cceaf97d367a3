import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { choicesFrom } from './choices.js'
import {
  argumentBombs,
  type Bomb,
  inSession,
  type ListedTool,
  otherMethodBombs,
  plainBombs,
} from './json-bombs.js'
import { percentile, startProof } from './measure.js'
import { createPoster, messageIn, modernHeaders, modernMeta, type Poster } from './posting.js'
import { startProbedServer } from './probed-server.js'

// A body that costs more to read than to send holds everybody up. How long the server attends to nobody is measured inside it, and
// whether it answers at all from outside.

const proof = startProof('H2: no JSON body holds the server up, or kills it')
const random = choicesFrom(proof.random)
/**
 * 100 ms, and for a report the time that reading so many bytes takes. The short form runs where others run too, and only shows that
 * nothing is far from it.
 */
const maxStallMs = (bytes: number): number =>
  (100 + (bytes > smallBytes ? (bytes / 1_048_576) * 10 : 0)) * (proof.short ? 10 : 1)
/** What happens to a process by chance does not happen each time. */
const attempts = 3
const probeEveryMs = 10
const smallBytes = 262_144
const importBytes = proof.short ? 8 * 1_048_576 : 73_400_320

interface Stall {
  readonly what: string
  readonly stallMs: number
  readonly processorMs: number
  readonly statuses: readonly number[]
}

const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-h2-'))
const upstream = await startSink()
const server = await startProbedServer(folder, upstream.url, {}, '--max-old-space-size=256')
const { port, tokens } = server.installation
const poster = createPoster(port)
const probeAgent = new Agent({ keepAlive: true })
const health = watchHealth()
try {
  await bombs()
} finally {
  health.stop()
  probeAgent.destroy()
  poster.close()
  await server.kill()
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function bombs(): Promise<void> {
  await call('health_check')
  const idle = await idleStall()
  const plain = [...plainBombs(), ...otherMethodBombs()]
  const session = await openSession(poster, tokens.reader)
  const some = <T>(all: readonly T[], few: number, many: number): readonly T[] =>
    Array.from({ length: proof.short ? few : many }, () => random.pick(all))
  const ofArguments = argumentBombs(await listedTools())

  await judge(
    'a caller who may not import',
    idle,
    proof.short ? some(plain, 30, 0) : plain,
    smallBytes,
    (bomb) => modern(bomb, tokens.reader),
  )
  await judge('in a session', idle, some(plain.map(inSession), 10, 60), smallBytes, () => ({
    token: tokens.reader,
    headers: { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' },
  }))
  await judge('without a token', idle, some(plain, 5, 30), smallBytes, (bomb) => ({
    headers: modernHeaders(bomb.method, bomb.name),
  }))
  await judge('in every argument', idle, some(ofArguments, 40, 1_000), smallBytes, (bomb) =>
    modern(bomb, tokens.admin),
  )
  await judge('a caller who may import', idle, some(plain, 8, 30), importBytes, (bomb) =>
    modern(bomb, tokens.scanner),
  )
  const reports = ofArguments.filter(({ what }) => /^(re)?import_scan\.(content|file):/.test(what))
  await judge('reports', idle, some(reports, 8, 30), importBytes, (bomb) =>
    modern(bomb, tokens.scanner),
  )
  await together(plain)

  const { failed, times } = health.seen()
  proof.check(
    'the server answered every probe of its health, and still does',
    failed === 0 && (await server.ready()) === 200,
    `${times.length} probes, one each ${probeEveryMs} ms; the longest took ${Math.max(...times).toFixed(0)} ms, the median ${percentile(times, 0.5).toFixed(1)} ms`,
  )
  const complaints = server.complaints()
  proof.check(
    'and has nothing to complain of',
    complaints.length === 0,
    complaints[0]?.slice(0, 300) ?? 'heap of 256 MB',
  )
}

type Sending = { readonly token?: string; readonly headers: Readonly<Record<string, string>> }

function modern(bomb: Bomb, token: string): Sending {
  return { token, headers: modernHeaders(bomb.method, bomb.name) }
}

async function judge(
  who: string,
  idleMs: number,
  all: readonly Bomb[],
  bytes: number,
  sending: (bomb: Bomb) => Sending,
): Promise<void> {
  const stalls: Stall[] = []
  for (const bomb of all) stalls.push(await stallOf(bomb, bytes, sending(bomb)))
  const sorted = stalls.sort((one, other) => other.stallMs - one.stallMs)
  const [worst] = sorted
  const bad = stalls.filter(({ statuses }) =>
    statuses.some((status) => status < 200 || status > 499),
  )
  const worstMs = worst?.stallMs ?? Number.NaN
  proof.check(
    `${who}: each stall is at most ${maxStallMs(bytes).toFixed(0)} ms, and the answer no failure of ours`,
    worstMs <= maxStallMs(bytes) && bad.length === 0,
    `${stalls.length} bombs of ${(bytes / 1024).toFixed(0)} KiB; the worst ${worstMs.toFixed(1)} ms (${worst?.what}), ${(worstMs / idleMs).toFixed(1)} times the worst at idle${bad[0] ? `; ${bad[0].statuses.join()} for ${bad[0].what}` : ''}`,
  )
  proof.note(
    sorted
      .slice(0, 5)
      .map(
        (each) =>
          `${each.what.slice(0, 60)}: ${each.stallMs.toFixed(1)} ms, processor ${each.processorMs.toFixed(0)} ms, ${each.statuses.join()}`,
      )
      .join('; '),
  )
}

/** The shortest of the longest stalls of some attempts: the one that the bomb itself makes. */
async function stallOf(bomb: Bomb, bytes: number, sending: Sending): Promise<Stall> {
  const body = Buffer.from(bomb.body(bytes))
  const statuses: number[] = []
  let stallMs = Number.POSITIVE_INFINITY
  let processorMs = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < attempts && stallMs > maxStallMs(bytes) / 4; attempt++) {
    await server.inside('quick')
    const { status } = await poster.post({ ...sending, body }).catch(() => ({ status: 0 }))
    const seen = await server.inside('quick')
    // Who has no token may see the connection end first.
    if (status !== 0 || sending.token !== undefined) statuses.push(status)
    stallMs = Math.min(stallMs, seen.longestStallMs)
    processorMs = Math.min(processorMs, seen.processorMs)
  }
  return { what: bomb.what, stallMs, processorMs, statuses }
}

/** Of everybody at once, as large as they may be. */
async function together(all: readonly Bomb[]): Promise<void> {
  const sent = await Promise.all(
    Array.from({ length: 36 }, async (_, number) => {
      const bomb = random.pick(all)
      const [token, bytes] =
        number % 6 === 0 ? [tokens.scanner, importBytes] : [tokens.reader, smallBytes]
      const { status } = await poster
        .post({ ...modern(bomb, token), body: bomb.body(bytes) })
        .catch(() => ({ status: 0 }))
      return status
    }),
  )
  const busy = sent.filter((status) => status === 503).length
  const bad = sent.filter((status) => status >= 500 && status !== 503)
  proof.check(
    'of many at once none gets a failure of ours',
    bad.length === 0 && sent.length > 0,
    `${sent.length} bombs; ${busy} large ones were asked to come again, ${sent.filter((status) => status === 0).length} lost their connection`,
  )
}

/** The worst of some moments in which nothing happens but what measures. */
async function idleStall(): Promise<number> {
  const stalls: number[] = []
  for (let moment = 0; moment < 5; moment++) {
    await server.inside('quick')
    await pause(50)
    stalls.push((await server.inside('quick')).longestStallMs)
  }
  const { stallMs } = await stallOf(
    { what: 'a call', method: 'tools/list', body: () => requestOf('tools/list', {}) },
    0,
    { token: tokens.reader, headers: modernHeaders('tools/list') },
  )
  const worst = Math.max(...stalls)
  proof.note(
    `at idle the longest stall is ${worst.toFixed(1)} ms (median ${percentile(stalls, 0.5).toFixed(1)}), with tools/list ${stallMs.toFixed(1)} ms`,
  )
  return worst
}

function requestOf(method: string, params: Record<string, unknown>): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: modernMeta } })
}

async function call(name: string): Promise<void> {
  await poster.post({
    token: tokens.reader,
    headers: modernHeaders('tools/call', name),
    body: requestOf('tools/call', { name, arguments: {} }),
  })
}

async function listedTools(): Promise<readonly ListedTool[]> {
  const { text } = await poster.post({
    token: tokens.admin,
    headers: modernHeaders('tools/list'),
    body: requestOf('tools/list', {}),
  })
  const result = messageIn(text)?.result as { tools: ListedTool[] } | undefined
  return result?.tools ?? []
}

async function openSession(client: Poster, token: string): Promise<string> {
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'proof', version: '1' },
  }
  const { headers } = await client.post({
    token,
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
  })
  return String(headers['mcp-session-id'])
}

/** Asks for its health all the time. */
function watchHealth() {
  const times: number[] = []
  let failed = 0
  let waiting = 0
  const timer = setInterval(async () => {
    // A probe behind others says nothing that they do not say.
    if (waiting > 20) return
    waiting += 1
    const startedAt = performance.now()
    const status = await statusOf('/livez')
    waiting -= 1
    if (status === 200) times.push(performance.now() - startedAt)
    else failed += 1
  }, probeEveryMs)
  return { seen: () => ({ failed, times }), stop: () => clearInterval(timer) }
}

function statusOf(path: string): Promise<number> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path, agent: probeAgent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    }).on('error', () => resolve(0))
  })
}

/** A DefectDojo that takes everything and says little. */
async function startSink(): Promise<{ url: string; close(): Promise<void> }> {
  const sink = createServer((incoming, outgoing) => {
    incoming.resume().on('end', () => {
      outgoing.writeHead(incoming.method === 'POST' ? 201 : 200, {
        'content-type': 'application/json',
      })
      outgoing.end('{"count": 0, "next": null, "previous": null, "results": []}')
    })
  }).listen(0, '127.0.0.1')
  await once(sink, 'listening')
  return {
    url: `http://127.0.0.1:${(sink.address() as AddressInfo).port}`,
    async close() {
      sink.closeAllConnections()
      sink.close()
      await once(sink, 'close')
    },
  }
}
