import { randomUUID } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { closedSegments, forwardingDirectory } from '../../src/audit/segments.js'
import { createBacklog } from '../../src/forward/backlog.js'
import { cursorBehind } from '../../src/forward/cursor.js'
import { writeDeadLetters } from '../../src/forward/dead-letters.js'
import { createProgress } from '../../src/forward/progress.js'
import { call } from '../audit/open-trail.js'
import { testDirectory } from '../helpers/test-directory.js'
import { key, startTrail, testReceiver, textOf } from './forwarding-bench.js'
import { line as testLine } from './loopback.js'

const cursorFiles = (file: string): string[] =>
  readdirSync(forwardingDirectory(file))
    .filter((name) => name.endsWith('.cursor.json'))
    .map((name) => join(forwardingDirectory(file), name))

t.test('every receiver gets the very lines of the file, from the first to the last', async (t) => {
  const receivers = [testReceiver(), testReceiver('tcp://other.example:514')]
  const { file, write, end } = await startTrail(t, testDirectory(t), receivers)
  write(500)
  t.strictSame(await end(), [
    { destination: 'relp://siem.example:2514', undelivered: 0 },
    { destination: 'tcp://other.example:514', undelivered: 0 },
  ])

  const inFile = readFileSync(file, 'utf8').trimEnd().split('\n')
  for (const receiver of receivers) t.strictSame(textOf(receiver), inFile)
  t.equal(cursorFiles(file).length, 2)
  t.match(JSON.parse(readFileSync(cursorFiles(file)[0] ?? '', 'utf8')), {
    destination: 'relp://siem.example:2514',
    seq: inFile.length,
    offset: statSync(file).size,
  })
})

t.test(
  'a receiver that is away gets everything when it is back, also after restarts',
  async (t) => {
    const directory = testDirectory(t)
    const away = testReceiver()
    away.down = true
    const made: string[] = []
    for (let run = 0; run < 3; run++) {
      const trail = await startTrail(t, directory, [away], {
        forwarding: {},
        maxFileBytes: 20_000,
      })
      trail.write(100)
      await trail.audit.close('lifespan_exit')
      const [left] = await trail.forwarding.close(1)
      made.push(...trail.made)
      t.match(left, { undelivered: made.length })
    }
    away.down = false
    const trail = await startTrail(t, directory, [away])
    await away.has(made.length)
    await trail.end()

    t.strictSame(textOf(away), [...made, ...trail.made])
    t.ok(closedSegments(trail.file).length > 2, 'over several files')
  },
)

t.test('a new receiver begins with this process, and an old one goes on', async (t) => {
  const directory = testDirectory(t)
  const old = testReceiver()
  const first = await startTrail(t, directory, [old])
  first.write(10)
  await first.end()
  const young = testReceiver('relp://young.example:2514')
  const second = await startTrail(t, directory, [old, young])
  second.write(10)
  await second.end()

  t.strictSame(textOf(old), [...first.made, ...second.made])
  t.strictSame(textOf(young), second.made)
})

t.test('a receiver that has moved gets what waited for its old address', async (t) => {
  const directory = testDirectory(t)
  const before = testReceiver()
  before.down = true
  const first = await startTrail(t, directory, [before])
  first.write(10)
  await first.audit.close('lifespan_exit')
  await first.forwarding.close(1)
  const after = testReceiver('relp://moved.example:2514')
  const second = await startTrail(t, directory, [after])
  await second.end()

  t.strictSame(textOf(after), [...first.made, ...second.made])
  t.equal(cursorFiles(second.file).length, 1)
})

t.test('what a crash leaves behind the cursor is sent again, and nothing else', async (t) => {
  const directory = testDirectory(t, { crashed: {} })
  const receiver = testReceiver()
  const first = await startTrail(t, directory, [receiver])
  first.write(120)
  await receiver.has(100)
  // A kill: the files as they are, with a cursor that may be a batch behind.
  const crashed = join(directory, 'crashed')
  for (const name of readdirSync(directory)) {
    if (name.startsWith('audit.jsonl') && !name.endsWith('.lock')) {
      cpSync(join(directory, name), join(crashed, name), { recursive: true })
    }
  }
  const had = receiver.lines.length
  await first.end()
  const heir = testReceiver()
  const second = await startTrail(t, crashed, [heir])
  await second.end()

  const firstSeq = heir.lines[0]?.seq ?? 0
  t.ok(firstSeq > had - 2 * 50 && firstSeq <= had + 1, `${had} had arrived, again from ${firstSeq}`)
  t.strictSame(
    heir.lines.map(({ seq }) => seq),
    heir.lines.map((_, at) => firstSeq + at),
  )
})

