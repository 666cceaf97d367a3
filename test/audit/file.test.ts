import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type JournalOptions, openJournal } from '../../src/audit/journal.js'
import { verifyTrail } from '../../src/audit/verify/verify-trail.js'
import { testDirectory } from '../helpers/test-directory.js'
import { call, copyOf, entries, key, openTrail, settled, success } from './open-trail.js'
import { vectorKey, vectorLines } from './reference-chain.js'

const check = (file: string, keyText = key) =>
  verifyTrail({ files: [file], keys: [Buffer.from(keyText)] })

const openTestJournal = (path: string, options: Partial<JournalOptions>) =>
  openJournal({
    path,
    maxQueuedRecords: 10,
    onFailure: () => {},
    onRecovery: () => {},
    ours: () => true,
    after: () => {},
    retryMilliseconds: 1_000,
    deadline: () => () => {},
    ...options,
  })

t.test('a restart goes on with the chain it can verify', async (t) => {
  const first = await openTrail(t)
  await first.audit.outcome(call(), success)
  await first.audit.close('lifespan_exit')

  const second = await openTrail(t, { file: first.file })
  await second.audit.outcome(call(), success)

  const [start] = entries(second.lines.join('\n'))
  const before = JSON.parse(first.lines.at(-1) ?? '')
  t.match(start, {
    resumed_from_prior: true,
    prior_chain_tail: before.integrity_hmac.slice(0, 12),
    prior_tail_status: 'resumed',
    seq: 5,
    chain_id: before.chain_id,
  })
  t.match(await check(first.file), {
    verdict: 'intact',
    records: 6,
    chains: [{ starts: 2, attestedSeq: 4, unattestedTail: 2 }],
  })
})

t.test('a chain of the reference server is continued', async (t) => {
  const file = join(testDirectory(t), 'audit.log')
  writeFileSync(file, `${vectorLines.join('\n')}\n`)

  const { audit, lines } = await openTrail(t, { file, key: vectorKey })
  await audit.outcome(call(), success)

  t.match(JSON.parse(lines[0] ?? ''), { prior_tail_status: 'resumed', seq: 1 })
  t.match(await check(file, vectorKey), { verdict: 'intact', records: 4 })
})

t.test('a record that a crash cut off is moved away, and nothing is written onto it', async (t) => {
  const first = await openTrail(t)
  await first.audit.outcome(call(), success)
  await first.audit.close('lifespan_exit')
  const whole = readFileSync(first.file, 'utf8')

  for (const cut of [whole.length - 2, whole.length - 70, whole.length - 300]) {
    writeFileSync(first.file, whole)
    truncateSync(first.file, cut)
    rmSync(`${first.file}.checkpoints`)
    const { audit, lines } = await openTrail(t, { file: first.file })
    await settled(audit)
    await audit.close('lifespan_exit')

    t.match(entries(lines.join('\n')), [
      { chain_event: 'chain_start', prior_tail_status: 'resumed', seq: 4 },
      { chain_event: 'torn_tail_removed', torn_bytes: Number },
    ])
    t.match(await check(first.file), { verdict: 'complete', tornTails: [] })
  }
  t.equal(readdirSync(join(first.file, '..')).filter((name) => name.includes('.torn-')).length, 3)
})

t.test('a whole record that only lost its line feed stays part of the chain', async (t) => {
  const first = await openTrail(t)
  await first.audit.close('lifespan_exit')
  truncateSync(first.file, statSync(first.file).size - 1)

  const { audit, lines } = await openTrail(t, { file: first.file })
  await settled(audit)

  t.match(JSON.parse(lines[0] ?? ''), { prior_tail_status: 'resumed', seq: 4 })
  t.match(await check(first.file), { verdict: 'intact', records: 5 })
})

t.test('an end that the key does not confirm is not adopted', async (t) => {
  const first = await openTrail(t)
  await first.audit.close('lifespan_exit')
  const forged = readFileSync(first.file, 'utf8').replace(
    /[0-9a-f]{64}"\}\n$/,
    `${'f'.repeat(64)}"}\n`,
  )
  writeFileSync(first.file, forged)

  const { audit, lines } = await openTrail(t, { file: first.file })
  await settled(audit)

  t.match(entries(lines.join('\n')), [
    {
      chain_event: 'chain_start',
      resumed_from_prior: false,
      prior_tail_status: 'unverifiable',
      prior_chain_tail: 'ffffffffffff',
      seq: 1,
    },
    { event_type: 'security_warning', retention_class: 'security_audit' },
  ])
  t.match(await check(first.file), { verdict: 'tampered' })
})

t.test('another key begins another chain under its own name', async (t) => {
  const first = await openTrail(t)
  await first.audit.close('lifespan_exit')

  const { audit, lines } = await openTrail(t, { file: first.file, key: 'the-next-audit-key' })
  await settled(audit)

  const [start] = entries(lines.join('\n'))
  t.match(start, { prior_tail_status: 'unverifiable', seq: 1 })
  t.not(start?.key_id, JSON.parse(first.lines[0] ?? '').key_id)
  t.match(await check(first.file, 'the-next-audit-key'), {
    verdict: 'not_verifiable',
    notVerifiable: [{ firstSeq: 1, lastSeq: 3 }],
    records: 4,
  })
})

