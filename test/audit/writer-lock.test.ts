import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { link as giveName } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import type { Link } from '../../src/audit/lock-file.js'
import {
  type LockOwner,
  type ProcessIdentity,
  type ThisProcess,
  thisProcess,
} from '../../src/audit/lock-owner.js'
import { acquireWriterLock, type WriterLockOptions } from '../../src/audit/writer-lock.js'
import { randomNumbers } from '../helpers/random-numbers.js'
import { testDirectory } from '../helpers/test-directory.js'
import { call, clock, openTrail, settled } from './open-trail.js'

/** A machine with processes of our making: pid → start time. */
function machine(changes: Partial<ProcessIdentity> = {}) {
  const running = new Map<number, number>()
  return {
    running,
    process(pid: number, start_time = pid * 10): ThisProcess {
      running.set(pid, start_time)
      const identity = {
        host: 'web-1',
        boot_id: 'this boot',
        pid,
        pid_namespace: 'pid:[1]',
        start_time,
        ...changes,
      }
      return { identity, startTimeOf: (other) => running.get(other) ?? 'gone' }
    },
  }
}

/** A lock whose heartbeats and pauses happen when the test says so. */
async function acquire(file: string, self: ThisProcess, options: Partial<WriterLockOptions> = {}) {
  const beats: (() => Promise<void>)[] = []
  const lost: string[] = []
  const lock = await acquireWriterLock(file, {
    command: 'mcp-defectdojo serve',
    clock,
    self,
    onLost: (owner) => lost.push(owner),
    every(_milliseconds, callback) {
      beats.push(callback)
      return () => beats.splice(0)
    },
    pause: async () => {},
    ...options,
  })
  const beat = async (): Promise<void> => {
    for (const callback of beats) await callback()
  }
  return { ...lock, beat, lost, beats }
}

const newFile = (t: Test): string => join(testDirectory(t), 'audit.jsonl')
const contentOf = (file: string): LockOwner => JSON.parse(readFileSync(`${file}.lock`, 'utf8'))
const beside = (file: string): string[] => readdirSync(join(file, '..')).sort()

/** Makes the lock look as if it was renewed so many seconds ago; negative: in the future. */
function renewedBefore(file: string, seconds: number): void {
  const at = new Date(Date.now() - seconds * 1000)
  utimesSync(`${file}.lock`, at, at)
}

function leaveLock(file: string, changes: Partial<LockOwner> = {}, seconds = 0): void {
  const owner: LockOwner = {
    host: 'web-1',
    boot_id: 'this boot',
    pid: 4711,
    pid_namespace: 'pid:[1]',
    start_time: 47110,
    instance: '00000000-0000-4000-8000-000000004711',
    command: 'mcp-defectdojo serve',
    acquired_at: '2026-01-02T03:04:05.678Z',
    ...changes,
  }
  writeFileSync(`${file}.lock`, JSON.stringify(owner))
  renewedBefore(file, seconds)
}

const refusal = {
  message:
    'AUDIT_LOG_FILE is written by another process (pid 4711 on host web-1, "mcp-defectdojo serve", since 2026-01-02T03:04:05.678Z); one process per file: stop it, or give this one a file of its own',
}

t.test(
  'a second process is refused and told who writes, until the first one is done',
  async (t) => {
    const file = newFile(t)
    const { process } = machine()
    const first = await acquire(file, process(4711))

    await t.rejects(acquire(file, process(4712)), refusal)

    t.equal(first.held(), true)
    t.match(contentOf(file), { ...process(4711).identity, command: 'mcp-defectdojo serve' })
    t.equal(statSync(`${file}.lock`).mode & 0o777, 0o600)
    t.same(beside(file), ['audit.jsonl.lock'])
    await Promise.all([first.release(), first.release()])
    t.equal(first.held(), false)
    t.same(beside(file), [])
    await t.resolves(acquire(file, process(4712)))
  },
)

