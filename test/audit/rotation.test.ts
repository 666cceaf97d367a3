import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import type { AuditLogOptions } from '../../src/audit/create-audit-log.js'
import { closedSegments } from '../../src/audit/segments.js'
import { verifyTrail } from '../../src/audit/verify/verify-trail.js'
import { call, entries, key, openTrail, settled, success } from './open-trail.js'

const check = (file: string) => verifyTrail({ files: [file], keys: [Buffer.from(key)] })
const recordsIn = (file: string) => entries(readFileSync(file, 'utf8'))
const day = 86_400_000

/** A trail whose clock the test turns. */
async function openTimedTrail(t: Test, options: Partial<AuditLogOptions> = {}) {
  let now = Date.now()
  const trail = await openTrail(t, { ...options, clock: () => new Date(now) })
  return {
    ...trail,
    pass(milliseconds: number) {
      now += milliseconds
    },
  }
}

t.test('a file that is large enough is closed, and the next record opens a new one', async (t) => {
  const { audit, file, lines } = await openTimedTrail(t, { maxFileBytes: 5_000 })
  for (let at = 0; at < 30; at++) await audit.outcome(call(), success)
  await audit.close('lifespan_exit')

  const closed = closedSegments(file)
  t.ok(closed.length >= 3, `${closed.length} closed files`)
  for (const segment of closed) {
    const last = recordsIn(segment).at(-1)
    t.match(last, { event_type: 'audit_checkpoint', cause: 'rotated' })
    t.equal(Number(segment.slice(-12)), last?.seq, 'its name tells the last record')
  }
  t.match(recordsIn(file)[0], {
    chain_event: 'file_opened',
    cause: 'rotated',
    previous_file: basename(closed.at(-1) ?? ''),
  })
  const all = [...closed, file].map((path) => readFileSync(path, 'utf8')).join('')
  t.equal(all, `${lines.join('\n')}\n`, 'nothing lost, nothing twice')
  t.match(await check(file), { verdict: 'complete', chains: [{ segments: closed.length + 1 }] })
})

t.test('a file that is old enough is closed at the next record', async (t) => {
  const { audit, file, pass } = await openTimedTrail(t, { maxFileAgeMs: day })
  await settled(audit)
  pass(day - 60_000)
  await settled(audit)
  t.equal(closedSegments(file).length, 0)

  pass(120_000)
  await settled(audit)

  t.equal(closedSegments(file).length, 1)
})

t.test('records that come in one go are parted where the limit is, none twice', async (t) => {
  const { audit, file, lines } = await openTimedTrail(t, { maxFileBytes: 4_096 })
  await Promise.all(Array.from({ length: 200 }, () => audit.outcome(call(), success)))
  await audit.close('lifespan_exit')

  const all = [...closedSegments(file), file].map((path) => readFileSync(path, 'utf8')).join('')
  t.equal(all, `${lines.join('\n')}\n`)
  t.match(await check(file), { verdict: 'complete' })
})

t.test('a rotation that fails is recorded, costs nothing, and is tried again later', async (t) => {
  const { audit, file, lines, pass } = await openTimedTrail(t, { maxFileBytes: 4_096 })
  await settled(audit)
  // The closed file's name is taken by a directory that holds something.
  const { seq } = entries(lines.join('\n')).at(-1) as { seq: number }
  const blockers: string[] = []
  const stamp = new Date(entries(lines.join('\n')).at(-1)?.timestamp as string)
  const time = stamp.toISOString().slice(0, 19).replace(/[-:]/g, '')
  for (let last = seq; last < seq + 40; last++) {
    const blocker = `${file}.${time}Z-${String(last).padStart(12, '0')}`
    mkdirSync(join(blocker, 'full'), { recursive: true })
    blockers.push(blocker)
  }

  for (let at = 0; at < 20; at++) await audit.outcome(call(), success)
  t.match(
    entries(lines.join('\n')).filter(({ level }) => level === 'ERROR'),
    [{ event_type: 'security_warning', message: 'Audit file cannot be rotated', reason: String }],
  )
  for (const blocker of blockers) {
    rmdirSync(join(blocker, 'full'))
    rmdirSync(blocker)
  }
  pass(61_000)
  await settled(audit)
  await audit.close('lifespan_exit')

  t.equal(closedSegments(file).length, 1)
  t.match(await check(file), { verdict: 'complete' })
})

t.test(
  'closed files are deleted when they are old enough and every receiver has them',
  async (t) => {
    const trail = await openTimedTrail(t, { maxFileBytes: 4_096, retentionMs: 30 * day })
    const { audit, file, lines, pass, timers } = trail
    let passedSeq = 0
    audit.keepSegmentsWhile(({ toSeq }) => (toSeq ?? 0) > passedSeq)
    for (let at = 0; at < 20; at++) await audit.outcome(call(), success)
    const [first = '', ...others] = closedSegments(file)
    const lastOfFirst = Number(first.slice(-12))
    /** Runs every timer, and waits until `done` says so. */
    const sweep = async (done: () => boolean) => {
      for (const timer of timers.splice(0)) timer()
      for (let turn = 0; turn < 10_000 && !done(); turn++) await new Promise(setImmediate)
    }
    const removed = () => entries(lines.join('\n')).filter(isRemoval)

    passedSeq = lastOfFirst
    await sweep(() => timers.length > 0)
    t.same(removed(), [], 'nothing is old yet')

    pass(31 * day)
    await sweep(() => closedSegments(file).length === others.length)
    t.match(removed(), [
      { file: basename(first), removed_from_seq: 1, removed_to_seq: lastOfFirst, chain_id: String },
    ])
    t.strictSame(closedSegments(file), others, 'the others were not yet taken')
    await audit.close('lifespan_exit')
    const kept = recordsIn(`${file}.checkpoints`).map(({ seq }) => seq as number)
    t.ok(kept.every((seq) => seq > lastOfFirst))
    t.match(await check(file), { verdict: 'complete', chains: [{ beginning: 'removed' }] })
    t.equal(
      readdirSync(dirname(file)).some((name) => name.endsWith('.new')),
      false,
    )
  },
)

t.test('a closed file that holds no record any more is dated by its name', async (t) => {
  const trail = await openTimedTrail(t, { maxFileBytes: 4_096, retentionMs: 30 * day })
  const { audit, file, pass } = trail
  for (let at = 0; at < 20; at++) await audit.outcome(call(), success)
  const [first = '', ...others] = closedSegments(file)
  writeFileSync(first, Buffer.alloc(4_096))
  const sweptWithin = async (turns: number) => {
    audit.sweep()
    for (let turn = 0; turn < turns && closedSegments(file).length > 0; turn++) {
      await new Promise(setImmediate)
    }
    return closedSegments(file)
  }

  t.strictSame(await sweptWithin(500), [first, ...others], 'nothing is old yet')
  pass(31 * day)
  t.strictSame(await sweptWithin(100_000), [])
})

const isRemoval = (record: { chain_event?: unknown }): boolean =>
  record.chain_event === 'segment_removed'
