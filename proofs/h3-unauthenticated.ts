import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './audited-server.js'
import { startProof } from './measure.js'
import { type InsideView, type ProbedServer, startProbedServer } from './probed-server.js'
import { type RawExchange, type RawHeader, rawExchange, rawRequest } from './raw-http.js'
import { startRecordingUpstream } from './recording-upstream.js'

// Whoever has no token can send as much as he likes. The server must not take it: what it has read from each socket is counted inside.

const proof = startProof('H3: without a valid token nothing is read but the head')
const each = proof.short ? 100 : 1_000
const bodyBytes = 4 * 1_048_576
const lanes = 8
const maxTaken = 65_536
const maxGrowth = 16 * 1_048_576
const piece = Buffer.alloc(65_536, '[{},')

interface Stranger {
  readonly what: string
  readonly status: number
  readonly headers: readonly RawHeader[]
  readonly path?: string
}

const nobody = `Bearer ${'n'.repeat(32)}`
const strangers: readonly Stranger[] = [
  { what: 'no token', status: 401, headers: [] },
  { what: 'a token nobody has', status: 401, headers: [['Authorization', nobody]] },
  { what: 'another scheme', status: 401, headers: [['Authorization', 'Basic YTpi']] },
  { what: 'two tokens', status: 400, headers: [...Array(2).fill(['Authorization', nobody])] },
  { what: 'a foreign origin', status: 403, headers: [['Origin', 'https://evil.example']] },
  { what: 'a foreign host', status: 403, headers: [['Host', 'evil.example']] },
  { what: 'a body on request', status: 401, headers: [['Expect', '100-continue']] },
  { what: 'no address', status: 404, headers: [], path: '/nowhere' },
  { what: 'an address that is none', status: 400, headers: [], path: '/%' },
]

const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-h3-'))
const upstream = await startRecordingUpstream()
try {
  await strangersAt('streamable-http', '/mcp')
  await strangersAt('sse', '/messages/?session_id=00000000000000000000000000000000')
} finally {
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function strangersAt(transport: string, path: string): Promise<void> {
  const own = mkdtempSync(join(folder, 'server-'))
  const server = await startProbedServer(own, upstream.url, { MCP_TRANSPORT: transport })
  // As much again before: what a server keeps of that it keeps once.
  await knock(server, path, each)
  const before = await whenAllHaveClosed(server, each)
  const startedAt = performance.now()
  const answers = await knock(server, path, each)
  const seconds = (performance.now() - startedAt) / 1000
  const after = await whenAllHaveClosed(server, each)
  const health = await server.ready()
  await server.stop()

  const wrong = answers.filter(
    ({ stranger, exchange }) =>
      exchange.statuses.join() !== String(stranger.status) || !exchange.closed,
  )
  const [example] = wrong
  proof.check(
    `${transport}: each gets its refusal, once, and the connection ends`,
    wrong.length === 0,
    `${answers.length - wrong.length} of ${answers.length}${example ? `; ${example.stranger.what}: ${example.exchange.statuses.join('+') || 'no answer'}` : ''}`,
  )
  const offered = (each * bodyBytes) / 1_048_576
  proof.check(
    `${transport}: at most ${maxTaken / 1024} KiB of any body is taken`,
    after.mostTaken <= maxTaken,
    `${after.mostTaken} bytes at most, head included; ${(after.taken / after.connections / 1024).toFixed(1)} KiB on average, of ${offered} MiB offered in ${seconds.toFixed(1)} s`,
  )
  const growth = after.rss - before.rss
  proof.check(
    `${transport}: and the process does not grow`,
    growth <= maxGrowth && health === 200,
    `${(growth / 1_048_576).toFixed(1)} MiB, heap ${((after.heapUsed - before.heapUsed) / 1_048_576).toFixed(1)} MiB`,
  )
}

/** A connection whose body was left unread is kept for a moment, so that its answer is not lost. */
async function whenAllHaveClosed(server: ProbedServer, count: number): Promise<InsideView> {
  let sum = await server.inside()
  await until('all connections have closed', async () => {
    if (sum.connections >= count) return true
    const { connections, taken, mostTaken, ...rest } = await server.inside()
    sum = {
      ...rest,
      connections: sum.connections + connections,
      taken: sum.taken + taken,
      mostTaken: Math.max(sum.mostTaken, mostTaken),
    }
    return false
  })
  return sum
}

interface Answer {
  readonly stranger: Stranger
  readonly exchange: RawExchange
}

/** So many requests of every kind in turn, with a length or in chunks, several at a time. */
async function knock(server: ProbedServer, path: string, count: number): Promise<Answer[]> {
  const answers: Answer[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    for (let number = next++; number < count; number = next++) {
      const stranger = strangers[number % strangers.length]
      if (stranger === undefined) return
      const inChunks = proof.random() < 0.5
      const exchange = await rawExchange(
        server.installation.port,
        headOf(stranger, path, inChunks),
        {
          flood: { piece: inChunks ? chunkOf(piece) : piece, bytes: bodyBytes },
          quietMs: 5_000,
        },
      )
      answers.push({ stranger, exchange })
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return answers
}

function headOf(stranger: Stranger, path: string, inChunks: boolean): string {
  const { headers } = stranger
  const host: RawHeader[] = headers.some(([name]) => name === 'Host') ? [] : [['Host', '127.0.0.1']]
  const length: RawHeader = inChunks
    ? ['Transfer-Encoding', 'chunked']
    : ['Content-Length', String(bodyBytes)]
  return rawRequest(`POST ${stranger.path ?? path} HTTP/1.1`, [
    ...host,
    ...headers,
    ['Content-Type', 'application/json'],
    ['Accept', 'application/json, text/event-stream'],
    length,
  ])
}

function chunkOf(bytes: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ])
}
