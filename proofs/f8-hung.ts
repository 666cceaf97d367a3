import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Installation, prepareServer, startServer, until } from './audited-server.js'
import { choicesFrom } from './choices.js'
import { startHttpReceiver } from './forwarding-targets.js'
import { percentile, startProof } from './measure.js'
import { startRecordingUpstream } from './recording-upstream.js'
import { startRsyslog } from './rsyslog.js'
import { usualPath, usualToken } from './strict-receivers.js'
import { createToolClient, type ToolClient } from './tool-calls.js'

// Two servers get the same calls at the same moments; one of them has a second receiver that hangs. What else happens on the machine
// happens to both, and to the same calls.

interface Caller {
  readonly installation: Installation
  readonly client: ToolClient
  /** Milliseconds of the calls, per round. */
  readonly times: number[][]
}

const proof = startProof('F8: a receiver that hangs holds up neither calls nor other receivers')
const random = choicesFrom(proof.random)
const rounds = proof.short ? 70 : 400
const perRound = proof.short ? 40 : 100
const atOnce = 2
const maxRatio = 1.1
const maxLagSeconds = 2
const root = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-f8-'))
const upstream = await startRecordingUpstream()
let findingId = 0

try {
  await stoppedSyslog()
  await silentHttp()
} finally {
  await upstream.close()
  rmSync(root, { recursive: true, force: true })
}
proof.end()

/** An rsyslog that is stopped in the middle of a session. */
async function stoppedSyslog(): Promise<void> {
  const healthy = [await startHttpReceiver('ndjson'), await startHttpReceiver('ndjson')] as const
  const rsyslog = await startRsyslog({
    folder: mkdtempSync(join(root, 'rsyslog-')),
    transports: ['relp'],
    fields: false,
  })
  try {
    await compared({
      what: 'a stopped rsyslog',
      without: toHttpAt(healthy[0].port),
      with: { ...toHttpAt(healthy[1].port), ...toRelpAt(rsyslog.ports.relp) },
      hang: async () => {
        await until('rsyslog has something', () => rsyslog.records().length > 0)
        rsyslog.stop()
      },
      got: () => rsyslog.records().length,
      hungPort: rsyslog.ports.relp,
    })
  } finally {
    await rsyslog.end()
    for (const receiver of healthy) await receiver.away()
  }
}

/** A receiver over HTTP that takes connections and requests, and never answers. */
async function silentHttp(): Promise<void> {
  const start = () =>
    startRsyslog({
      folder: mkdtempSync(join(root, 'rsyslog-')),
      transports: ['relp'],
      fields: false,
    })
  const healthy = [await start(), await start()] as const
  const silent = await startHttpReceiver('ndjson')
  try {
    await compared({
      what: 'a receiver over HTTP that never answers',
      without: toRelpAt(healthy[0].ports.relp),
      with: { ...toRelpAt(healthy[1].ports.relp), ...toHttpAt(silent.port) },
      hang: async () => {
        await until('the receiver has something', () => silent.records.length > 0)
        silent.hang()
      },
      got: () => silent.records.length,
      hungPort: silent.port,
    })
  } finally {
    await silent.away()
    for (const receiver of healthy) await receiver.end()
  }
}

function toHttpAt(port: number): Record<string, string> {
  return {
    AUDIT_LOG_HTTPS_URL: `http://127.0.0.1:${port}${usualPath.ndjson}`,
    AUDIT_LOG_HTTPS_FORMAT: 'ndjson',
    AUDIT_LOG_HTTPS_ALLOW_HTTP: 'true',
    AUDIT_LOG_HTTPS_TOKEN: usualToken,
    AUDIT_LOG_HTTPS_BATCH_SIZE: '500',
    AUDIT_LOG_HTTPS_FLUSH_SECS: '0.2',
  }
}

function toRelpAt(port: number): Record<string, string> {
  return { AUDIT_LOG_SYSLOG: `relp://127.0.0.1:${port}` }
}