t.test('what another host is told holds no bytes that a terminal would obey', async (t) => {
  const file = newFile(t)
  leaveLock(file, { host: 'far\u001b[2J', boot_id: null, command: 'x\u009b\n' })

  await t.rejects(acquire(file, machine().process(1)), {
    message: /\(pid 4711 on host far\?\[2J, "x\?\?", since/,
  })
})

t.test('the lock of a process that is gone is taken over', async (t) => {
  const file = newFile(t)
  const { process, running } = machine()
  const dead = await acquire(file, process(4711))
  running.delete(4711)

  const next = await acquire(file, process(4712))

  t.equal(contentOf(file).pid, 4712)
  t.same(beside(file), ['audit.jsonl.lock'])
  await dead.beat()
  t.equal(dead.held(), false)
  t.equal(next.held(), true)
})

t.test('a pid that was given to another process does not keep the lock', async (t) => {
  const file = newFile(t)
  const { process } = machine()
  process(4711, 99_999)
  leaveLock(file)

  await t.resolves(acquire(file, process(4712)))
})

t.test('a running process keeps the lock, however long it is silent', async (t) => {
  const file = newFile(t)
  const { process } = machine()
  process(4711)
  leaveLock(file, {}, 3_600)

  await t.rejects(acquire(file, process(4712)), refusal)
})

t.test('what cannot be looked at is judged by its heartbeat', async (t) => {
  const elsewhere: Record<string, Partial<LockOwner>> = {
    'another pid namespace': { pid_namespace: 'pid:[2]' },
    'another host': { host: 'web-2', boot_id: 'its boot' },
    'an unknown pid namespace': { pid_namespace: null, start_time: null },
    'no boot id': { boot_id: null },
  }
  for (const [name, changes] of Object.entries(elsewhere)) {
    const file = join(testDirectory(t), 'audit.jsonl')
    const { process } = machine()

    leaveLock(file, changes, 14)
    await t.rejects(acquire(file, process(1)), { message: /written by .*pid 4711/ }, name)
    leaveLock(file, changes, 16)
    await t.resolves(acquire(file, process(1)), name)
    leaveLock(file, changes, -16)
    await t.resolves(acquire(file, process(1)), `${name}, under a clock that was set back`)
  }
})

t.test('an owner that was only asleep keeps the lock', async (t) => {
  const file = newFile(t)
  leaveLock(file, { pid_namespace: 'pid:[2]' }, 3_600)
  const pauses: number[] = []

  const second = acquire(file, machine().process(1), {
    pause: async (milliseconds) => {
      pauses.push(milliseconds)
      renewedBefore(file, 0)
    },
  })

  await t.rejects(second, refusal)
  t.same(pauses, [2_500])
})

t.test('a lock from before a restart of the host is stale, once that is certain', async (t) => {
  const file = newFile(t)
  const { process } = machine()
  process(4711)

  leaveLock(file, { boot_id: 'the boot before' }, 0)
  await t.rejects(acquire(file, process(1)), refusal, 'it may be another host of the same name')
  leaveLock(file, { boot_id: 'the boot before' }, 4)
  await t.resolves(acquire(file, process(1)))
})

t.test('where there is no /proc, the pid and the heartbeat decide', async (t) => {
  const file = newFile(t)
  const nothingKnown = { boot_id: null, pid_namespace: null, start_time: null }
  const { process } = machine(nothingKnown)
  const running = { ...process(2), startTimeOf: () => 'unknown' as const }

  leaveLock(file, nothingKnown)
  await t.resolves(acquire(file, process(1)), 'no such process')
  leaveLock(file, nothingKnown)
  await t.rejects(acquire(file, running), refusal)
  leaveLock(file, nothingKnown, 16)
  await t.resolves(acquire(file, running), 'another process has its pid')
})

t.test('a file that is no lock counts as one for 15 s', async (t) => {
  const garbage = ['', 'no JSON', '{"pid": 1}', JSON.stringify({ instance: '../../etc/passwd' })]
  for (const content of garbage) {
    const file = join(testDirectory(t), 'audit.jsonl')
    writeFileSync(`${file}.lock`, content)

    await t.rejects(acquire(file, machine().process(1)), {
      message: /^AUDIT_LOG_FILE is written by another process \(an unknown process\)/,
    })
    renewedBefore(file, 16)
    await t.resolves(acquire(file, machine().process(1)))
    t.same(beside(file), ['audit.jsonl.lock'])
  }
})

/** Lets others go first, for a while. */
async function yieldUpTo(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
}

async function contend(t: Test, seed: number, withLinks: boolean) {
  const random = randomNumbers(seed)
  const file = join(testDirectory(t), 'audit.jsonl')
  const { process } = machine()
  leaveLock(file)
  const link: Link = async (from, to) => {
    await yieldUpTo(random(6))
    if (!withLinks) throw Object.assign(new Error('no links here'), { code: 'EPERM' })
    await giveName(from, to)
    await yieldUpTo(random(6))
  }
  const contenders = Array.from({ length: 20 }, async (_, at) => {
    const self = process(100 + at)
    await yieldUpTo(random(12))
    return acquire(file, self, { link })
  })
  const ends = await Promise.allSettled(contenders)
  return {
    file,
    winners: ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : [])),
    refusals: ends.flatMap((end) => (end.status === 'rejected' ? [end.reason.message] : [])),
  }
}

