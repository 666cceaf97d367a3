import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { createBacklog } from '../src/forward/backlog.js'
import { createBackoff } from '../src/forward/backoff.js'
import { cursorBehind } from '../src/forward/cursor.js'
import type { DeadLetter } from '../src/forward/dead-letters.js'
import type { Destination } from '../src/forward/destination.js'
import { createForwardEvents } from '../src/forward/forward-events.js'
import { createForwarder } from '../src/forward/forwarder.js'
import type { HttpsFormatName } from '../src/forward/https/format.js'
import { httpsFormatNames } from '../src/forward/https/formats.js'
import { createHttpsDestination } from '../src/forward/https/https-destination.js'
import { createMemoryQueue } from '../src/forward/memory-queue.js'
import { createProgress } from '../src/forward/progress.js'
import { type AnswerCase, afterBody, answerCases, type Outcome } from './answer-table.js'
import { startProof } from './measure.js'
import { strictReceiver, usualPath, usualToken } from './strict-receivers.js'
import { lineOf } from './virtual-forwarder.js'

// Every answer of the table comes over a real connection, and the real forwarder does what it does about it. Only its waits are
// virtual: an hour that a receiver asked for is over at once, and known to the millisecond.

type Case = ReturnType<typeof answerCases>[number]
type Action = 'taken' | 'retried' | 'retried when told' | 'split' | 'isolated' | 'in part'

/** What must happen to the lines 1, 2 and 3. */
interface Expected {
  readonly action: Action
  /** Numbers of the lines, per attempt. */
  readonly attempts: readonly (readonly number[])[]
  /** Milliseconds before each attempt but the first; with what was asked for, not less, and a tenth more at most. */
  readonly waits: readonly number[]
  readonly letters: readonly { readonly seq: number; readonly reason: string }[]
}

/** What happened. */
interface Seen {
  readonly attempts: readonly (readonly number[])[]
  readonly waits: readonly number[]
  readonly letters: readonly { readonly seq: number; readonly reason: string }[]
  readonly delivered: number
  readonly waiting: number
  readonly dropped: number
}

const proof = startProof('F6: each answer of a receiver has the right consequence')
const all = [1, 2, 3]
/** An outage lasts so many attempts. */
const failures = proof.short ? 3 : 7
/** Where the table has 100 ms, so that only what is silent runs into it, on a busy machine too. */
const silenceMilliseconds = 700

const isFailure = (means: Outcome): means is Extract<Outcome, { remedy: unknown }> =>
  'remedy' in means

let cases = 0
let wrong = 0
let asked = 0
let askedKept = 0
const actions = new Map<Action, number>()
for (const format of httpsFormatNames) {
  const ofFormat = [...answerCases(format), inHalfAMinute()]
  let right = 0
  for (const portion of portions(ofFormat, 8)) {
    await Promise.all(
      portion.map(async (each) => {
        const expected = expectedOf(each.means)
        const seen = await lived(format, each)
        const fault = faultOf(expected, seen)
        if (fault === null) right++
        else proof.note(`${format}, ${each.title}: ${fault}`)
        if (each.means.retryAfterSeconds !== null) {
          asked++
          if (keptWaits(expected.waits, seen.waits)) askedKept++
        }
        actions.set(expected.action, (actions.get(expected.action) ?? 0) + 1)
      }),
    )
  }
  cases += ofFormat.length
  wrong += ofFormat.length - right
  proof.check(
    `${format}: the right action after each answer`,
    right === ofFormat.length,
    `${right} of ${ofFormat.length}`,
  )
}
proof.check('at least 40 answers over seven formats', cases >= 40, `${cases}, ${wrong} wrong`)
proof.check(
  'what a receiver asked for is kept, and not more than a tenth longer',
  askedKept === asked && asked > 0,
  `${askedKept} of ${asked}`,
)
for (const action of [
  'taken',
  'retried',
  'retried when told',
  'split',
  'isolated',
  'in part',
] as const) {
  const count = actions.get(action) ?? 0
  proof.check(`some answers mean: ${action}`, count > 0, count)
}
proof.end()

/** An answer with a date, which no table can hold. */
function inHalfAMinute(): Case {
  const handle = afterBody((response) => {
    response
      .writeHead(503, { 'retry-after': new Date(Date.now() + 30_000).toUTCString() })
      .end('later')
  })
  return {
    title: '503 until half a minute from now',
    answers: handle,
    handle,
    means: { reason: 'http_503', remedy: 'retry', retryAfterSeconds: 30 },
  }
}

function expectedOf(means: Outcome): Expected {
  const nothing = { waits: [], letters: [] }
  if (!isFailure(means)) {
    const letters = means.refused.map(({ at, reason }) => ({ seq: at + 1, reason }))
    if (means.again.length === 0 && letters.length === 0) {
      return { ...nothing, action: 'taken', attempts: [all] }
    }
    const again = means.again.map((at) => at + 1)
    return {
      action: 'in part',
      attempts: again.length > 0 ? [all, again] : [all],
      waits: again.length > 0 ? [waitAfter(1, means.retryAfterSeconds)] : [],
      letters,
    }
  }
  const { reason, remedy, retryAfterSeconds } = means
  // One line after the other, and nothing waits.
  const single = { attempts: [all, [1], [2], [3]], waits: [0, 0, 0] }
  if (remedy === 'smaller') return { ...nothing, ...single, action: 'split' }
  if (remedy === 'isolate') {
    return { ...single, action: 'isolated', letters: [{ seq: 2, reason }] }
  }
  const numbers = Array.from({ length: failures }, (_, at) => at + 1)
  return {
    ...nothing,
    action: retryAfterSeconds === null ? 'retried' : 'retried when told',
    attempts: [...numbers.map(() => all), all],
    waits: numbers.map((number) => waitAfter(number, retryAfterSeconds)),
  }
}