async function compared(settings: {
  readonly what: string
  readonly without: Record<string, string>
  readonly with: Record<string, string>
  /** Makes the second receiver hang once it has got something. */
  readonly hang: () => Promise<void>
  /** What it has got. */
  readonly got: () => number
  readonly hungPort: number
}): Promise<void> {
  const { what, hungPort } = settings
  const installations = {
    without: await prepared(settings.without),
    with: await prepared(settings.with),
  }
  const servers = [
    await startServer(installations.without),
    await startServer(installations.with),
  ] as const
  const without = callerOf(installations.without)
  const hung = callerOf(installations.with)
  const lags: { alone: number; healthy: number; hung: number }[] = []
  const strains: number[] = []
  let sampling = true
  try {
    // Warm, and until the receivers have got something.
    for (let round = 0; round < 5; round++) await calls([without, hung], perRound)
    await settings.hang()
    const gotThen = settings.got()
    const sampler = (async () => {
      while (sampling) {
        const [alone] = await lagsOf(without.installation)
        const each = await lagsOf(hung.installation)
        const ofHung = each.find(({ destination }) => destination.includes(`:${hungPort}`))
        const other = each.find((one) => one !== ofHung)
        lags.push({
          alone: alone?.seconds ?? Number.NaN,
          healthy: other?.seconds ?? Number.NaN,
          hung: ofHung?.seconds ?? Number.NaN,
        })
        await pause(200)
      }
    })()
    for (let round = 0; round < rounds; round++) {
      strains.push(strainNow())
      const [ofWithout, ofHung] = await calls([without, hung], perRound)
      without.times.push(ofWithout)
      hung.times.push(ofHung)
    }
    sampling = false
    await sampler

    const hungLag = Math.max(...lags.map((each) => each.hung))
    proof.check(
      `${what}: it hung all the time, and its records wait`,
      settings.got() === gotThen && hungLag > 2,
      `its lag is ${hungLag.toFixed(1)} s`,
    )
    const strain = percentile(strains, 0.5)
    const calm = strain < 1.2 && !proof.short
    proof.note(
      `the processor is ours for ${(100 / strain).toFixed(0)} % of the time; the ratio itself is ${calm ? 'judged' : 'shown, and the least that it may be is judged'}`,
    )
    for (const share of [0.5, 0.99]) {
      const { ratio, low, high, before, after } = ratioOf(without.times, hung.times, share)
      proof.check(
        `${what}: percentile ${share * 100} of calls is at most ${maxRatio} times what it is without`,
        (calm ? ratio : low) <= maxRatio,
        `${ratio.toFixed(3)} times, 95 % sure: ${low.toFixed(3)} to ${high.toFixed(3)}; ${after.toFixed(2)} and ${before.toFixed(2)} ms, ${rounds * perRound} calls each`,
      )
    }
    const lag = Math.max(...lags.map(({ healthy }) => healthy))
    proof.check(
      `${what}: the other receiver is at most ${maxLagSeconds} s behind`,
      lag <= maxLagSeconds,
      `${lag.toFixed(2)} s at most, ${Math.max(...lags.map(({ alone }) => alone)).toFixed(2)} s where nothing hangs, in ${lags.length} samples`,
    )
  } finally {
    sampling = false
    for (const { client } of [without, hung]) client.close()
    for (const server of servers) await server.kill()
  }
}

function prepared(env: Record<string, string>): Promise<Installation> {
  return prepareServer(mkdtempSync(join(root, 'server-')), upstream.url, env)
}

function callerOf(installation: Installation): Caller {
  return { installation, client: createToolClient(installation.mcp), times: [] }
}

/** So many calls to each of both, each at the same time as the other's; reads and changes in turn, a few at once. */
async function calls(
  both: readonly [Caller, Caller],
  count: number,
): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []]
  let left = count
  const caller = async (): Promise<void> => {
    while (left-- > 0) {
      const finding_id = ++findingId
      const one = async (which: 0 | 1): Promise<void> => {
        times[which].push(await called(both[which], finding_id))
      }
      // Neither always begins.
      const first = random.next() < 0.5 ? 0 : 1
      await Promise.all([one(first), one(first === 0 ? 1 : 0)])
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
  return times
}

async function called({ installation, client }: Caller, finding_id: number): Promise<number> {
  const token = installation.tokens.writer
  const answer = await client.call(
    finding_id % 2 === 0
      ? { tool: 'get_finding', token, arguments: { finding_id } }
      : { tool: 'add_finding_tags', token, arguments: { finding_id, tags: ['seen'] } },
  )
  if (!answer.ok) throw new Error(`a call failed: ${answer.text}`)
  return answer.elapsedMs
}

async function lagsOf({ port }: Installation): Promise<{ destination: string; seconds: number }[]> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const pattern = /^mcp_defectdojo_audit_forward_lag_seconds\{destination="([^"]+)"\} (\S+)$/gm
  return [...text.matchAll(pattern)].map(([, destination = '', seconds]) => ({
    destination,
    seconds: Number(seconds),
  }))
}

/** A percentile with and without, and between what ratios it lies when other rounds had been had: rounds drawn anew and again. */
function ratioOf(without: readonly number[][], hung: readonly number[][], share: number) {
  const before = percentile(without.flat(), share)
  const after = percentile(hung.flat(), share)
  const drawn = Array.from({ length: proof.short ? 300 : 100 }, () => {
    const picked = Array.from({ length: rounds }, () => random.below(rounds))
    const of = (times: readonly number[][]): number =>
      percentile(
        picked.flatMap((round) => times[round] ?? []),
        share,
      )
    return of(hung) / of(without)
  })
  return {
    ...{ before, after, ratio: after / before },
    low: percentile(drawn, 0.025),
    high: percentile(drawn, 0.975),
  }
}

/** How much longer than alone this process takes for its work at the moment: 1 when nobody else wants the processor. */
function strainNow(): number {
  const startedAt = performance.now()
  const before = process.cpuUsage()
  while (performance.now() - startedAt < 20);
  const { user, system } = process.cpuUsage(before)
  return ((performance.now() - startedAt) * 1000) / (user + system)
}