t.test('of 20 that want one stale lock, one gets it and the others learn which', async (t) => {
  for (let seed = 1; seed <= 50; seed++) {
    const { file, winners, refusals } = await contend(t, seed, true)

    const { pid } = contentOf(file)
    t.equal(winners.length, 1, `seed ${seed}`)
    t.same(
      new Set(refusals.map((text: string) => /pid (\d+)/.exec(text)?.[1])),
      new Set([`${pid}`]),
    )
    t.same(beside(file), ['audit.jsonl.lock'])
    await winners[0]?.beat()
    t.equal(winners[0]?.held(), true)
    t.same(winners[0]?.lost, [])
  }
})

t.test('the same on a file system without hard links', async (t) => {
  for (let seed = 1; seed <= 10; seed++) {
    const { file, winners, refusals } = await contend(t, seed, false)

    t.equal(winners.length, 1, `seed ${seed}`)
    t.equal(refusals.length, 19)
    t.same(beside(file), ['audit.jsonl.lock'])
  }
})

t.test('a process that ends while it takes over is followed by another one', async (t) => {
  const file = newFile(t)
  const { process, running } = machine()
  leaveLock(file)
  const killed: Link = async (from, to) => {
    await giveName(from, to)
    throw new Error('killed')
  }

  for (const pid of [1, 2]) {
    await t.rejects(acquire(file, process(pid), { link: killed }))
    t.equal(contentOf(file).pid, 4711)
    await t.rejects(acquire(file, process(9)), { message: RegExp(`pid ${pid} `) }, 'it still runs')
    running.delete(pid)
  }
  await acquire(file, process(3))

  t.equal(contentOf(file).pid, 3)
  t.same(beside(file), ['audit.jsonl.lock'])
})

t.test('whoever looked too early does not take the lock of a new owner', async (t) => {
  const file = newFile(t)
  const { process } = machine()
  leaveLock(file)
  const slow: Link = async (from, to) => {
    if (to.toString().includes('.after-')) {
      await acquire(file, process(2)).catch(() => {})
    }
    await giveName(from, to)
  }

  await t.rejects(acquire(file, process(1), { link: slow }), { message: /pid 2 / })

  t.equal(contentOf(file).pid, 2)
  t.same(beside(file), ['audit.jsonl.lock'])
})

t.test('an answer that a network file system lost changes nothing', async (t) => {
  const file = newFile(t)
  const repeated: Link = async (from, to) => {
    await giveName(from, to)
    await giveName(from, to)
  }

  const { held } = await acquire(file, machine().process(1), { link: repeated })

  t.equal(held(), true)
})

t.test('a heartbeat renews the lock by the clock of the file system', async (t) => {
  const file = newFile(t)
  const { beat } = await acquire(file, machine().process(1))
  const before = readFileSync(`${file}.lock`)
  renewedBefore(file, 3_600)

  await beat()

  t.ok(Date.now() - statSync(`${file}.lock`).mtimeMs < 60_000)
  t.same(readFileSync(`${file}.lock`), before)
})

