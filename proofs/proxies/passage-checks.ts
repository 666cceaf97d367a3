import type { Installation } from '../audited-server.js'
import type { HoldingDojo } from '../clients/holding-dojo.js'
import { longReportFor } from '../clients/import-report.js'
import { soon } from '../clients/soon.js'
import type { Proof } from '../measure.js'
import { answerTo, refusedRequests } from './answers.js'
import type { Passage } from './passages.js'
import type { Place } from './placed-clients.js'
import { createRawMcp, eventsOf, openSession } from './raw-mcp.js'
import {
  endsInTurns,
  importOf,
  longestSilence,
  orderOfProgress,
  resumed,
  type Sightings,
} from './streams.js'

/** What every check of a passage needs. */
export interface Bench {
  readonly proof: Proof
  readonly dojo: HoldingDojo
  readonly sightings: Sightings
  /** The service behind the passages, with its tokens. */
  readonly service: Installation
  /** One who may do everything. */
  readonly token: string
  takePlace(version: '1.1' | '2'): Place
}

/** As long as nginx, HAProxy and the balancers of clouds let an answer be silent where nobody says anything. */
const usualIdleMs = 50_000

/** Every progress notification is with the client before the next leaves the service. */
export async function checkOrder({ kind, mcp }: Passage, bench: Bench): Promise<void> {
  const { proof, dojo, sightings, token, takePlace } = bench
  const [one, two] = [takePlace('1.1').fetch, takePlace('2').fetch]
  const ways = [
    { name: '2026-07-28 over HTTP/1.1', client: createRawMcp(mcp, token, one) },
    { name: '2026-07-28 over HTTP/2', client: createRawMcp(mcp, token, two) },
    { name: '2025-11-25 over HTTP/1.1', client: await openSession(mcp, token, one) },
    { name: '2025-11-25 over HTTP/2', client: await openSession(mcp, token, two) },
  ]
  const seen = await Promise.all(
    ways.map(({ client }, at) =>
      orderOfProgress(client, dojo, sightings, `order-${kind.key}-${at}`),
    ),
  )
  for (const [at, { name }] of ways.entries()) {
    proof.check(
      `${kind.name}: progress arrives as it is sent, ${name}`,
      endsInTurns(seen[at] ?? []),
      seen[at]?.join(', '),
    )
  }
}

/** Streams that have nothing to say are kept open by comments. */
export async function checkIdleStreams(
  { kind, mcp, sse }: Passage,
  { proof, dojo, token, takePlace }: Bench,
  comments: number,
): Promise<void> {
  const { fetch } = takePlace('1.1')
  const session = await openSession(mcp, token, fetch)
  const modern = createRawMcp(mcp, token, fetch)
  const [read, imported] = [`idle-read-${kind.key}`, `idle-import-${kind.key}`]
  const held = [dojo.hold(read), dojo.hold(imported)]
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' }
  const streams = {
    'the stream of a 2025-11-25 session': session.listen(),
    'a call of 2025-11-25': session.post('tools/call', {
      name: 'list_findings',
      arguments: { title: read },
    }),
    'a call of 2026-07-28 after its first notification': modern.post(
      'tools/call',
      importOf(imported),
    ),
    'the stream of HTTP+SSE': fetch(sse, { headers }),
  }
  await Promise.all(
    Object.entries(streams).map(async ([name, opening]) => {
      const silence = await soon(
        `${comments} comments`,
        longestSilence(opening, comments),
        usualIdleMs + 20_000 * comments,
      ).catch((error: Error) => error.message)
      proof.check(
        `${kind.name}: a comment keeps ${name} open`,
        typeof silence === 'number' && silence < usualIdleMs,
        typeof silence === 'number'
          ? `at most ${(silence / 1000).toFixed(1)} s of silence until comment ${comments}`
          : silence,
      )
    }),
  )
  for (const { release } of held) release()
  await session.close()
}

/** A call whose connection was lost goes on, and the client fetches what it missed. */
export async function checkResumption(
  { kind, mcp }: Passage,
  { proof, dojo, token, takePlace }: Bench,
): Promise<void> {
  for (const version of ['1.1', '2'] as const) {
    const claim = `${kind.name}: a lost stream is resumed after Last-Event-ID, HTTP/${version}`
    try {
      const session = await openSession(mcp, token, takePlace(version).fetch)
      const name = `resumed-${kind.key}-${version}`
      const { before, after } = await soon('the rest', resumed(session, dojo, name))
      const known = new Set(before.map(({ id }) => id))
      const results = after.filter(({ data }) => data?.result !== undefined)
      const result = results[0]?.data?.result as { isError?: boolean } | undefined
      proof.check(
        claim,
        results.length === 1 && result?.isError !== true && after.every(({ id }) => !known.has(id)),
        `${before.length} events before, ${after.length} after, none twice`,
      )
      await session.close()
    } catch (error) {
      proof.check(claim, false, String(error))
    }
  }
}

/** What the service refuses is refused in its own words. */
export async function checkAnswers(
  { kind, mcp, origin }: Passage,
  { proof, service, takePlace }: Bench,
  times: number,
): Promise<void> {
  for (const version of ['1.1', '2'] as const) {
    const { fetch } = takePlace(version)
    const different: string[] = []
    for (const refused of refusedRequests) {
      const own = await answerTo(refused, service.mcp, service.tokens, globalThis.fetch)
      if (!own.startsWith(`${refused.status} `)) different.push(`${refused.name}: ${own}`)
      for (let time = 0; time < times; time++) {
        const seen = await answerTo(refused, mcp, service.tokens, fetch).catch(String)
        if (seen !== own) different.push(`${refused.name}: ${seen.slice(0, 200)}`)
      }
    }
    proof.check(
      `${kind.name}: refusals are as without it, HTTP/${version}`,
      different.length === 0,
      different.length === 0
        ? `${refusedRequests.map(({ status }) => status).join(', ')}, each ${times} times`
        : `${different.length} of ${refusedRequests.length * times}: ${different[0]}`,
    )
  }
  const { fetch } = takePlace('1.1')
  const statuses = await Promise.all(
    ['/', '/metrics', '/readyz', '/livez', '/health'].map(
      async (path) => (await fetch(origin + path)).status,
    ),
  )
  proof.check(
    `${kind.name}: only MCP and /health are open`,
    statuses.join() === '404,404,404,404,200',
    statuses.join(', '),
  )
}

/** A report of about so many bytes arrives. */
export async function checkLargeImport(
  { kind, mcp }: Passage,
  { proof, token, takePlace }: Bench,
  base64Length: number,
): Promise<void> {
  for (const version of ['1.1', '2'] as const) {
    const client = createRawMcp(mcp, token, takePlace(version).fetch)
    const name = `large-${kind.key}-${version}`
    const params = { name: 'import_scan', arguments: longReportFor(name, base64Length) }
    const startedAt = performance.now()
    let seen = ''
    let done = false
    try {
      for await (const { data } of eventsOf(await client.post('tools/call', params))) {
        const { isError, structuredContent } = (data?.result ?? {}) as Record<string, unknown>
        seen = JSON.stringify(data).slice(0, 300)
        done = structuredContent !== undefined && isError !== true
      }
    } catch (error) {
      seen = String(error)
    }
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    proof.check(
      `${kind.name}: an import of ${base64Length / 1_000_000} MB passes, HTTP/${version}`,
      done,
      done ? `${seconds} s` : seen,
    )
  }
}