t.test('foreign and empty files are told apart, and keep what they hold', async (t) => {
  const directory = testDirectory(t, {
    empty: '',
    foreign: 'my shopping list',
    lines: 'one\ntwo\n',
  })
  const expected = { empty: 'empty_file', foreign: 'unreadable', lines: 'unreadable' }

  for (const [name, status] of Object.entries(expected)) {
    const file = join(directory, name)
    const before = readFileSync(file, 'utf8')
    const { audit, lines } = await openTrail(t, { file })
    await settled(audit)

    t.match(JSON.parse(lines[0] ?? ''), { prior_tail_status: status })
    t.ok(readFileSync(file, 'utf8').startsWith(before))
  }
})

t.test('a file that cannot be opened is a clear refusal to start', async (t) => {
  const directory = testDirectory(t)

  await t.rejects(openTrail(t, { file: join(directory, 'none', 'audit.log') }), {
    message: 'AUDIT_LOG_FILE cannot be opened: its directory does not exist',
  })
  await t.rejects(openTrail(t, { file: directory }), {
    message: 'AUDIT_LOG_FILE cannot be opened: it is a directory',
  })
})

t.test(
  'after a rename the trail goes on in a new file that verifies by itself and with the old one',
  async (t) => {
    const { audit, file } = await openTrail(t)
    await settled(audit)
    renameSync(file, `${file}.1`)
    await settled(audit)
    await settled(audit)

    t.match(entries(readFileSync(file, 'utf8')), [
      { chain_event: 'file_opened', cause: 'replaced', seq: 3 },
      { event_type: 'audit', seq: 4 },
      { event_type: 'audit', seq: 5 },
    ])
    t.match(await check(file), { verdict: 'intact', records: 5, chains: [{ segments: 2 }] })
    const alone = copyOf(file)
    t.match(await check(alone), { records: 3, chains: [{ beginning: 'not_given' }] })
    t.match(await check(`${file}.1`), { verdict: 'intact', records: 2 })
    appendFileSync(`${file}.1`, readFileSync(file))
    t.match(await check(`${file}.1`), { verdict: 'intact', records: 5 })
  },
)

t.test('a file that shrinks under us is noticed and recorded', async (t) => {
  const { audit, file } = await openTrail(t)
  await settled(audit)
  truncateSync(file, 0)
  await settled(audit)

  t.match(entries(readFileSync(file, 'utf8')), [
    { chain_event: 'file_opened', cause: 'truncated', level: 'WARNING' },
    { event_type: 'audit' },
  ])
})

t.test('a full disk stops mutations, unless the operator chose to go on', async (t) => {
  const closed = await openTrail(t, { file: '/dev/full' })
  const open = await openTrail(t, { file: '/dev/full', failureMode: 'open' })

  await t.rejects(closed.audit.intent(call()), {
    code: 'audit_unavailable',
    message: /^The audit trail cannot be written/,
  })
  await t.resolves(open.audit.intent(call()))

  t.equal(closed.audit.writable(), false)
  t.match(
    entries(closed.lines.join('\n')).filter(({ level }) => level === 'CRITICAL'),
    [{ event_type: 'security_warning', level: 'CRITICAL', reason: 'ENOSPC' }],
  )
})

t.test(
  'after an outage everything that waited is written, and mutations are possible again',
  async (t) => {
    const { audit, file, lines, timers } = await openTrail(t)
    await settled(audit)
    renameSync(file, `${file}.1`)
    mkdirSync(file)

    await t.rejects(audit.intent(call()), { code: 'audit_unavailable' })
    audit.event('INFO', 'while it lasts', { event_type: 'lifecycle' })
    t.equal(audit.writable(), false)
    t.match(audit.stats(), { queued: 4, lostToFile: 0 })
    rmdirSync(file)
    while (!audit.writable()) {
      timers.shift()?.()
      await new Promise(setImmediate)
    }
    await audit.intent(call())

    t.equal(readFileSync(`${file}.1`, 'utf8') + readFileSync(file, 'utf8'), `${lines.join('\n')}\n`)
    t.match(await check(file), { verdict: 'intact' })
  },
)

t.test(
  'a file that is renamed during an outage keeps what waited, and both files verify',
  async (t) => {
    const { audit, file, timers } = await openTrail(t)
    await settled(audit)
    renameSync(file, `${file}.1`)
    // A link to itself: what has the path cannot even be looked at.
    symlinkSync(file, file)

    await t.rejects(audit.intent(call()), { code: 'audit_unavailable' })
    t.doesNotThrow(() => audit.event('INFO', 'while it lasts', { event_type: 'lifecycle' }))
    t.equal(audit.writable(), false)
    appendFileSync(`${file}.1`, '{"timestamp": "half a rec')
    unlinkSync(file)
    while (!audit.writable()) {
      timers.shift()?.()
      await new Promise(setImmediate)
    }
    await audit.intent(call())

    t.match(entries(readFileSync(file, 'utf8')), [
      { chain_event: 'file_opened', cause: 'replaced' },
      { event_type: 'audit_intent' },
    ])
    t.match(await check(file), {
      verdict: 'intact',
      records: 9,
      chains: [{ segments: 2 }],
      tornTails: [],
    })
  },
)

