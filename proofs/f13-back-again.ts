import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createAuditLog } from '../src/audit/create-audit-log.js'
import type { VerifyReport } from '../src/audit/verify/report.js'
import { createDestinations } from '../src/forward/destinations.js'
import { startForwarding } from '../src/forward/start-forwarding.js'
import { choicesFrom } from './choices.js'
import { auditKey, startHttpReceiver, toHttp } from './forwarding-targets.js'
import { startProof } from './measure.js'
import { startRsyslog } from './rsyslog.js'
import { root, run } from './run-command.js'

// What receivers have is taken back from them, twice in part and in any order, and verified as anybody would: by the command, and by
// the script in Python.

const proof = startProof('F13: what a SIEM gives back can be verified')
const random = choicesFrom(proof.random)
const records = proof.short ? 1_500 : 10_000
const changes = proof.short ? 3 : 25
const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-f13-'))
const file = join(folder, 'audit.jsonl')
const keyFile = join(folder, 'audit.key')
const checkpoints = `${file}.checkpoints`
writeFileSync(keyFile, auditKey, { mode: 0o600 })

/** The same arguments for both. */
const verifiers = {
  'audit verify': [process.execPath, join(root, 'dist/cli/main.js'), 'audit', 'verify'],
  'verify_audit.py': ['python3', join(root, 'contrib/verify_audit.py')],
} as const
type Verifier = keyof typeof verifiers
const both = Object.keys(verifiers) as Verifier[]

