import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Installation,
  isTerminal,
  prepareServer,
  recordsIn,
  type ServerProcess,
  startServer,
} from './audited-server.js'
import { percentile, startProof } from './measure.js'
import { startRecordingUpstream } from './recording-upstream.js'
import { type Ended, root, run } from './run-command.js'
import { createToolClient } from './tool-calls.js'

// Two servers on one file would fork its chain, so the second one must not start, and must not have to wait after a crash. Servers with
// a file each make chains that are verified together; a file that is missing is noticed.

const proof = startProof('One process writes an audit file, and three files verify together')
const rounds = proof.short ? 2 : 10
const calls = proof.short ? 20 : 200
const main = join(root, 'dist/cli/main.js')

/** The part of a report that matters here. */
interface Report {
  readonly verdict: string
  readonly records: number
  readonly chains: readonly { readonly chainId: string; readonly starts: number }[]
}

const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-a8-'))
const upstream = await startRecordingUpstream()
let findings = 0
try {
  const versionSeconds = await versionRuns()
  await secondWriter(versionSeconds)
  await takeover(versionSeconds)
  await replicas()
} finally {
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1000
}

function reportOf({ stdout }: Ended): Report {
  return JSON.parse(stdout) as Report
}

function isWhole({ status }: Ended): boolean {
  return status === 0 || status === 3
}

/** How long this machine needs, now, to start a program that does nothing. */
async function versionRuns(): Promise<number> {
  const times: number[] = []
  for (let at = 0; at < 5; at++) {
    const startedAt = performance.now()
    await run(process.execPath, [main, '--version'])
    times.push(secondsSince(startedAt))
  }
  return percentile(times, 0.5)
}

/** Two installations that were given the same audit file, each with a port of its own. */
async function twoOnOneFile(name: string): Promise<[Installation, Installation]> {
  const first = await prepareServer(subfolder(name), upstream.url)
  const second = await prepareServer(subfolder(`${name}-second`), upstream.url, sharing(first))
  return [first, second]
}

function subfolder(name: string): string {
  const path = join(folder, name)
  mkdirSync(path)
  return path
}

function sharing({ auditFile, env }: Installation, file = auditFile): Record<string, string> {
  return { AUDIT_LOG_FILE: file, AUDIT_HMAC_KEY_FILE: env.AUDIT_HMAC_KEY_FILE ?? '' }
}

async function secondWriter(versionSeconds: number): Promise<void> {
  const [first, second] = await twoOnOneFile('second-writer')
  const startedAt = performance.now()
  const owner = await startServer(first)
  const readySeconds = secondsSince(startedAt)
  const refusals: Refusal[] = []
  let changed = 0
  for (let round = 0; round < rounds; round++) {
    const [refusal, count] = await Promise.all([tryToStart(second), change(first, calls / rounds)])
    refusals.push(refusal)
    changed += count
  }
  const slowest = Math.max(...refusals.map((refusal) => refusal.seconds))
  const statuses = new Set(refusals.map(({ status }) => status))
  proof.check(
    'a second process on the same file ends with an error',
    ![...statuses].some((status) => status === 0 || status === null),
    `${refusals.length} times, exit ${[...statuses].join(', ')}`,
  )
  proof.check(
    'within a second beyond what a start needs until it answers',
    slowest <= readySeconds + 1,
    `${slowest.toFixed(2)} s at most; start ${readySeconds.toFixed(2)} s; --version ${versionSeconds.toFixed(2)} s, ratio ${(slowest / versionSeconds).toFixed(1)}`,
  )
  const named = refusals.filter(({ stderr }) => stderr.includes(`pid ${owner.pid} on host`))
  proof.check(
    'it names the pid of the owner',
    named.length === refusals.length,
    `${named.length} of ${refusals.length}: ${refusals[0]?.stderr.split('\n')[0]}`,
  )

  const status = await owner.stop()
  const verified = await first.verify('--json')
  const { chains, verdict } = reportOf(verified)
  const ends = recordsIn(first.auditFile).filter(isTerminal).length
  proof.check(
    'the trail of the first one is whole: one chain, one start, every call',
    isWhole(verified) && chains.length === 1 && chains[0]?.starts === 1 && ends === changed,
    `${verdict}, ${chains.length} chain, ${chains[0]?.starts} start, ${ends} of ${changed} calls`,
  )
  proof.check(
    'the lock is gone when its owner has ended in order',
    status === 0 && !existsSync(`${first.auditFile}.lock`),
    `exit ${status}`,
  )
}