t.test('a cursor that cannot be read costs no record', async (t) => {
  const directory = testDirectory(t)
  const receiver = testReceiver()
  const first = await startTrail(t, directory, [receiver])
  await first.end()
  for (const path of cursorFiles(first.file)) writeFileSync(path, '{"chain_id": ')
  const second = await startTrail(t, directory, [receiver])
  await second.end()

  t.strictSame(textOf(receiver), [...first.made, ...first.made, ...second.made])
  t.match(
    second.made.map((line) => JSON.parse(line)).find(({ reason }) => reason),
    { event_type: 'audit_forward_failure', reason: 'cursor_unreadable' },
  )
})

t.test('the next process is let in when the cursors move no more', async (t) => {
  const directory = testDirectory(t)
  const slow = testReceiver()
  let answer = (): void => {}
  const asked = new Promise<void>((resolve) => {
    const { send } = slow
    slow.send = async (batch) => {
      resolve()
      await new Promise<void>((answered) => {
        answer = answered
      })
      slow.send = send
      return send.call(slow, batch)
    }
  })
  const first = await startTrail(t, directory, [slow])
  await asked
  await first.audit.close('lifespan_exit')
  const closing = first.forwarding.close(2_000)

  await t.rejects(startTrail(t, directory, []), { message: /written by another process/ })
  answer()
  await closing
  const second = await startTrail(t, directory, [slow])
  await second.end()

  t.strictSame(textOf(slow), [...first.made, ...second.made])
})

t.test('a chain that is not resumed is followed all the same', async (t) => {
  const directory = testDirectory(t)
  const receiver = testReceiver()
  receiver.down = true
  const first = await startTrail(t, directory, [receiver])
  first.write(20)
  await first.audit.close('lifespan_exit')
  await first.forwarding.close(1)
  const second = await startTrail(t, directory, [receiver], { key: `another ${key}` })
  t.match(second.forwarding.stats(), [{ waitingRecords: first.made.length + second.made.length }])
  receiver.down = false
  await second.end()

  t.strictSame(textOf(receiver), [...first.made, ...second.made])
  t.match(second.forwarding.stats(), [{ waitingRecords: 0, waitingBytes: 0 }])
})

t.test('segments wait for the slowest receiver, and go when it has them', async (t) => {
  const slow = testReceiver()
  slow.down = true
  const quick = testReceiver('tcp://quick.example:514')
  const { file, audit, write, made, end } = await startTrail(t, testDirectory(t), [slow, quick], {
    maxFileBytes: 10_000,
    retentionMs: 0,
  })
  for (let turn = 0; turn < 10; turn++) {
    write(20)
    await audit.intent(call())
  }
  audit.sweep()
  await quick.has(made.length)
  t.ok(closedSegments(file).length >= 5)
  slow.down = false
  while (closedSegments(file).length > 0) await new Promise((resolve) => setImmediate(resolve))
  await end()

  for (const receiver of [slow, quick]) t.strictSame(textOf(receiver), made)
})

t.test('what every receiver had before this start is deleted at once', async (t) => {
  const directory = testDirectory(t)
  const first = await startTrail(t, directory, [testReceiver()], { maxFileBytes: 5_000 })
  first.write(30)
  await first.end()
  t.ok(closedSegments(first.file).length > 0)

  const second = await startTrail(t, directory, [testReceiver()], { retentionMs: 0 })
  for (let turn = 0; turn < 10_000 && closedSegments(first.file).length > 0; turn++) {
    await new Promise(setImmediate)
  }

  t.strictSame(closedSegments(first.file), [])
  await second.end()
})

t.test('a new receiver does not let go of what waits for another', async (t) => {
  const directory = testDirectory(t)
  const slow = testReceiver()
  slow.down = true
  const options = { maxFileBytes: 10_000, retentionMs: 0 }
  const first = await startTrail(t, directory, [slow], options)
  for (let turn = 0; turn < 5; turn++) {
    first.write(20)
    await first.audit.intent(call())
  }
  await first.audit.close('lifespan_exit')
  await first.forwarding.close(1)
  const young = testReceiver('tcp://young.example:514')
  const second = await startTrail(t, directory, [young, slow], options)
  await young.has(3)
  slow.down = false
  await second.end()

  t.strictSame(textOf(slow), [...first.made, ...second.made])
})