try {
  const taken = await takenBack()
  for (const [name, lines] of Object.entries(taken)) {
    await whole(name, lines)
    await changed(name, lines)
    await attested(name, lines)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

/** A trail with some records that are too long for one message, sent to two receivers; what these have in the end. */
async function takenBack(): Promise<Record<string, string[]>> {
  const rsyslog = await startRsyslog({ folder, transports: ['relp'], fields: false })
  const bulk = await startHttpReceiver('elastic_bulk')
  try {
    const audit = await createAuditLog({
      ...{ key: auditKey, file, failureMode: 'closed', secrets: [] },
      stderr: () => {},
    })
    const targets = {
      ...toHttp(folder, 'elastic_bulk', bulk.port).targets,
      syslog: [{ protocol: 'relp', host: '127.0.0.1', port: rsyslog.ports.relp }] as const,
    }
    const origin = { hostname: 'proof', pid: process.pid }
    const forwarding = await startForwarding(audit, createDestinations(targets, origin))
    let long = 0
    for (let number = 0; number < records; number++) {
      const isLong = random.next() < 0.03
      if (isLong) long++
      // A longer text is cut, and so is what one field has more than 16,000 of.
      const texts = (least: number, most: number): string[] =>
        Array.from({ length: least + random.below(most) }, () => 'x'.repeat(3_500))
      audit.event('INFO', 'A "record" é', {
        event_type: 'lifecycle',
        number,
        filling: isLong ? texts(3, 2) : 'x'.repeat(50 + random.below(400)),
        more: isLong ? texts(0, 5) : null,
      })
      while (audit.stats().queued > 200) await pause(1)
    }
    await audit.close('lifespan_exit')
    const left = await forwarding.close(60_000)
    const trail = linesOf(file)
    const messages = rsyslog.records()
    proof.check(
      'both receivers have the trail',
      left.every(({ undelivered }) => undelivered === 0) && bulk.records.length === trail.length,
      `${trail.length} records, ${bulk.records.length} documents, ${messages.length} messages`,
    )
    const parts = messages.filter(isPart).length
    const longest = Math.max(...trail.map((line) => line.length))
    proof.check(
      'records of more than 8 kB came in parts',
      long > 0 && parts >= 2 * long,
      `${long} records of up to ${longest} bytes, ${parts} parts`,
    )
    return { rsyslog: messages, 'the bulk receiver': bulk.records }
  } finally {
    await rsyslog.end()
    await bulk.away()
  }
}

async function whole(name: string, lines: readonly string[]): Promise<void> {
  const back = mixed(lines)
  const given = written(back)
  for (const verifier of both) {
    const report = await verified(verifier, given, '--unordered', '--checkpoints', checkpoints)
    proof.check(
      `${name}, ${verifier}: complete, with ${back.length - lines.length} lines twice and in any order`,
      report.exitCode === 0 && report.verdict === 'complete',
      `${report.verdict}, exit ${report.exitCode}`,
    )
  }
}

/** One byte is another one, of a line that came once. */
async function changed(name: string, lines: readonly string[]): Promise<void> {
  const isFilled = (line: string): boolean => line.includes('xxxxxxxxxx')
  const kinds = {
    'a record': lines.filter((line) => isFilled(line) && !isPart(line) && seqOf(line) > 0),
    'a part of one': lines.filter((line) => isFilled(line) && isPart(line)),
  }
  for (const [kind, candidates] of Object.entries(kinds)) {
    if (candidates.length === 0) continue
    for (const verifier of both) {
      let named = 0
      let last = ''
      for (let turn = 0; turn < changes; turn++) {
        const victim = random.pick(candidates)
        const places = [...victim.matchAll(/(?<=x{4})x/g)].map(({ index }) => index)
        const at = random.pick(places)
        const edited = `${victim.slice(0, at)}y${victim.slice(at + 1)}`
        const back = mixed(lines.filter((line) => line !== victim)).concat(edited)
        const report = await verified(
          verifier,
          written(shuffled(back)),
          '--unordered',
          '--checkpoints',
          checkpoints,
        )
        const seq = seqOf(victim)
        if (report.exitCode === 1 && report.problem?.seq === seq) named++
        else
          last = `; not ${report.verdict}, ${report.problem?.kind} of ${report.problem?.seq}, but ${seq}`
      }
      proof.check(
        `${name}, ${verifier}: one byte of ${kind} is another one: tampered, and the record is named`,
        named === changes,
        `${named} of ${changes}${last}`,
      )
    }
  }
}

/** The trail here lost its end, and the checkpoints beside it with it; the SIEM still has them. */
async function attested(name: string, lines: readonly string[]): Promise<void> {
  const siem = written(mixed(lines))
  const trail = linesOf(file)
  const local = join(folder, 'local.jsonl')
  for (const verifier of both) {
    writeFileSync(local, joined(trail))
    const alone = await verified(verifier, local)
    const report = await verified(verifier, local, '--checkpoints', siem)
    proof.check(
      `${name}, ${verifier}: its copies of the checkpoints attest the trail, which nothing else does`,
      report.exitCode === 0 && alone.exitCode === 3,
      `${report.verdict} with them, ${alone.verdict} without`,
    )
    let found = 0
    for (let turn = 0; turn < changes; turn++) {
      writeFileSync(local, joined(trail.slice(0, 1 + random.below(trail.length - 1))))
      const cut = await verified(verifier, local, '--checkpoints', siem)
      if (cut.exitCode === 1 && cut.problem?.kind === 'truncated') found++
    }
    proof.check(
      `${name}, ${verifier}: a trail that lost its end is found by them`,
      found === changes,
      `${found} of ${changes}`,
    )
  }
}

async function verified(
  verifier: Verifier,
  path: string,
  ...options: readonly string[]
): Promise<VerifyReport> {
  const [command, ...args] = verifiers[verifier]
  const all = [...args, path, '--key-file', keyFile, '--json', ...options]
  const { status, stdout, stderr } = await run(command, all)
  if (!stdout.startsWith('{')) throw new Error(`${verifier}: exit ${status}: ${stderr}`)
  const report = JSON.parse(stdout) as VerifyReport
  if (report.exitCode !== status) throw new Error(`${verifier}: exit ${status}, not as it reports`)
  return report
}

/** Every tenth line twice, in an order of chance. */
function mixed(lines: readonly string[]): string[] {
  return shuffled([...lines, ...lines.filter(() => random.next() < 0.1)])
}

function shuffled(lines: readonly string[]): string[] {
  const order = [...lines]
  for (let at = order.length - 1; at > 0; at--) {
    const other = random.below(at + 1)
    const [one, two] = [order[at] ?? '', order[other] ?? '']
    order[at] = two
    order[other] = one
  }
  return order
}

function written(lines: readonly string[]): string {
  const path = join(folder, 'taken-back.log')
  writeFileSync(path, joined(lines))
  return path
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}

function isPart(line: string): boolean {
  return line.trimStart().startsWith('{"audit_part": ')
}

function seqOf(line: string): number {
  return Number(/"seq": (\d+), /.exec(line)?.[1] ?? 0)
}
