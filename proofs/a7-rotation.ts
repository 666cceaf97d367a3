import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuditLog } from '../src/audit/create-audit-log.js'
import { closedSegments } from '../src/audit/segments.js'
import { verifyTrail } from '../src/audit/verify/verify-trail.js'
import { startProof } from './measure.js'
import { run } from './run-command.js'

// Twenty rotations, our own and those of the real logrotate (Debian: logrotate), while records are written without a pause.

const proof = startProof('A7: rotation loses and doubles nothing')
const records = proof.short ? 2_000 : 10_000
const key = Buffer.from('an audit key for a proof only')
const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-rotation-'))
try {
  await own()
  await rename()
  await copyTruncate()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

interface Trail {
  readonly file: string
  readonly lines: string[]
  /** Writes the records in bursts of fifty, and runs `between` after each part of them. */
  write(parts: number, between: (part: number) => Promise<void>): Promise<void>
  /** Writes records until the trail says so, for at most so many turns of the event loop. */
  writeUntil(said: () => boolean, turns: number): Promise<void>
  close(): Promise<void>
}

async function openTrail(name: string, maxFileBytes?: number): Promise<Trail> {
  const file = join(folder, name)
  const lines: string[] = []
  const audit = await createAuditLog({
    key: key.toString(),
    file,
    failureMode: 'closed',
    secrets: [],
    stderr: (line) => lines.push(line),
    ...(maxFileBytes !== undefined && { maxFileBytes }),
  })
  const reopen = (): void => audit.reopen()
  process.on('SIGHUP', reopen)
  return {
    file,
    lines,
    async write(parts, between) {
      let written = 0
      for (let part = 0; part < parts; part++) {
        const rotated = between(part)
        for (; written < ((part + 1) * records) / parts; written++) {
          audit.event('INFO', 'something happened', { event_type: 'lifecycle', written })
          if (written % 50 === 0) await new Promise(setImmediate)
        }
        await rotated
      }
    },
    async writeUntil(said, turns) {
      for (let turn = 0; turn < turns && !said(); turn++) {
        audit.event('INFO', 'something happened', { event_type: 'lifecycle', turn })
        await new Promise(setImmediate)
      }
    },
    async close() {
      await audit.close('lifespan_exit')
      process.off('SIGHUP', reopen)
    },
  }
}

function textOf(files: readonly string[]): string {
  return files.map((file) => readFileSync(file, 'utf8')).join('')
}

async function own(): Promise<void> {
  const lineBytes = 400
  const trail = await openTrail('own.jsonl', Math.floor((records * lineBytes) / 21))
  await trail.write(1, async () => {})
  await trail.close()
  const closed = closedSegments(trail.file)
  const report = await verifyTrail({ files: [trail.file], keys: [key] })
  proof.check('our own rotation closes 20 files or more', closed.length >= 20, `${closed.length}`)
  proof.check(
    'every record is in one of them, once and in order',
    textOf([...closed, trail.file]) === `${trail.lines.join('\n')}\n`,
    `${trail.lines.length} records`,
  )
  proof.check('they verify together', report.verdict === 'complete', report.verdict)
}

function logrotateConfig(file: string, how: string): string {
  const config = `${file}.logrotate.conf`
  writeFileSync(
    config,
    `${file} {\n  rotate 100\n  ${how}\n  postrotate\n    kill -HUP ${process.pid}\n  endscript\n}\n`,
  )
  return config
}

async function logrotate(config: string): Promise<void> {
  const { status, stderr } = await run('logrotate', ['-f', '-s', `${config}.state`, config])
  if (status !== 0) throw new Error(`logrotate failed; it is Debian's package logrotate: ${stderr}`)
}

/** `audit.jsonl.2`, `audit.jsonl.1`: the highest number is the oldest. */
function numbered(file: string): string[] {
  return Array.from({ length: 100 }, (_, at) => `${file}.${100 - at}`).filter((name) =>
    existsSync(name),
  )
}

async function rename(): Promise<void> {
  const trail = await openTrail('renamed.jsonl')
  const config = logrotateConfig(trail.file, 'create 0600')
  await trail.write(20, () => logrotate(config))
  await trail.close()
  const files = [...numbered(trail.file), trail.file]
  const report = await verifyTrail({ files, keys: [key] })
  proof.check('logrotate renames the file 20 times', files.length === 21, `${files.length - 1}`)
  proof.check(
    'every record is in one of them, once and in order',
    textOf(files) === `${trail.lines.join('\n')}\n`,
    `${trail.lines.length} records`,
  )
  proof.check('they verify together', report.verdict === 'complete', report.verdict)
}

async function copyTruncate(): Promise<void> {
  const trail = await openTrail('copied.jsonl')
  const config = logrotateConfig(trail.file, 'copytruncate')
  const timesNoticed = (): number =>
    trail.lines.filter((line) => line.includes('"cause": "truncated"')).length
  await trail.write(5, async (part) => {
    await logrotate(config)
    // Two in a row with nothing written in between would be one.
    await trail.writeUntil(() => timesNoticed() > part, 1_000)
  })
  await trail.close()
  const files = [...numbered(trail.file), trail.file]
  // A copy may end within a line, and that is not the beginning of the next file's first.
  const kept = new Set(files.flatMap((file) => textOf([file]).split('\n')))
  const lost = trail.lines.filter((line) => !kept.has(line)).map(seqOf)
  const report = await verifyTrail({ files, keys: [key] })
  const gaps = report.chains.flatMap((chain) => chain.gaps)
  const reported = gaps.reduce((sum, { fromSeq, toSeq }) => sum + toSeq - fromSeq + 1, 0)
  const inGaps = lost.filter((seq) => gaps.some((gap) => gap.fromSeq <= seq && seq <= gap.toSeq))
  const noticed = timesNoticed()
  proof.check('copytruncate is noticed each time', noticed === 5, `${noticed} of 5`)
  proof.check(
    'what it lost is reported with its range, no more and no less',
    reported === lost.length && inGaps.length === lost.length,
    `${lost.length} lost, ${reported} reported`,
  )
  proof.check(
    'the verdict says so',
    report.verdict === (lost.length > 0 ? 'tampered' : 'complete'),
    report.verdict,
  )
  proof.check(
    'nothing else is left behind',
    readdirSync(folder).every((name) => !name.endsWith('.new')),
  )
}

function seqOf(line: string): number {
  return (JSON.parse(line) as { seq: number }).seq
}