t.test('a lock that somebody else has is lost, which is said once', async (t) => {
  const file = newFile(t)
  const { held, lost, beat, beats, release } = await acquire(file, machine().process(1))
  const [again] = beats
  leaveLock(file)

  await beat()
  await again?.()

  t.equal(held(), false)
  t.match(lost, [/^pid 4711 on host web-1,/])
  t.equal(lost.length, 1)
  await release()
  t.equal(contentOf(file).pid, 4711, 'a release leaves it alone')
})

t.test('a process that was stopped for a while looks again before it writes', async (t) => {
  const file = newFile(t)
  let now = 0
  const { held, lost, beat } = await acquire(file, machine().process(1), { elapsedMs: () => now })
  const own = contentOf(file)
  leaveLock(file)

  t.equal(held(), true)
  now += 5_001
  t.equal(held(), false)
  t.equal(lost.length, 1)
  leaveLock(file, own)
  await beat()
  t.equal(held(), false, 'what is lost stays lost')
})

t.test('a release leaves the lock of another process alone, noticed or not', async (t) => {
  const file = newFile(t)
  const { release } = await acquire(file, machine().process(1))
  leaveLock(file)

  await release()

  t.equal(contentOf(file).pid, 4711)
})

t.test('a lock that was removed is made again', async (t) => {
  const file = newFile(t)
  const { beat, held } = await acquire(file, machine().process(1))
  unlinkSync(`${file}.lock`)

  await beat()

  t.equal(held(), true)
  t.equal(contentOf(file).pid, 1)
  t.same(beside(file), ['audit.jsonl.lock'])
})

t.test('a lock that was removed and taken by another process is lost', async (t) => {
  const file = newFile(t)
  let quicker = false
  const link: Link = async (from, to) => {
    if (quicker) leaveLock(file)
    await giveName(from, to)
  }
  const { beat, held, lost } = await acquire(file, machine().process(1), { link })
  unlinkSync(`${file}.lock`)
  quicker = true

  await beat()

  t.equal(held(), false)
  t.equal(lost.length, 1)
})

t.test(
  'a lock that was emptied is written again, but not while another may write it',
  async (t) => {
    const file = newFile(t)
    const { beat, held } = await acquire(file, machine().process(1))
    for (const content of ['', `${'x'.repeat(1_000)}\n`]) {
      writeFileSync(`${file}.lock`, content)

      await beat()
      t.equal(readFileSync(`${file}.lock`, 'utf8'), content)
      await beat()

      t.equal(contentOf(file).pid, 1)
      t.equal(held(), true)
    }
  },
)

t.test('what the file system refuses to a heartbeat does not lose the lock', async (t) => {
  const file = newFile(t)
  let now = 0
  const { beat, held, release } = await acquire(file, machine().process(1), {
    elapsedMs: () => now,
  })
  now = 10_000
  renameSync(`${file}.lock`, `${file}.elsewhere`)
  symlinkSync('audit.jsonl.lock', `${file}.lock`)

  await t.resolves(beat())
  t.equal(held(), true)
  unlinkSync(`${file}.lock`)
  renameSync(`${file}.elsewhere`, `${file}.lock`)
  await beat()
  t.equal(held(), true)

  unlinkSync(`${file}.lock`)
  symlinkSync('audit.jsonl.lock', `${file}.lock`)
  await t.resolves(release())
})

t.test('two names of one file have one lock', async (t) => {
  const file = newFile(t)
  writeFileSync(file, '')
  symlinkSync('audit.jsonl', join(file, '..', 'link.jsonl'))
  const { process } = machine()
  await acquire(file, process(4711))

  await t.rejects(acquire(join(file, '..', 'link.jsonl'), process(2)), refusal)
})

t.test('a device needs no lock', async (t) => {
  const first = await acquire('/dev/null', machine().process(1))
  const second = await acquire('/dev/null', machine().process(2))

  t.same([first.held(), second.held()], [true, true])
  await first.release()
  t.equal(existsSync('/dev/null.lock'), false)
})

