import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { maxSpanMilliseconds, maxSpanRecords } from '../src/audit/checkpoint-span.js'
import { createAuditLog } from '../src/audit/create-audit-log.js'
import { verifyTrail } from '../src/audit/verify/verify-trail.js'
import { choicesFrom } from './choices.js'
import { startProof } from './measure.js'
import { buildTrail, sourceOf } from './trail-builder.js'

// A trail whose end was cut off at each of its records, and one that was written on after that.

const proof = startProof('A4: a cut-off end is found, or called unattested')
const random = choicesFrom(proof.random)
const keyText = 'an audit key for a proof only'
const keys = [Buffer.from(keyText)]
const step = proof.short ? 7 : 1

await truncation()
await resumption()
await distance()
proof.end()

async function truncation(): Promise<void> {
  const trail = buildTrail(keyText)
  trail.start()
  while (trail.lines().length < 300) {
    trail.change()
    if (trail.lines().length % 40 === 0) trail.checkpoint()
  }
  trail.checkpoint('shutdown')
  const lines = trail.lines()
  const copies = trail.checkpoints()
  const copyLines = copies.bytes.toString().split('\n').slice(0, -1)
  /** The same copies as a SIEM holds them. */
  const siem = {
    name: 'siem.log',
    bytes: Buffer.from(copyLines.map((line) => `Jan  2 03:04:05 host app: ${line}\n`).join('')),
  }
  let cuts = 0
  let found = 0
  let foundBySiem = 0
  let withoutNewer = 0
  let silent = 0
  for (let at = 1; at < lines.length; at += step) {
    cuts++
    const files = [sourceOf(lines.slice(0, at))]
    const beside = await verifyTrail({ files, keys, checkpoints: [copies] })
    if (beside.verdict === 'tampered' && beside.problem?.kind === 'truncated') found++
    const fromSiem = await verifyTrail({ files, keys, checkpoints: [siem] })
    if (fromSiem.verdict === 'tampered') foundBySiem++
    // The attacker cut the copies, too: nothing newer exists, and what is left must not pass for whole without saying so.
    const known = copyLines.filter((line) => lines.indexOf(line) < at)
    const cut = await verifyTrail({ files, keys, checkpoints: [sourceOf(known, 'cut')] })
    const [chain] = cut.chains
    const attested = at - known.length === 0 ? 0 : lines.indexOf(known.at(-1) ?? '') + 1
    if (cut.verdict === 'intact' && chain?.unattestedTail === at - attested) withoutNewer++
    else if (!(cut.verdict === 'complete' && attested === at)) silent++
  }
  proof.check('a newer checkpoint beside the file shows it', found === cuts, `${found} of ${cuts}`)
  proof.check('so does one in a SIEM', foundBySiem === cuts, `${foundBySiem} of ${cuts}`)
  proof.check(
    'without a newer one the unattested tail is told to the record',
    silent === 0,
    `${withoutNewer} of ${cuts}; the others were cut right behind a checkpoint`,
  )
  const none = await verifyTrail({ files: [sourceOf(lines)], keys })
  proof.check('without any copy nothing is complete', none.verdict === 'intact', none.verdict)
}

/** The real writer, started on what an attacker left. */
async function resumption(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-truncation-'))
  try {
    const file = join(folder, 'audit.jsonl')
    await writeTrail(file, 60)
    const whole = readFileSync(file, 'utf8')
    const copies = readFileSync(`${file}.checkpoints`, 'utf8')
    const lines = whole.split('\n').slice(0, -1)
    let tried = 0
    let refused = 0
    let found = 0
    for (let at = 1; at < lines.length; at += proof.short ? 13 : 3) {
      tried++
      writeFileSync(
        file,
        lines
          .slice(0, at)
          .map((line) => `${line}\n`)
          .join(''),
      )
      writeFileSync(`${file}.checkpoints`, copies)
      if (
        await writeTrail(file, 0).then(
          () => false,
          () => true,
        )
      )
        refused++
      // He also removes the copies, so that the service goes on; the SIEM still has them.
      writeFileSync(`${file}.checkpoints`, '')
      await writeTrail(file, 5 + random.below(100))
      const report = await verifyTrail({
        files: [file],
        keys,
        checkpoints: [{ name: 'siem', bytes: Buffer.from(copies) }],
      })
      if (report.verdict === 'tampered') found++
    }
    proof.check(
      'the service does not go on with a shortened trail',
      refused === tried,
      `${refused} of ${tried}`,
    )
    proof.check(
      'a trail that was shortened and then written on is found by a checkpoint in the SIEM',
      found === tried,
      `${found} of ${tried}`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function writeTrail(file: string, records: number): Promise<void> {
  const audit = await createAuditLog({
    key: keyText,
    file,
    failureMode: 'closed',
    secrets: [],
    stderr: () => {},
  })
  for (let at = 0; at < records; at++) audit.event('INFO', 'x', { event_type: 'lifecycle', at })
  await audit.close('lifespan_exit')
}

/** How far apart the checkpoints of the real writer are, by number and by time. */
async function distance(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-checkpoints-'))
  try {
    const file = join(folder, 'audit.jsonl')
    await writeTrail(file, 5_500)
    const records = readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { seq: number; event_type: string })
    const seqs = records
      .filter((each) => each.event_type === 'audit_checkpoint')
      .map(({ seq }) => seq)
    const gaps = seqs.map((seq, at) => seq - (seqs[at - 1] ?? 0))
    proof.check(
      'checkpoints are at most 1,000 records apart',
      maxSpanRecords < 1_000 && Math.max(...gaps) <= 1_000,
      `${Math.max(...gaps)}`,
    )
    const timers: number[] = []
    const audit = await createAuditLog({
      key: keyText,
      failureMode: 'closed',
      secrets: [],
      stderr: () => {},
      after: (milliseconds) => timers.push(milliseconds),
    })
    proof.check(
      'and at most 60 s after the first record they cover',
      maxSpanMilliseconds <= 60_000 && timers.includes(maxSpanMilliseconds),
      `${maxSpanMilliseconds / 1_000} s`,
    )
    await audit.close('lifespan_exit')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