/** Without chance: it is always the longest wait. */
function waitAfter(failure: number, retryAfterSeconds: number | null): number {
  return Math.max(Math.min(30_000, 1_000 * 2 ** (failure - 1)), (retryAfterSeconds ?? 0) * 1_000)
}

/** Whether the answer of the table is given to this attempt; the receiver is well otherwise. */
function answersSo(means: Outcome, attempt: number, seqs: readonly number[]): boolean {
  if (!isFailure(means)) return attempt === 1
  if (means.remedy === 'isolate') return seqs.includes(2)
  return means.remedy === 'smaller' ? seqs.length > 1 : attempt <= failures
}

function faultOf(expected: Expected, seen: Seen): string | null {
  const shown = (value: unknown): string => JSON.stringify(value)
  if (!isDeepStrictEqual(seen.attempts, expected.attempts)) {
    return `attempts with ${shown(seen.attempts)}, not ${shown(expected.attempts)}`
  }
  if (!keptWaits(expected.waits, seen.waits)) {
    return `waits of ${shown(seen.waits)} ms, not ${shown(expected.waits)}`
  }
  if (!isDeepStrictEqual(seen.letters, expected.letters)) {
    return `put aside ${shown(seen.letters)}, not ${shown(expected.letters)}`
  }
  const { delivered, waiting, dropped } = seen
  return delivered === all.length - expected.letters.length && waiting === 0 && dropped === 0
    ? null
    : `${delivered} delivered, ${waiting} waiting, ${dropped} dropped`
}

/** A date has whole seconds, so that what it asks for may be one less than it was. */
function keptWaits(expected: readonly number[], seen: readonly number[]): boolean {
  return (
    seen.length === expected.length &&
    seen.every((wait, at) => {
      const right = expected[at] ?? 0
      return wait >= (right === 30_000 ? 29_000 : right) && wait <= right * 1.1
    })
  )
}

/** Three lines, forwarded to a receiver that answers as the case says for as long as that matters. */
async function lived(format: HttpsFormatName, each: Case): Promise<Seen> {
  const attempts: number[][] = []
  const attemptsAt: number[] = []
  const letters: DeadLetter[] = []
  let time = 0
  let sending = 0
  let timers: { readonly at: number; readonly callback: () => void }[] = []

  const healthy = strictReceiver(format)
  const server = createServer((request, response) => {
    const unwell = answersSo(each.means, attempts.length, attempts.at(-1) ?? [])
    if (unwell) each.handle(request, response)
    else healthy.handle(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const real = createHttpsDestination({
    url: new URL(`http://127.0.0.1:${port}${usualPath[format]}`),
    format,
    token: usualToken,
    tenant: null,
    batchSize: all.length,
    flushMilliseconds: 0,
    caFile: null,
    hostname: 'proof',
    ...patient(each),
  })
  const destination: Destination = {
    ...real,
    async send(lines) {
      attempts.push(lines.map(({ seq }) => seq))
      attemptsAt.push(time)
      sending++
      try {
        return await real.send(lines)
      } finally {
        sending--
      }
    },
  }
  const queue = createMemoryQueue(100)
  const backlog = createBacklog({ records: 0, bytes: 0 })
  for (const seq of all) {
    queue.push(lineOf(seq))
    backlog.made(lineOf(seq))
  }
  const forwarder = createForwarder({
    destination,
    source: queue,
    backlog,
    progress: createProgress({
      begin: cursorBehind('c', 0),
      file: null,
      backlog,
      end: () => ({ chainId: 'c', seq: all.length }),
      onTrouble: () => {},
      onFilePassed: () => {},
    }),
    writeDeadLetters: async (put) => void letters.push(...put),
    limit: null,
    backoff: createBackoff(() => 1),
    events: createForwardEvents(
      destination,
      () => {},
      () => time,
    ),
    canReport: () => true,
    now: () => time,
    after(milliseconds, callback) {
      const timer = { at: time + milliseconds, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
  })
  forwarder.wake()

  /** Until nothing is on its way and nothing happens without time. */
  async function settled(): Promise<void> {
    for (let quiet = 0; quiet < 5; quiet++) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (sending === 0) continue
      await new Promise<void>((resolve) => setTimeout(resolve, 2))
      quiet = -1
    }
  }

  // A forwarder that never comes to rest is wrong as well.
  for (let step = 0; step < 4 * failures; step++) {
    await settled()
    const next = timers.toSorted((one, other) => one.at - other.at)[0]
    if (!next || forwarder.stats().waitingRecords === 0) break
    time = next.at
    timers = timers.filter((timer) => timer !== next)
    next.callback()
  }
  const { delivered, waitingRecords: waiting, dropped } = forwarder.stats()
  await forwarder.close(0)
  server.closeAllConnections()
  server.close()
  return {
    attempts,
    waits: attemptsAt.slice(1).map((at, index) => at - (attemptsAt[index] ?? 0)),
    letters: letters.map(({ line, reason }) => ({ seq: line.seq, reason })),
    delivered,
    waiting,
    dropped,
  }
}

function patient({ options = {} }: AnswerCase) {
  const { timeoutMilliseconds: given = 30_000 } = options
  return { ...options, timeoutMilliseconds: Math.max(given, silenceMilliseconds) }
}

function portions<T>(of: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(of.length / size) }, (_, at) =>
    of.slice(at * size, (at + 1) * size),
  )
}