t.test(
  'files with several chains are deleted too, also when a receiver is new to them',
  async (t) => {
    const directory = testDirectory(t)
    for (let run = 0; run < 3; run++) {
      const trail = await startTrail(t, directory, [], { key: `key ${run} ${key}` })
      trail.write(10)
      await trail.end()
    }
    const options = { maxFileBytes: 5_000, retentionMs: 0, key: `last ${key}` }
    const { audit, file, write, end } = await startTrail(t, directory, [testReceiver()], options)
    write(30)
    await audit.intent(call())
    write(1)
    t.ok(closedSegments(file).length > 0)
    while (closedSegments(file).length > 0) await new Promise((resolve) => setImmediate(resolve))
    await end()
  },
)

t.test('a receiver has what it was given, however many chains came later', async (t) => {
  const at = (number: number) => ({ chainId: `chain ${number}`, seq: 9, inode: 1, offset: number })
  const progress = createProgress({
    begin: cursorBehind('chain 0', 0),
    file: null,
    backlog: createBacklog({ records: 0, bytes: 0 }),
    end: () => at(600),
    onTrouble: () => {},
    onFilePassed: () => {},
  })
  for (let number = 0; number <= 600; number++) {
    const { chainId } = at(number)
    progress.read({
      ...testLine(9),
      chainId,
      before: at(number),
      behind: at(number),
      lostBefore: 0,
    })
    await progress.save(undefined)
  }

  const part = { chainId: at(10).chainId, fromSeq: 1, toSeq: 9, lastMac: '' }
  t.equal(progress.lacks(part), false)
})

t.test('chains of which no file is left are forgotten at a start', async (t) => {
  const directory = testDirectory(t)
  const receiver = testReceiver()
  const chains: string[] = []
  for (const name of ['one', 'other']) {
    const trail = await startTrail(t, directory, [receiver], { key: `${name} ${key}` })
    chains.push(trail.audit.begins.chainId)
    await trail.end()
  }
  const [cursor = ''] = cursorFiles(join(directory, 'audit.jsonl'))
  const passedChains = () => JSON.parse(readFileSync(cursor, 'utf8')).passed_chains
  t.strictSame(passedChains(), chains.slice(0, 1))
  const stored = JSON.parse(readFileSync(cursor, 'utf8'))
  writeFileSync(
    cursor,
    JSON.stringify({ ...stored, passed_chains: [randomUUID(), ...passedChains()] }),
  )
  const trail = await startTrail(t, directory, [receiver], { key: `third ${key}` })
  await trail.end()

  t.strictSame(passedChains(), chains)
})

t.test('a trail that was put back from a copy is forwarded from where it goes on', async (t) => {
  const directory = testDirectory(t)
  const receiver = testReceiver()
  const first = await startTrail(t, directory, [receiver])
  first.write(10)
  await first.end()
  const [copy, checkpoints] = ['', '.checkpoints'].map((suffix) =>
    readFileSync(first.file + suffix),
  )
  const second = await startTrail(t, directory, [receiver])
  second.write(10)
  await second.end()
  writeFileSync(first.file, copy ?? '')
  writeFileSync(`${first.file}.checkpoints`, checkpoints ?? '')
  const third = await startTrail(t, directory, [receiver])
  await third.end()

  t.strictSame(textOf(receiver), [...first.made, ...second.made, ...third.made])
  t.ok(third.made.some((line) => line.includes('"reason": "cursor_ahead"')))
})

t.test('a dead letter that a crash cut off does not spoil the next', async (t) => {
  const path = join(testDirectory(t, { letters: '{"at":"2026-01-02T03:04' }), 'letters')
  const line = { ...testLine(7), line: 'the exact line' }
  await writeDeadLetters(path, { label: 'relp://a' }, [{ line, reason: 'http_400' }])
  await writeDeadLetters(path, { label: 'relp://a' }, [{ line, reason: 'http_422' }])

  const [, ...letters] = readFileSync(path, 'utf8').trimEnd().split('\n')
  t.match(
    letters.map((letter) => JSON.parse(letter)),
    [
      { reason: 'http_400', record: 'the exact line' },
      { reason: 'http_422', record: 'the exact line' },
    ],
  )
})

t.test(
  'while too much waits, changes are refused and the trail counts as not writable',
  async (t) => {
    const receiver = testReceiver()
    receiver.down = true
    const { audit, write, made, end } = await startTrail(t, testDirectory(t), [receiver], {
      forwarding: { limit: { bytes: 20_000, whenFull: 'block' } },
    })
    await t.resolves(audit.intent(call()))
    write(100)
    t.notOk(audit.writable())
    await t.rejects(audit.intent(call()), {
      code: 'audit_unavailable',
      message: /AUDIT_SPOOL_MAX_BYTES/,
    })
    receiver.down = false
    await receiver.has(made.length)

    t.ok(audit.writable())
    await t.resolves(audit.intent(call()))
    await end()
  },
)
