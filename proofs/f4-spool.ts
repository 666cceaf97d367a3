import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SpoolLimit } from '../src/forward/forwarder.js'
import { arrivals } from './arrivals.js'
import { startForwardingChild } from './forwarding-child.js'
import { startHttpReceiver, toHttp } from './forwarding-targets.js'
import { startProof } from './measure.js'
import type { RecordMakerOptions } from './record-maker.js'

// A spool directory with a limit, a receiver that is away, and more records than fit.

const proof = startProof(
  'F4: at its limit the spool blocks or drops, and every record is accounted for',
)
const limitBytes = (proof.short ? 4 : 64) * 1_048_576
const segmentBytes = Math.min(8_388_608, limitBytes / 16)
/** More than an agent makes in any minute. */
const perSecond = proof.short ? 1_500 : 4_000
/** A record of these takes about so much. */
const records = Math.ceil((limitBytes * 1.6) / 700)
const root = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-f4-'))

try {
  await dropOldest()
  await block()
} finally {
  rmSync(root, { recursive: true, force: true })
}
proof.end()

/** As `AUDIT_SPOOL_DIR` makes it: segments that go when every receiver has them. */
function spool(name: string, port: number, whenFull: SpoolLimit['whenFull']): RecordMakerOptions {
  const folder = join(root, name)
  mkdirSync(folder)
  const options = toHttp(folder, 'json_array', port, { limit: { bytes: limitBytes, whenFull } })
  return { ...options, audit: { ...options.audit, maxFileBytes: segmentBytes, retentionMs: 0 } }
}

function diskUse(name: string): number {
  return readdirSync(join(root, name))
    .filter((file) => file.startsWith('audit.jsonl'))
    .reduce(
      (sum, file) => sum + (statSync(join(root, name, file), { throwIfNoEntry: false })?.size ?? 0),
      0,
    )
}

async function dropOldest(): Promise<void> {
  const receiver = await startHttpReceiver('json_array')
  const child = await startForwardingChild(spool('drop', receiver.port, 'drop_oldest'))
  try {
    await child.make(500)
    await child.drained(30_000)
    await receiver.away()
    let most = 0
    for (let portion = 0; portion < 20; portion++) {
      await child.make(Math.ceil(records / 20), perSecond)
      most = Math.max(most, diskUse('drop'))
    }
    const full = await child.state()
    const [waiting] = full.destinations
    proof.check(
      'drop_oldest, receiver away: made = delivered + waiting + gap, to the record',
      waiting !== undefined &&
        full.lastSeq === waiting.delivered + waiting.waitingRecords + waiting.dropped &&
        waiting.dropped > 0,
      `${full.lastSeq} = ${waiting?.delivered} + ${waiting?.waitingRecords} + ${waiting?.dropped}`,
    )
    checkDisk('drop_oldest', most)
    await receiver.back()
    await child.drained(60_000)
    await child.make(10)
    await child.drained(10_000)
    const { lastSeq, destinations } = await child.state()
    const { distinct, inOrder } = arrivals(receiver.records, lastSeq)
    const gaps = receiver.records
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ reason, lost_records }) => reason === 'spool_full' && lost_records !== undefined)
    const told = gaps.reduce((sum, gap) => sum + Number(gap.lost_records), 0)
    proof.check(
      'drop_oldest, receiver back: it has all but the gap, and was told which',
      destinations[0]?.waitingRecords === 0 && distinct + told === lastSeq && inOrder,
      `${distinct} + ${told} told in ${gaps.length} records = ${lastSeq}`,
    )
    const left = readdirSync(join(root, 'drop')).filter((file) => /-\d{12}$/.test(file)).length
    proof.check('segments that it has are gone', left <= 1, `${left} closed segments left`)
  } finally {
    await child.kill()
    await receiver.away()
  }
}

async function block(): Promise<void> {
  const receiver = await startHttpReceiver('json_array')
  const child = await startForwardingChild(spool('block', receiver.port, 'block'))
  try {
    await receiver.away()
    // Records of reads fill it nearly, and changes the rest.
    await child.make(Math.floor((limitBytes * 0.95) / 700))
    let state = await child.change(10)
    for (let turn = 0; turn < 2_000 && state.refused === 0; turn++) state = await child.change(100)
    const refusedAt = state.made
    state = await child.change(200)
    proof.check(
      'block: at the limit changes are refused, before anything of them is recorded',
      state.refused >= 200 && state.made === refusedAt,
      `${state.refused} refused`,
    )
    const [waiting] = state.destinations
    proof.check(
      'block: made = delivered + waiting, nothing dropped',
      waiting !== undefined &&
        state.lastSeq === waiting.delivered + waiting.waitingRecords &&
        waiting.dropped === 0,
      `${state.lastSeq} = ${waiting?.delivered} + ${waiting?.waitingRecords}`,
    )
    checkDisk('block', diskUse('block'))
    await receiver.back()
    await child.drained(60_000)
    const before = state.refused
    state = await child.change(10)
    await child.drained(10_000)
    const { lastSeq } = await child.state()
    const { missing, inOrder } = arrivals(receiver.records, lastSeq)
    proof.check(
      'block: once it has caught up changes go on, and it has everything',
      state.refused === before && missing === 0 && inOrder,
      `${lastSeq - missing} of ${lastSeq}`,
    )
  } finally {
    await child.kill()
    await receiver.away()
  }
}

function checkDisk(policy: string, bytes: number): void {
  const allowed = limitBytes + segmentBytes
  proof.check(
    `${policy}: the directory holds at most the limit and a segment`,
    bytes <= allowed,
    `${(bytes / 1_048_576).toFixed(2)} MB of ${(allowed / 1_048_576).toFixed(2)} MB`,
  )
}
