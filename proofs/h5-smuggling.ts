import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Installation, prepareServer, startServer } from './audited-server.js'
import { type FrontProxy, startHaproxy, startNginx } from './front-proxies.js'
import { startProof } from './measure.js'
import { type RawExchange, type RawHeader, rawExchange, rawRequest } from './raw-http.js'
import { type RecordingUpstream, startRecordingUpstream } from './recording-upstream.js'
import { type Ingredients, type SmugglingCase, smugglingCases } from './smuggling-table.js'
import { createToolClient, modernMeta } from './tool-calls.js'

// Each case is a call with a second, whole call hidden where only another reader would find one. Both would change a finding of their
// own, so DefectDojo tells which of them were carried out.

const proof = startProof('H5: no request is read in two ways, directly or behind nginx and haproxy')
const rounds = proof.short ? 1 : 5
const lanes = 12
/** What refuses a request as such. */
const refusals: ReadonlySet<number> = new Set([400, 431])

interface Sent {
  readonly each: SmugglingCase
  readonly outer: number
  readonly hidden: number
  readonly exchange: RawExchange
}

const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-h5-'))
const upstream = await startRecordingUpstream()
let nextFinding = 1
try {
  await Promise.all([directly(), through(startNginx), through(startHaproxy)])
} finally {
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function directly(): Promise<void> {
  const installation = await prepareServer(mkdtempSync(join(folder, 'direct-')), upstream.url)
  const server = await startServer(installation)
  const control = await twoRequests(installation.port, installation.tokens.writer)
  const sent = await sendAll(installation, installation.port)
  const alive = await server.ready()
  const status = await server.stop()
  const done = carriedOut(upstream)

  proof.check('two honest requests on one connection are both seen here', control)
  const refused = sent.filter(({ each }) => each.expected === 'refused')
  const notRefused = refused.filter(({ exchange }) => !isRefused(exchange))
  proof.check(
    'what can be read in two ways is answered 400 or 431, once or not at all, and the connection ends',
    notRefused.length === 0,
    `${refused.length - notRefused.length} of ${refused.length}${examples(notRefused)}`,
  )
  proof.note(statusCounts(sent))
  const ran = refused.filter(({ outer }) => done(outer) > 0)
  proof.check('and nothing of it is carried out', ran.length === 0, figure(refused, ran))
  const once = sent.filter(({ each }) => each.expected === 'once')
  const moreThanOnce = once.filter(
    ({ outer, exchange }) => done(outer) > 1 || exchange.statuses.length > 1,
  )
  proof.check(
    'what can be read in one way is answered once and carried out at most once',
    moreThanOnce.length === 0,
    `${once.length - moreThanOnce.length} of ${once.length}${examples(moreThanOnce)}`,
  )
  const found = sent.filter(({ hidden }) => done(hidden) > 0)
  proof.check('no hidden request is carried out', found.length === 0, figure(sent, found))
  proof.check('the server is ready, and ends in order', alive === 200 && status === 0)
}

async function through(
  start: (folder: string, target: number) => Promise<FrontProxy>,
): Promise<void> {
  const own = mkdtempSync(join(folder, 'proxied-'))
  const installation = await prepareServer(own, upstream.url, { MCP_TRUSTED_PROXIES: '127.0.0.1' })
  const server = await startServer(installation)
  const proxy = await start(own, installation.port)
  const behind = `behind ${proxy.name} ${proxy.version}`
  /** Null where all was well. */
  const victims: (Misfortune | null)[] = []
  let sent: Sent[]
  let handled: number
  try {
    const client = createToolClient(`http://127.0.0.1:${proxy.port}/mcp`)
    sent = await sendAll(installation, proxy.port, async () => {
      victims.push(await victimFails(client, installation.tokens.writer))
    })
    client.close()
    handled = await requestsTo(installation.port)
  } finally {
    await proxy.end()
  }
  await server.stop()
  const done = carriedOut(upstream)
  const passed = proxy.passedOn()
  const marks = new Set(passed.map(({ mark }) => mark))
  const found = sent.filter(({ hidden }) => done(hidden) > 0 && !marks.has(`hidden-${hidden}`))
  proof.check(
    `${behind}: no call is carried out that the proxy did not see as one`,
    found.length === 0,
    figure(sent, found),
  )
  const twice = sent.filter(({ outer, hidden }) => done(outer) > 1 || done(hidden) > 1)
  proof.check(`${behind}: none is carried out twice`, twice.length === 0, figure(sent, twice))
  proof.check(
    `${behind}: the server handled no more requests than were passed on`,
    handled <= passed.length,
    `${handled} of ${passed.length}`,
  )
  const unlucky = victims.filter((each) => each !== null)
  const harmed = unlucky.filter((each) => each.isHarmed)
  proof.check(
    `${behind}: no other client got another answer than its own, or its change more than once`,
    victims.length === sent.length && harmed.length === 0,
    `${harmed.length} of ${victims.length}${harmed.map(({ what }) => `; ${what}`).join('')}`,
  )
  // A connection that is ended because of what came on it must not meet the next request that the proxy has: it says 502, or ends.
  proof.check(
    `${behind}: and none of them has to try again`,
    unlucky.length === harmed.length,
    `${unlucky.length - harmed.length} of ${victims.length}`,
  )
  const refused = sent.filter(({ exchange }) => exchange.statuses.some((each) => each >= 400))
  const seenByProxy = sent.filter(({ hidden }) => marks.has(`hidden-${hidden}`))
  proof.note(
    `${sent.length} cases: ${refused.length} refused, ${sent.length - refused.length} otherwise; ${seenByProxy.length} that the proxy itself takes for two requests${examples(seenByProxy)}`,
  )
}

/** Every case, in an order made at random, several at a time; `between` follows each. */
async function sendAll(
  { tokens }: Installation,
  port: number,
  between: () => Promise<void> = async () => {},
): Promise<Sent[]> {
  const waiting = Array.from({ length: rounds }, () => smugglingCases)
    .flat()
    .map((each) => ({ each, order: proof.random() }))
    .sort((one, other) => one.order - other.order)
  const sent: Sent[] = []
  const lane = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { each } = next
      const [outer, hidden] = [nextFinding++, nextFinding++]
      const text = each.text(ingredientsOf(tokens.writer, outer, hidden))
      const exchange = await rawExchange(port, text, { silentMs: 2_000 })
      sent.push({ each, outer, hidden, exchange })
      await between()
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return sent
}

function ingredientsOf(token: string, outer: number, hidden: number): Ingredients {
  const inside = noteCall(token, hidden, `hidden-${hidden}`)
  const length: RawHeader = ['Content-Length', String(inside.body.length)]
  return {
    ...noteCall(token, outer, `outer-${outer}`),
    hidden: rawRequest('POST /mcp HTTP/1.1', [...inside.headers, length], inside.body),
  }
}

/** A call that adds a note to a finding that no other call names. */
function noteCall(token: string, finding_id: number, mark: string) {
  const tool = 'add_finding_note'
  const headers: RawHeader[] = [
    ['Host', '127.0.0.1'],
    ['X-Case', mark],
    ['Authorization', `Bearer ${token}`],
    ['Accept', 'application/json, text/event-stream'],
    ['Content-Type', 'application/json'],
    ['MCP-Protocol-Version', '2026-07-28'],
    ['Mcp-Method', 'tools/call'],
    ['Mcp-Name', tool],
  ]
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: finding_id,
    method: 'tools/call',
    params: {
      name: tool,
      arguments: { finding_id, entry: mark },
      _meta: modernMeta,
    },
  })
  return { headers, body }
}