interface Refusal {
  readonly status: number | null
  readonly stderr: string
  readonly seconds: number
}

/** Starts a server that should not start; one that does is ended after a while, and has no exit status then. */
async function tryToStart({ env }: Installation): Promise<Refusal> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [main, 'serve'], {
    ...{ cwd: env.HOME, env, stdio: ['ignore', 'ignore', 'pipe'] },
    ...{ timeout: 20_000, killSignal: 'SIGKILL' },
  })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stderr, seconds: secondsSince(startedAt) }
}

/** Changes so many findings, one after the other; how many were answered with success. */
async function change({ mcp, tokens }: Installation, count: number): Promise<number> {
  const client = createToolClient(mcp)
  let done = 0
  for (let at = 0; at < count; at++) {
    const finding_id = ++findings
    const { ok } = await client.call({
      tool: 'add_finding_tags',
      arguments: { finding_id, tags: [`tag-${finding_id}`] },
      token: tokens.writer,
    })
    if (ok) done++
  }
  client.close()
  return done
}

async function takeover(versionSeconds: number): Promise<void> {
  const installations = await twoOnOneFile('takeover')
  const [first] = installations
  const times: number[] = []
  let changed = 0
  let server: ServerProcess | null = null
  for (let round = 0; round <= rounds; round++) {
    const installation = installations[round % 2] ?? first
    await server?.kill()
    const startedAt = performance.now()
    server = await startServer(installation)
    times.push(performance.now() - startedAt)
    changed += await change(installation, Math.ceil(calls / rounds))
  }
  await server?.stop()
  const [without = 0, ...after] = times
  const median = percentile(after, 0.5)
  proof.check(
    'after kill -9 of the owner the next process takes over, without waiting',
    after.length === rounds && Math.max(...after) <= without + 1_000,
    `${after.length} times, ${seconds(median)} until it answers, ${seconds(Math.max(...after))} at most; ${seconds(without)} without a lock; ratio to --version ${(median / 1000 / versionSeconds).toFixed(1)}`,
  )
  const verified = await first.verify('--json')
  const { chains, verdict } = reportOf(verified)
  const ends = recordsIn(first.auditFile).filter(isTerminal)
  proof.check(
    'and goes on with its chain',
    isWhole(verified) && chains.length === 1 && chains[0]?.starts === rounds + 1,
    `${verdict}, ${chains.length} chain, ${chains[0]?.starts} starts, ${ends.length} ends of ${changed} calls`,
  )
}

async function replicas(): Promise<void> {
  const volume = subfolder('volume')
  const first = await prepareServer(subfolder('replica-1'), upstream.url, {
    AUDIT_LOG_FILE: join(volume, 'audit-1.jsonl'),
  })
  const others: Installation[] = []
  for (const number of [2, 3]) {
    const shared = sharing(first, join(volume, `audit-${number}.jsonl`))
    others.push(await prepareServer(subfolder(`replica-${number}`), upstream.url, shared))
  }
  const installations = [first, ...others]
  const servers = await Promise.all(installations.map((installation) => startServer(installation)))
  const counts = await Promise.all(installations.map((installation) => change(installation, calls)))
  await Promise.all(servers.map((server) => server.stop()))

  const files = installations.map(({ auditFile }) => auditFile)
  const records = files.reduce((sum, file) => sum + recordsIn(file).length, 0)
  const [, kept = '', missing = ''] = files
  const together = await first.verify(kept, missing, '--json')
  const { chains, verdict, ...report } = reportOf(together)
  proof.check(
    'three servers with a file each: three chains verify together',
    isWhole(together) && chains.length === 3 && report.records === records,
    `${verdict}, ${chains.length} chains, ${report.records} of ${records} records, ${counts.join(' + ')} calls`,
  )

  const chainId = String(recordsIn(missing)[0]?.chain_id)
  const checkpoints = `${missing}.checkpoints`
  const without = await first.verify(kept, '--checkpoints', checkpoints)
  const line = without.stdout.split('\n').find((each) => each.includes(chainId))
  proof.check(
    'a file that is missing is noticed by its checkpoints, and its chain named',
    without.status === 1 && line !== undefined,
    `exit ${without.status}: ${line?.trim() ?? without.stdout.slice(-300)}`,
  )
  const given = await first.verify(kept, missing, '--checkpoints', checkpoints)
  proof.check(
    'with the file the same checkpoints are no complaint',
    isWhole(given),
    `exit ${given.status}`,
  )
}
