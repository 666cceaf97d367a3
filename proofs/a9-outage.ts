import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  type AuditRecord,
  type Installation,
  prepareServer,
  recordsIn,
  type ServerProcess,
  startServer,
  until,
} from './audited-server.js'
import { percentile, startProof } from './measure.js'
import { startRecordingUpstream } from './recording-upstream.js'
import { injectFault } from './system-calls.js'
import { createToolClient, type ToolAnswer } from './tool-calls.js'

// The audit file's disk fails while the server runs, and heals. A disk that can be filled has to be mounted, so all of this runs in a
// mount namespace of its own, as root; what is mounted there ends with it. EIO needs strace (Debian: strace).

const inOwnNamespace = 'PROOF_HAS_OWN_MOUNTS'
if (process.env[inOwnNamespace] === undefined) {
  const { status, error } = spawnSync(
    'unshare',
    ['-m', process.execPath, ...process.argv.slice(1)],
    {
      env: { ...process.env, [inOwnNamespace]: 'yes' },
      stdio: 'inherit',
    },
  )
  if (error || status === null) process.stderr.write('needs unshare (Debian: util-linux)\n')
  process.exit(status ?? 1)
}

const proof = startProof('Nothing is changed in DefectDojo while the audit trail cannot be written')
const refusedCalls = proof.short ? 20 : 60
const limitMs = 1_000
const recoveryMs = 5_000

interface Situation {
  readonly server: ServerProcess
  readonly directory: string
}
interface Fault {
  readonly name: string
  readonly code: string
  /** Breaks the disk; resolves to how it is repaired. */
  begin(situation: Situation): Promise<() => void | Promise<void>>
}

const diskFull: Fault = {
  name: 'full disk',
  code: 'ENOSPC',
  async begin({ directory }) {
    const filler = join(directory, 'filler')
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(1_024))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
    return () => rmSync(filler)
  },
}
const faults: readonly Fault[] = [
  diskFull,
  {
    name: 'fdatasync fails',
    code: 'EIO',
    begin: ({ server }) => injectFault(server.pid, 'fdatasync:error=EIO'),
  },
  {
    // The kernel does not make a disk read-only by hand while a file on it is open for writing, so one that is takes its place.
    name: 'read-only disk',
    code: 'EROFS',
    async begin({ directory }) {
      mount(directory, 'ro')
      return () => system('umount', directory)
    },
  },
]