t.test('a lock that cannot be made is a clear refusal to start', async (t) => {
  const file = newFile(t)
  const { process } = machine()
  const failing =
    (code: string): Link =>
    () =>
      Promise.reject(Object.assign(new Error(code), { code }))

  await t.rejects(acquire(join(file, 'none', 'audit.jsonl'), process(1)), { code: 'ENOENT' })
  await t.rejects(acquire(file, process(1), { link: failing('EROFS') }), {
    message:
      'AUDIT_LOG_FILE cannot be locked: audit.jsonl.lock cannot be written beside it (the file system is read-only)',
  })
  await t.rejects(acquire(file, process(1), { link: failing('EIO') }), { message: /\(EIO\)$/ })
  t.same(beside(file), [])
  symlinkSync('audit.jsonl', file)
  await t.rejects(acquire(file, process(1)), { message: /\(ELOOP\)$/ })
  unlinkSync(file)
  symlinkSync('nowhere', `${file}.lock`)
  await t.rejects(acquire(file, process(1)), { message: /an unknown process/ })
})

t.test('a directory that takes no files is named as the reason', async (t) => {
  // Nobody, not even root, may make a file in /sys.
  const directory = process.platform === 'linux' ? '/sys' : testDirectory(t)
  if (process.platform !== 'linux') chmodSync(directory, 0o500)

  await t.rejects(acquire(join(directory, 'audit.jsonl'), machine().process(1)), {
    message:
      /^AUDIT_LOG_FILE cannot be locked: audit\.jsonl\.lock cannot be written beside it \((permission denied|the file system is read-only)\)$/,
  })
})

t.test('a real process that was killed is known to be gone', async (t) => {
  const file = newFile(t)
  const self = thisProcess()
  // Its child ends at once, and nobody asks for its status.
  const child = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'exit')
  t.teardown(() => child.kill('SIGKILL'))
  const [zombie] = (await once(child.stdout, 'data')) as [Buffer]
  const pid = child.pid ?? 0
  const started = self.startTimeOf(pid)
  const linux = process.platform === 'linux'
  leaveLock(file, {
    ...self.identity,
    pid,
    start_time: typeof started === 'number' ? started : null,
  })

  await t.rejects(acquire(file, self), { message: RegExp(`pid ${pid} on host`) })
  if (linux) {
    t.type(started, 'number')
    for (let turn = 0; turn < 20_000 && self.startTimeOf(Number(zombie)) !== 'gone'; turn++) {
      await yieldUpTo(1)
    }
    t.equal(self.startTimeOf(Number(zombie)), 'gone')
  }
  child.kill('SIGKILL')
  await ended
  const lock = await acquireWriterLock(file, { command: 'mcp-defectdojo serve' })

  t.equal(lock.held(), true)
  t.match(contentOf(file), self.identity)
  await lock.release()
  t.same(beside(file), [])
})

t.test('the name of a program may hold what stands around it', (t) => {
  const { title } = process
  t.teardown(() => {
    process.title = title
  })
  const before = thisProcess().startTimeOf(process.pid)

  process.title = 'a) R 1 (b c'

  t.equal(thisProcess().startTimeOf(process.pid), before)
  t.end()
})

t.test('a trail whose lock is lost writes nothing more', async (t) => {
  const { audit, file, lines } = await openTrail(t)
  await settled(audit)
  const before = readFileSync(file, 'utf8')
  leaveLock(file)
  while (audit.writable()) await new Promise((resolve) => setTimeout(resolve, 20))

  await t.rejects(audit.intent(call()), { code: 'audit_unavailable' })
  await audit.close('lifespan_exit')

  t.match(JSON.parse(lines.at(-1) ?? ''), { level: 'CRITICAL', owner: /pid 4711/ })
  t.notMatch(lines.at(-1), 'integrity_hmac', 'and says so outside the chain')
  t.equal(readFileSync(file, 'utf8'), before)
  t.ok(existsSync(`${file}.lock`), 'the other one’s lock is still there')
})
