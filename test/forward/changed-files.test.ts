import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { TrailPosition } from '../../src/audit/trail-position.js'
import { createTrailReader } from '../../src/audit/trail-reader.js'
import { startForwarding } from '../../src/forward/start-forwarding.js'
import { call } from '../audit/open-trail.js'
import { testDirectory } from '../helpers/test-directory.js'
import { key, seqs, startTrail, testReceiver, textOf } from './forwarding-bench.js'

// The files of a trail are renamed, copied, emptied and damaged while they are read: by logrotate, by people, by a crash.

t.test('logrotate may rename the file while a receiver is behind', async (t) => {
  const receiver = testReceiver()
  receiver.down = true
  const { file, audit, write, made, end } = await startTrail(t, testDirectory(t), [receiver])
  for (let turn = 3; turn > 0; turn--) {
    write(100)
    await audit.intent(call())
    for (let old = 2; old > 0; old--) {
      if (existsSync(`${file}.${old}`)) renameSync(`${file}.${old}`, `${file}.${old + 1}`)
    }
    renameSync(file, `${file}.1`)
  }
  write(100)
  await audit.intent(call())
  receiver.down = false
  await receiver.has(made.length)
  await end()

  t.strictSame(textOf(receiver), made)
})

t.test('records that a copytruncate lost are counted and told', async (t) => {
  const receiver = testReceiver()
  receiver.down = true
  const { file, audit, forwarding, write, made, end } = await startTrail(t, testDirectory(t), [
    receiver,
  ])
  write(50)
  await audit.intent(call())
  truncateSync(file)
  write(50)
  await audit.intent(call())
  receiver.down = false
  await receiver.has(50)
  await end()

  const lost = made.length - receiver.lines.length
  const arrived = new Set(seqs(receiver.lines))
  const firstLost = made.findIndex((_, at) => !arrived.has(at + 1)) + 1
  // What was read before it was emptied is delivered: at most a batch.
  t.ok(lost > 0)
  t.equal(forwarding.stats()[0]?.dropped, lost)
  t.match(
    made.map((line) => JSON.parse(line)).filter(({ reason }) => reason === 'records_missing'),
    [{ event_type: 'audit_forward_failure', lost_records: lost, first_seq: firstLost }],
  )
})

/** Reads a trail, from its beginning on unless told otherwise. */
function readerOf(
  t: Test,
  { audit, file }: Awaited<ReturnType<typeof startTrail>>,
  from: TrailPosition = { ...audit.begins, inode: null, offset: 0 },
) {
  const reader = createTrailReader({
    file,
    from,
    ownChainId: audit.begins.chainId,
    syncedBytes: (inode) => audit.store?.syncedBytes(inode) ?? null,
  })
  t.teardown(reader.close)
  const read = async (count: number): Promise<string[]> =>
    (await reader.read(count, 1_000_000)).lines.map(({ line }) => line)
  const readAll = async (): Promise<string[]> => {
    const lines = await read(1_000)
    return lines.length === 0 ? [] : [...lines, ...(await readAll())]
  }
  return { read, readAll }
}

t.test('a file that is renamed just before its first reading is read at once', async (t) => {
  const trail = await startTrail(t, testDirectory(t), [])
  const { audit, file, write, made } = trail
  await audit.intent(call())
  const { size, ino } = statSync(file)
  const had = made.length
  write(10)
  await audit.intent(call())
  const { readAll } = readerOf(t, trail, {
    chainId: audit.begins.chainId,
    inode: ino,
    offset: size,
    // Asked for when the file was found, and before it is opened to be read on.
    get seq() {
      if (existsSync(file)) renameSync(file, `${file}.1`)
      return had
    },
  })

  t.strictSame(await readAll(), made.slice(had))
})

t.test('a copytruncate while a receiver is behind loses nothing that the copy holds', async (t) => {
  for (const readBefore of [0, 10]) {
    const trail = await startTrail(t, testDirectory(t), [])
    const { audit, file, write, made } = trail
    const { read, readAll } = readerOf(t, trail)
    const lines: string[] = []
    for (let turn = 3; turn > 0; turn--) {
      write(100)
      await audit.intent(call())
      if (readBefore > 0) lines.push(...(await read(readBefore)))
      if (existsSync(`${file}.1`)) renameSync(`${file}.1`, `${file}.${turn + 1}`)
      copyFileSync(file, `${file}.1`)
      truncateSync(file)
    }
    write(20)
    await audit.intent(call())
    lines.push(...(await readAll()))

    t.strictSame(lines, made)
    await trail.end()
  }
})

t.test('a file that is emptied and outgrown again and again is read from its start', async (t) => {
  const trail = await startTrail(t, testDirectory(t), [])
  const { audit, file, write } = trail
  const { readAll } = readerOf(t, trail)
  await audit.intent(call())
  await readAll()
  for (let turn = 1; turn <= 3; turn++) {
    truncateSync(file)
    write(20 * turn ** 2, 'b'.repeat(71))
    await audit.intent(call())

    t.strictSame(await readAll(), readFileSync(file, 'utf8').trimEnd().split('\n'))
  }
})

t.test('a line that is none of the trail makes nothing go out again', async (t) => {
  const directory = testDirectory(t)
  for (const name of ['one', 'other']) {
    const trail = await startTrail(t, directory, [testReceiver()], { key: `${name} ${key}` })
    trail.write(20)
    await trail.end()
  }
  // As a power failure leaves them.
  appendFileSync(join(directory, 'audit.jsonl'), Buffer.alloc(300))
  const receiver = testReceiver()
  const { made, end } = await startTrail(t, directory, [receiver], { key: `other ${key}` })
  await end()

  t.strictSame(textOf(receiver), made)
})

t.test('a copytruncate before anything was read does not end the forwarding', async (t) => {
  const { file, audit, write, made, end } = await startTrail(t, testDirectory(t), [])
  write(50)
  await audit.intent(call())
  const lost = made.length
  truncateSync(file)
  write(5)
  await audit.intent(call())
  const receiver = testReceiver()
  const forwarding = await startForwarding(audit, [receiver])
  await receiver.has(made.length - lost)
  await end()
  await forwarding.close(2_000)

  t.strictSame(textOf(receiver), made.slice(lost))
  t.match(forwarding.stats(), [{ dropped: lost, waitingRecords: 0 }])
})

t.test('files that were moved and copied are found again by what is in them', async (t) => {
  const directory = testDirectory(t, { elsewhere: {} })
  const receiver = testReceiver()
  const first = await startTrail(t, directory, [receiver], { maxFileBytes: 10_000 })
  first.write(50)
  await first.end()
  const elsewhere = join(directory, 'elsewhere')
  for (const name of readdirSync(directory)) {
    if (name !== 'elsewhere')
      cpSync(join(directory, name), join(elsewhere, name), { recursive: true })
  }
  const second = await startTrail(t, elsewhere, [receiver], { maxFileBytes: 10_000 })
  await second.end()

  t.strictSame(textOf(receiver), [...first.made, ...second.made])
})

t.test('copies of an old part do not make records come twice', async (t) => {
  const receiver = testReceiver()
  const { file, audit, write, made, end } = await startTrail(t, testDirectory(t), [receiver], {
    maxFileBytes: 10_000,
  })
  write(30)
  await audit.intent(call())
  copyFileSync(file, `${file}.bak`)
  write(30)
  await audit.intent(call())
  rmSync(`${file}.bak`)
  await end()

  t.strictSame(textOf(receiver), made)
})
