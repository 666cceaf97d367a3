import t from 'tap'
import { createRedactor } from '../../src/audit/redaction.js'
import { ToolError } from '../../src/errors.js'
import type { LogLevel } from '../../src/log-level.js'
import { createCallLog } from '../../src/pipeline/call-log.js'
import { createCallProgress } from '../../src/pipeline/call-progress.js'
import { turnedClock } from './turned-clock.js'

type Sent = readonly [done: number, total: number | undefined, message: string]

function progressing(signal: AbortSignal = new AbortController().signal) {
  const clock = turnedClock()
  const sent: Sent[] = []
  const progress = createCallProgress({ ...clock, signal, send: (...step) => void sent.push(step) })
  return { clock, sent, progress }
}

const increases = (sent: readonly Sent[]): boolean =>
  sent.every(([done], index) => index === 0 || done > (sent[index - 1]?.[0] ?? Infinity))

t.test('a call that reports nothing gives a sign of life every 5 s', async (t) => {
  const { clock, sent, progress } = progressing()

  clock.pass(12_000)
  progress.stop()
  clock.pass(60_000)

  t.same(sent, [
    [5, undefined, 'Waiting for DefectDojo (5 s)'],
    [10, undefined, 'Waiting for DefectDojo (10 s)'],
  ])
  t.equal(clock.timers(), 0)
})

t.test('a step is told when it begins and counts its own seconds', async (t) => {
  const { clock, sent, progress } = progressing()

  progress.report(0, 2, 'One')
  clock.pass(7_000)
  progress.report(1, 2, 'Two')
  clock.pass(8_000)

  t.match(sent, [
    [0, 2, 'One'],
    [Number, 2, 'One (5 s)'],
    [1, 2, 'Two'],
    [Number, 2, 'Two (3 s)'],
    [Number, 2, 'Two (8 s)'],
  ])
  t.ok(increases(sent))
})

t.test('over a whole day values increase, stay below the next step, and are bounded', async (t) => {
  const { clock, sent, progress } = progressing()

  progress.report(0, 2, 'Sending')
  progress.report(1, 2, 'Reading')
  clock.pass(86_400_000)
  const aDay = sent.length
  clock.pass(86_400_000)

  t.equal(aDay, 2 + 86_400 / 5)
  t.equal(sent.length, 20_000)
  t.ok(increases(sent))
  t.ok(sent.every(([done, total]) => done < 2 && total === 2))
})

t.test('parts that come late are left out rather than told backwards', async (t) => {
  const { clock, sent, progress } = progressing()

  progress.report(0, 2, 'Sending')
  clock.pass(200_000)
  for (let part = 1; part <= 10; part++) {
    progress.report(part / 10, 2, `Sending, ${part} of 10`)
    clock.pass(10_000)
  }

  t.ok(increases(sent))
  const signs = sent.filter(([, , message]) => message.endsWith('(5 s)')).length
  t.equal(signs, 11, 'no step passes without a sign of life')
  t.ok(sent.some(([done]) => done === 1))
})

t.test('nothing is sent to a client that is gone, nor for one that did not ask', async (t) => {
  const leaving = new AbortController()
  const { clock, sent, progress } = progressing(leaving.signal)
  const unasked = turnedClock()
  createCallProgress({ ...unasked, signal: leaving.signal, send: undefined }).report(0, 1, 'x')

  leaving.abort()
  progress.report(0, 1, 'One')
  clock.pass(10_000)

  t.same(sent, [])
  t.equal(unasked.timers(), 0)
})

function logging(level: LogLevel, signal: AbortSignal = new AbortController().signal) {
  const sent: [level: LogLevel, data: Record<string, unknown>][] = []
  const sink = { level, send: (...message: (typeof sent)[number]) => void sent.push(message) }
  const log = createCallLog({
    sink,
    signal,
    requestId: 'the-request',
    redact: createRedactor(['the-canary-key']).redactValue,
  })
  return { sent, sink, log }
}

t.test('a call sends at most 100 messages and how it failed, then falls silent', async (t) => {
  const { sent, log } = logging('debug')

  for (let count = 0; count < 500; count++) log.write('debug', 'A message')
  log.failed(new ToolError('upstream', 'x'), 'list_findings')
  log.stop()
  log.write('emergency', 'A message')

  t.equal(sent.length, 101)
  t.match(sent[99], ['debug', { message: 'Further messages of this call are left out' }])
  t.match(sent[100], ['warning', { code: 'upstream', name: 'list_findings' }])
})

t.test('what is below the level is not sent and takes no room', async (t) => {
  const { sent, sink, log } = logging('warning')

  for (let count = 0; count < 500; count++) log.write('debug', 'A message')
  log.write('warning', 'Heard')
  sink.level = 'error'
  log.write('warning', 'Not heard any more')
  sink.level = 'debug'
  log.write('debug', 'Heard again')

  t.same(
    sent.map(([, { message }]) => message),
    ['Heard', 'Heard again'],
  )
})

t.test('a refusal is told by its code, as gravely as it is', async (t) => {
  const { sent, log } = logging('debug')

  log.failed(new ToolError('invalid_arguments', 'x must not be a canary'), 'get_finding')
  log.failed(new ToolError('unknown_tool', 'x'), undefined)
  log.failed(new ToolError('rate_limited', 'x', { retryAfterSeconds: 7 }), 'import_scan')
  log.failed(new ToolError('unknown_outcome', 'x'), 'import_scan')
  log.failed(new ToolError('internal', 'x'), 'import_scan')

  const own = { request_id: 'the-request' }
  t.same(sent, [
    ['notice', { message: 'Call refused', ...own, code: 'invalid_arguments', name: 'get_finding' }],
    ['notice', { message: 'Call refused', ...own, code: 'unknown_tool' }],
    [
      'warning',
      {
        message: 'Call refused',
        ...own,
        code: 'rate_limited',
        name: 'import_scan',
        retry_after_seconds: 7,
      },
    ],
    ['warning', { message: 'Call failed', ...own, code: 'unknown_outcome', name: 'import_scan' }],
    ['error', { message: 'Call failed', ...own, code: 'internal', name: 'import_scan' }],
  ])
})

t.test('should a secret ever get into a message, it is taken out', async (t) => {
  const { sent, log } = logging('debug')

  log.write('info', 'with the-canary-key', { and: 'password=hunter2hunter2' })

  t.notMatch(JSON.stringify(sent), /the-canary-key|hunter2/)
})

t.test('a client that is gone is told nothing', async (t) => {
  const { sent, log } = logging('debug', AbortSignal.abort())

  log.write('emergency', 'A message')
  log.failed(new ToolError('cancelled', 'x'), 'get_finding')

  t.same(sent, [])
})