/** Without this, that nothing hidden was carried out would say nothing. */
async function twoRequests(port: number, token: string): Promise<boolean> {
  const [outer, hidden] = [nextFinding++, nextFinding++]
  const { headers, body, hidden: second } = ingredientsOf(token, outer, hidden)
  const first = rawRequest(
    'POST /mcp HTTP/1.1',
    [...headers, ['Content-Length', String(body.length)]],
    body,
  )
  const { statuses } = await rawExchange(port, first + second, { quietMs: 2_000 })
  const done = carriedOut(upstream)
  return statuses.join() === '200,200' && done(outer) === 1 && done(hidden) === 1
}

interface Misfortune {
  readonly what: string
  /** False when the call was not carried out and its client was told so. */
  readonly isHarmed: boolean
}

/** What went wrong with a call of somebody else; null if nothing did. */
async function victimFails(
  client: ReturnType<typeof createToolClient>,
  token: string,
): Promise<Misfortune | null> {
  const finding_id = nextFinding++
  const entry = `victim-${finding_id}`
  const call = { tool: 'add_finding_note', token, arguments: { finding_id, entry } }
  const answer = await client.call(call).catch((error: Error) => error)
  const times = carriedOut(upstream)(finding_id)
  if (answer instanceof Error) {
    return { what: `${answer.message}, carried out ${times} times`, isHarmed: times > 0 }
  }
  const { ok, text, httpStatus } = answer
  if (ok && text.includes(entry) && times === 1) return null
  return { what: `${httpStatus}, carried out ${times} times: ${text}`, isHarmed: ok || times > 0 }
}

/** How often the change of a finding arrived at DefectDojo. */
function carriedOut({ writes }: RecordingUpstream): (finding: number) => number {
  const counts = new Map<number, number>()
  for (const { findingId } of writes) counts.set(findingId, (counts.get(findingId) ?? 0) + 1)
  return (finding) => counts.get(finding) ?? 0
}

/** Requests that the server itself has counted, apart from the one that asks. */
async function requestsTo(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return [...text.matchAll(/^mcp_defectdojo_http_requests_total\{route="([^"]*)".*\} (\d+)$/gm)]
    .filter(([, route]) => route !== '/livez' && route !== '/metrics')
    .reduce((sum, [, , count]) => sum + Number(count), 0)
}

function isRefused({ statuses, closed }: RawExchange): boolean {
  return closed && statuses.length <= 1 && statuses.every((status) => refusals.has(status))
}

function figure(all: readonly Sent[], bad: readonly Sent[]): string {
  return `${bad.length} of ${all.length}${examples(bad)}`
}

function examples(sent: readonly Sent[]): string {
  if (sent.length === 0) return ''
  const shown = sent.map(
    ({ each, exchange }) =>
      `${each.what}: ${exchange.statuses.join('+') || 'no answer'}${exchange.closed ? '' : ', open'}`,
  )
  return `; ${[...new Set(shown)].sort().slice(0, 40).join('; ')}`
}

function statusCounts(sent: readonly Sent[]): string {
  const counts = new Map<string, number>()
  for (const { exchange } of sent) {
    const statuses = exchange.statuses.join('+') || 'no answer'
    counts.set(statuses, (counts.get(statuses) ?? 0) + 1)
  }
  return [...counts].map(([statuses, count]) => `${statuses}: ${count}`).join(', ')
}