const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-a9-'))
const upstream = await startRecordingUpstream()
const mounted: string[] = []
let findingId = 0
/** The first one the present server was asked to change. */
let firstFinding = 0
try {
  for (const fault of faults) await closedMode(fault)
  await openMode(diskFull)
} catch (error) {
  // Without the right to mount there is nothing to prove, and that must not look like success.
  proof.check('every fault could be tried (needs root and strace)', false, (error as Error).message)
} finally {
  await upstream.close()
  // Lazily, since a server that is still there would hold its disk.
  for (const directory of mounted) spawnSync('umount', ['-l', directory])
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function closedMode(fault: Fault): Promise<void> {
  const { installation, server, directory } = await startOn(fault.name)
  const say = (claim: string, holds: boolean, figure?: string | number): void =>
    proof.check(`${fault.name}: ${claim}`, holds, figure)
  const healthy = await changes(installation, 10)
  const repair = await fault.begin({ server, directory })

  // What still finds room is no outage yet: it begins with the first refusal.
  let answer: ToolAnswer | undefined
  for (let tries = 0; tries < 20 && answer?.code !== 'audit_unavailable'; tries++) {
    answer = (await changes(installation, 1))[0]
  }
  const refusal = answer?.code === 'audit_unavailable'
  say('a change is refused', refusal, `${answer?.code} after ${answer?.elapsedMs.toFixed(0)} ms`)
  const noticed = await until('not ready', async () => (await server.ready()) === 503, 5_000)
  say('/readyz is 503 within a second', noticed <= limitMs, `${noticed.toFixed(0)} ms`)

  const before = upstream.writes.length
  const answers = await changes(installation, refusedCalls)
  const slowest = Math.max(...answers.map(({ elapsedMs }) => elapsedMs))
  say(
    'no change reaches DefectDojo, and each is refused within a second',
    upstream.writes.length === before &&
      answers.every(({ code }) => code === 'audit_unavailable') &&
      slowest <= limitMs,
    `${upstream.writes.length - before} writes for ${answers.length} calls, slowest ${slowest.toFixed(0)} ms, median ${median(answers)} to ${median(healthy)} ms before`,
  )
  await checkSignals(say, installation, server, fault.code)

  await repair()
  const recovered = await until('ready', async () => (await server.ready()) === 200, 30_000)
  const [after] = await changes(installation, 1)
  say(
    'it recovers within 5 s, without a restart',
    recovered <= recoveryMs && after?.ok === true,
    `${recovered.toFixed(0)} ms`,
  )
  await checkTrail(say, installation, server, fault.code)
}

type Say = (claim: string, holds: boolean, figure?: string | number) => void

/** What an operator and a reader see of an outage. */
async function checkSignals(
  say: Say,
  { stderrFile, mcp, tokens }: Installation,
  server: ServerProcess,
  code: string,
): Promise<void> {
  const client = createToolClient(mcp)
  const read = { tool: 'get_finding', arguments: { finding_id: 1 }, token: tokens.reader }
  const reads = await Promise.all(Array.from({ length: 10 }, () => client.call(read)))
  client.close()
  const withoutAudit = await server.ready('?exclude=audit')
  say(
    'reads work, and /readyz?exclude=audit is 200',
    reads.every(({ ok }) => ok) && withoutAudit === 200,
    `${reads.filter(({ ok }) => ok).length} of ${reads.length} reads, ${withoutAudit}`,
  )
  const metric = await server.metric('mcp_defectdojo_audit_writable')
  const events = recordsIn(stderrFile).filter((record) => isFailure(record, code))
  say(
    'the metric says so, and one CRITICAL record on stderr',
    metric === 0 && events.length === 1,
    `audit_writable ${metric}, ${events.length} records`,
  )
}

function isFailure({ event_type, reason, level }: AuditRecord, code: string): boolean {
  return event_type === 'security_warning' && reason === code && level === 'CRITICAL'
}

/** Stops the server; everything of the outage must be in a file that verifies. */
async function checkTrail(
  say: Say,
  installation: Installation,
  server: ServerProcess,
  code: string,
): Promise<void> {
  const status = await server.stop()
  const records = recordsIn(installation.auditFile)
  const intended = new Set(
    records
      .filter(({ event_type }) => event_type === 'audit_intent')
      .map(({ request_params }) => (request_params as { finding_id: number }).finding_id),
  )
  const hidden = upstream.writes.filter(
    ({ findingId }) => findingId >= firstFinding && !intended.has(findingId),
  )
  const failures = records.filter((record) => isFailure(record, code)).length
  const recoveries = records.filter(({ chain_event }) => chain_event === 'file_recovered').length
  const verified = await installation.verify()
  say(
    'the file has every intent, the outage and its end, and verifies',
    hidden.length === 0 &&
      failures === 1 &&
      recoveries === 1 &&
      status === 0 &&
      verified.status === 0,
    `${hidden.length} hidden writes, ${failures} outage, ${recoveries} recovery, exit ${status}, verify ${verified.status} ${verified.status === 0 ? '' : verified.stdout.slice(-400)}`,
  )
}

/** With AUDIT_FAILURE_MODE=open changes go on, and everything else is as loud. */
async function openMode(fault: Fault): Promise<void> {
  const { installation, server, directory } = await startOn('open', { AUDIT_FAILURE_MODE: 'open' })
  const say: Say = (claim, holds, figure) =>
    proof.check(`open mode, ${fault.name}: ${claim}`, holds, figure)
  const repair = await fault.begin({ server, directory })
  const before = upstream.writes.length
  const answers = await changes(installation, refusedCalls)
  const written = upstream.writes.length - before
  say(
    'changes go on',
    answers.every(({ ok }) => ok) && written === refusedCalls,
    `${written} of ${refusedCalls}`,
  )
  say('/readyz is 503 all the same', (await server.ready()) === 503)
  await checkSignals(say, installation, server, fault.code)
  await repair()
  const recovered = await until('ready', async () => (await server.ready()) === 200, 30_000)
  say('it recovers within 5 s', recovered <= recoveryMs, `${recovered.toFixed(0)} ms`)
  await checkTrail(say, installation, server, fault.code)
}

/** A server whose audit file lies on a small disk of its own. */
async function startOn(name: string, env: Readonly<Record<string, string>> = {}) {
  const own = join(folder, name)
  const directory = join(own, 'audit')
  mkdirSync(directory, { recursive: true })
  mount(directory, 'size=256k')
  mounted.push(directory)
  const installation = await prepareServer(own, upstream.url, {
    AUDIT_LOG_FILE: join(directory, 'audit.jsonl'),
    ...env,
  })
  firstFinding = findingId + 1
  return {
    installation,
    server: await startServer(installation),
    directory: dirname(installation.auditFile),
  }
}

/** Tags so many findings at once, four at a time. */
async function changes({ mcp, tokens }: Installation, count: number): Promise<ToolAnswer[]> {
  const client = createToolClient(mcp)
  const answers: ToolAnswer[] = []
  const last = findingId + count
  const work = async (): Promise<void> => {
    while (findingId < last) {
      const finding_id = ++findingId
      const input = { finding_id, tags: [`tag-${finding_id}`] }
      answers.push(
        await client.call({ tool: 'add_finding_tags', arguments: input, token: tokens.writer }),
      )
    }
  }
  await Promise.all(Array.from({ length: 4 }, work))
  client.close()
  return answers
}

function median(answers: readonly ToolAnswer[]): string {
  const times = answers.map(({ elapsedMs }) => elapsedMs)
  return percentile(times, 0.5).toFixed(0)
}

function mount(directory: string, options: string): void {
  system('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', directory)
}

function system(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}
