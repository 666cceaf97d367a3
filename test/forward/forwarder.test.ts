import t from 'tap'
import type { AuditLog } from '../../src/audit/audit-log.js'
import type { AuditLine } from '../../src/audit/trail-writer.js'
import { createBackoff } from '../../src/forward/backoff.js'
import { DeliveryError, type Destination } from '../../src/forward/destination.js'
import { createForwarder } from '../../src/forward/forwarder.js'

const line = (seq: number): AuditLine => ({
  line: `{"seq": ${seq}}`,
  seq,
  chainId: 'c',
  mac: '',
  level: 'INFO',
  timestamp: '2026-01-02T03:04:05.678000+00:00',
  eventType: 'audit',
})

/** A forwarder whose time and receiver the test controls. */
function setUp(
  options: { batchSize?: number; flushMilliseconds?: number; queueSize?: number } = {},
) {
  let time = 0
  let timers: { at: number; callback: () => void }[] = []
  const events: Record<string, unknown>[] = []
  const batches: number[][] = []
  const receiver: { fault: Error | null; hang: boolean } = { fault: null, hang: false }
  let attempts = 0

  const destination: Destination = {
    name: 'https',
    where: { url: 'https://siem.example/in' },
    enabled: { message: '', fields: {} },
    batchSize: options.batchSize ?? 10,
    flushMilliseconds: options.flushMilliseconds ?? 5_000,
    send: async (lines) => {
      attempts++
      if (receiver.hang) await new Promise(() => {})
      if (receiver.fault) throw receiver.fault
      batches.push(lines.map(({ seq }) => seq))
    },
    close: () => {},
  }
  const report: AuditLog['event'] = (level, message, fields) =>
    events.push({ level, message, ...fields })
  const forwarder = createForwarder({
    destination,
    queueSize: options.queueSize ?? 1_000,
    backoff: createBackoff(() => 1),
    report,
    now: () => time,
    after: (milliseconds, callback) => {
      const timer = { at: time + milliseconds, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
  })

  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  /** Lets so much time pass, a step at a time. */
  async function pass(milliseconds: number): Promise<void> {
    const end = time + milliseconds
    for (;;) {
      await settle()
      const next = timers.toSorted((a, b) => a.at - b.at)[0]
      if (!next || next.at > end) break
      time = Math.max(time, next.at)
      timers = timers.filter((timer) => timer !== next)
      next.callback()
    }
    time = end
  }
  return { forwarder, receiver, events, batches, pass, settle, attempts: () => attempts }
}

t.test(
  'a full batch leaves at once, and a line never waits longer than the flush time',
  async (t) => {
    const { forwarder, batches, pass } = setUp({ batchSize: 3 })

    for (const seq of [1, 2, 3, 4]) forwarder.accept(line(seq))
    await pass(0)
    t.strictSame(batches, [[1, 2, 3]])
    // One line every four seconds: an idle timer of five would hold the fourth back for ever.
    await pass(4_000)
    forwarder.accept(line(5))
    await pass(1_000)

    t.strictSame(batches, [
      [1, 2, 3],
      [4, 5],
    ])
  },
)

t.test('after an outage everything arrives, in order', async (t) => {
  const { forwarder, receiver, batches, pass } = setUp()
  receiver.fault = new DeliveryError('http_503')

  for (let seq = 1; seq <= 95; seq++) forwarder.accept(line(seq))
  await pass(600_000)
  t.match(forwarder.stats(), { delivered: 0, waiting: 95, lost: 0, oldestMilliseconds: 600_000 })
  receiver.fault = null
  await pass(40_000)

  t.strictSame(
    batches.flat(),
    Array.from({ length: 95 }, (_, at) => at + 1),
  )
  t.match(forwarder.stats(), { delivered: 95, waiting: 0, lost: 0, oldestMilliseconds: 0 })
})

t.test('attempts during an outage are spaced out to thirty seconds', async (t) => {
  const { forwarder, receiver, attempts, pass } = setUp()
  receiver.fault = new DeliveryError('ECONNREFUSED')
  forwarder.accept(line(1))

  await pass(5_000 + 31_000)
  const warmUp = attempts()
  await pass(300_000)

  t.equal(warmUp, 6)
  t.equal(attempts() - warmUp, 10)
})

t.test('a receiver may ask for more time', async (t) => {
  const { forwarder, receiver, attempts, pass } = setUp({ batchSize: 1 })
  receiver.fault = new DeliveryError('http_429', 120)
  forwarder.accept(line(1))

  await pass(119_000)
  t.equal(attempts(), 1)
  await pass(1_000)
  t.equal(attempts(), 2)
})

t.test('an outage is recorded when it begins, when it lasts, and when it is over', async (t) => {
  const { forwarder, receiver, events, pass } = setUp({ batchSize: 1 })
  receiver.fault = Object.assign(new Error('connect ECONNREFUSED 192.0.2.1:6514'), {
    code: 'ECONNREFUSED',
  })
  forwarder.accept(line(1))
  await pass(600_000)
  receiver.fault = null
  await pass(31_000)

  t.match(events, [
    {
      level: 'ERROR',
      message: 'HTTPS log forwarder delivery failed',
      event_type: 'audit_forward_failure',
      forwarder: 'https',
      reason: 'ECONNREFUSED',
      batch_size: 1,
      url: 'https://siem.example/in',
    },
    {
      level: 'ERROR',
      message: 'HTTPS forwarder circuit breaker open',
      reason: 'circuit_open',
      consecutive_failures: 3,
      recovery_seconds: 30,
    },
    { level: 'INFO', message: 'HTTPS log forwarding restored', event_type: 'lifecycle' },
  ])
  t.equal(events.length, 3)
  t.notMatch(JSON.stringify(events), '192.0.2.1', 'only codes, no texts')
})

t.test('when the queue is full the oldest lines go, and the gap is told', async (t) => {
  const { forwarder, receiver, events, batches, pass } = setUp({ batchSize: 5, queueSize: 20 })
  receiver.fault = new DeliveryError('timeout')
  for (let seq = 1; seq <= 50; seq++) forwarder.accept(line(seq))
  await pass(60_000)
  receiver.fault = null
  await pass(60_000)

  const arrived = batches.flat()
  const lost = forwarder.stats().lost
  t.equal(arrived.length + lost, 50, 'every line is either there or counted')
  t.equal(lost, 30)
  t.match(
    events.find(({ reason }) => reason === 'queue_overflow'),
    { event_type: 'audit_forward_failure', lost_records: 30, first_seq: 6, last_seq: 35 },
  )
})

t.test('closing delivers what waits without waiting for its age', async (t) => {
  const { forwarder, batches } = setUp()
  for (let seq = 1; seq <= 25; seq++) forwarder.accept(line(seq))

  t.equal(await forwarder.close(1_000), 0)
  t.equal(batches.flat().length, 25)
  forwarder.accept(line(26))
  t.equal(forwarder.stats().waiting, 0)
})

t.test('closing gives up on a hung receiver at the deadline, and says what is left', async (t) => {
  const { forwarder, receiver } = setUp()
  receiver.hang = true
  for (let seq = 1; seq <= 25; seq++) forwarder.accept(line(seq))

  t.equal(await forwarder.close(1), 25)
})