t.test('an outage that begins and is retried during a slow write ends too', async (t) => {
  const { audit, file, lines, timers } = await openTrail(t)
  await settled(audit)
  audit.event('INFO', 'under way', { event_type: 'lifecycle' })
  renameSync(file, `${file}.1`)
  symlinkSync(file, file)
  audit.reopen()
  unlinkSync(file)
  timers.pop()?.()
  t.equal(audit.writable(), false)

  for (let turn = 0; turn < 10_000 && !audit.writable(); turn++) await new Promise(setImmediate)
  await audit.intent(call())

  t.equal(readFileSync(`${file}.1`, 'utf8') + readFileSync(file, 'utf8'), `${lines.join('\n')}\n`)
  t.match(await check(file), { verdict: 'intact' })
})

t.test('whoever lost the file neither cuts back nor adds to what is in it now', async (t) => {
  const path = join(testDirectory(t), 'audit.log')
  const timers: (() => void)[] = []
  let ours = true
  const journal = openTestJournal(path, {
    ours: () => ours,
    after: (_, callback) => timers.push(callback),
  })
  await journal.append('ours')
  renameSync(path, `${path}.1`)
  symlinkSync(path, path)
  journal.beganNewFile()
  await t.rejects(journal.append('waits'))
  renameSync(`${path}.1`, path)
  appendFileSync(path, 'theirs\n')
  ours = false
  timers.shift()?.()
  for (let turn = 0; turn < 100 && journal.queued() > 0; turn++) await new Promise(setImmediate)
  await journal.close()

  t.equal(readFileSync(path, 'utf8'), 'ours\ntheirs\n')
  await t.rejects(journal.append('too late'))
})

t.test('a line that waits when the file is lost is not written', async (t) => {
  const path = join(testDirectory(t), 'audit.log')
  let ours = true
  const journal = openTestJournal(path, { ours: () => ours })
  const first = journal.append('first')
  await Promise.resolve()
  const second = journal.append('second')
  ours = false

  await t.rejects(second, { message: /another/ })
  await first.catch(() => {})
  t.equal(readFileSync(path, 'utf8'), 'first\n')
})

t.test('a disk that hangs is an outage until it goes on, and gets every line once', async (t) => {
  const path = join(testDirectory(t), 'pipe')
  execFileSync('mkfifo', [path])
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  t.teardown(() => closeSync(pipe))
  const timers: (() => void)[] = []
  const deadlines = new Set<() => void>()
  const journal = openTestJournal(path, {
    after: (_, callback) => timers.push(callback),
    deadline(_, callback) {
      deadlines.add(callback)
      return () => deadlines.delete(callback)
    },
  })
  // More than a pipe holds: the write ends when somebody reads.
  const lines = ['x'.repeat(200_000), 'meanwhile', 'later']
  const under = journal.append(lines[0] ?? '')
  while (deadlines.size === 0) await new Promise(setImmediate)
  for (const callback of deadlines) callback()

  await t.rejects(under, { message: /ETIMEDOUT/ })
  t.equal(journal.writable(), false)
  await t.rejects(journal.append(lines[1] ?? ''))
  timers.shift()?.()
  let text = ''
  const read = (): void => {
    const bytes = Buffer.alloc(1_048_576)
    try {
      text += bytes.toString('latin1', 0, readSync(pipe, bytes))
    } catch {
      // Nothing there at present.
    }
  }
  while (!journal.writable()) {
    read()
    await new Promise(setImmediate)
  }
  await journal.append(lines[2] ?? '')
  await journal.close()
  read()

  t.equal(text, `${lines.join('\n')}\n`)
})

t.test('what no memory was left for ends the chain in the file, visibly', async (t) => {
  const { audit, file, timers } = await openTrail(t, { maxQueuedRecords: 3 })
  await settled(audit)
  const before = readFileSync(file)
  renameSync(file, `${file}.1`)
  mkdirSync(file)
  for (let at = 0; at < 10; at++) audit.event('INFO', 'x', { event_type: 'lifecycle' })
  rmdirSync(file)
  writeFileSync(file, before)
  while (!audit.writable()) {
    timers.shift()?.()
    await new Promise(setImmediate)
  }
  await settled(audit)

  const all = entries(readFileSync(file, 'utf8'))
  t.match(all.at(-3), { prior_tail_status: 'records_lost', lost_records: 9, seq: 1 })
  t.match(audit.stats(), { lostToFile: 9, queued: 0 })
  t.match(await check(copyOf(file)), { verdict: 'intact', chains: [{}, {}] })
})
