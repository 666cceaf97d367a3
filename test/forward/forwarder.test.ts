import t from 'tap'
import { setUp, upTo } from '../../proofs/virtual-forwarder.js'
import { DeliveryError } from '../../src/forward/destination.js'

t.test(
  'a full batch leaves at once, and a line never waits longer than the flush time',
  async (t) => {
    const { batches, make, pass } = setUp({ batchSize: 3 })

    make(4)
    await pass(0)
    t.strictSame(batches, [[1, 2, 3]])
    // One line every four seconds: an idle timer of five would hold the fourth back for ever.
    await pass(4_000)
    make()
    await pass(1_000)

    t.strictSame(batches, [
      [1, 2, 3],
      [4, 5],
    ])
  },
)

t.test('after an outage everything arrives, in order', async (t) => {
  const { forwarder, receiver, batches, make, pass } = setUp()
  receiver.fault = new DeliveryError('http_503')

  make(95)
  await pass(600_000)
  t.match(forwarder.stats(), {
    delivered: 0,
    waitingRecords: 95,
    dropped: 0,
    breakerOpen: true,
    oldestTimestamp: '2026-01-02T03:04:05.678000+00:00',
  })
  receiver.fault = null
  await pass(40_000)

  t.strictSame(batches.flat(), upTo(95))
  t.match(forwarder.stats(), {
    delivered: 95,
    waitingRecords: 0,
    waitingBytes: 0,
    breakerOpen: false,
    oldestTimestamp: null,
  })
})

t.test('attempts during an outage are spaced out to thirty seconds', async (t) => {
  const { receiver, attemptsAt, make, pass } = setUp()
  receiver.fault = new DeliveryError('ECONNREFUSED')
  make()

  await pass(5_000 + 31_000)
  const warmUp = attemptsAt.length
  await pass(300_000)

  t.equal(warmUp, 6)
  t.equal(attemptsAt.length - warmUp, 10)
})

t.test('new records do not hurry an attempt that has to wait', async (t) => {
  const { receiver, attemptsAt, make, pass } = setUp({ batchSize: 1 })
  receiver.fault = new DeliveryError('ECONNREFUSED')
  make(5)
  await pass(120_000)
  const before = attemptsAt.length
  for (let at = 0; at < 50; at++) {
    make()
    await pass(100)
  }

  t.ok(attemptsAt.length - before <= 1)
})

t.test('a receiver may ask for more time', async (t) => {
  const { receiver, attemptsAt, make, pass } = setUp({ batchSize: 1 })
  receiver.fault = new DeliveryError('http_429', { retryAfterSeconds: 120 })
  make()

  await pass(119_000)
  t.equal(attemptsAt.length, 1)
  await pass(1_000)
  t.equal(attemptsAt.length, 2)
})

t.test('an outage is recorded when it begins, when it lasts, and when it is over', async (t) => {
  const { receiver, events, make, pass } = setUp({ batchSize: 1 })
  receiver.fault = Object.assign(new Error('connect ECONNREFUSED 192.0.2.1:6514'), {
    code: 'ECONNREFUSED',
  })
  make()
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

t.test('a receiver that fails every other time does not fill the trail', async (t) => {
  const { receiver, events, attemptsAt, make, pass } = setUp({ batchSize: 1 })
  let odd = false
  receiver.judge = () => {
    odd = !odd
    if (odd) throw new DeliveryError('http_502')
    return { again: [], refused: [], retryAfterSeconds: null }
  }

  make(120)
  await pass(120_000)

  t.equal(attemptsAt.length, 240)
  t.ok(events.length <= 6, `${events.length} records for 120 failures in two minutes`)
})

t.test('without a file the oldest records make room, and the gap is told', async (t) => {
  const { forwarder, receiver, events, batches, make, pass } = setUp({
    batchSize: 5,
    queueSize: 20,
  })
  receiver.fault = new DeliveryError('timeout')
  make(5)
  await pass(0)
  make(45)
  await pass(60_000)
  receiver.fault = null
  await pass(60_000)

  t.equal(batches.flat().length + forwarder.stats().dropped, 50, 'each is there or counted')
  t.strictSame(batches.flat().slice(0, 5), upTo(5))
  t.match(
    events.filter(({ reason }) => reason === 'queue_overflow'),
    [{ event_type: 'audit_forward_failure', lost_records: 25, first_seq: 6, last_seq: 30 }],
  )
})

t.test('one record that is not taken is put aside, and the others arrive', async (t) => {
  for (const poison of [1, 2, 64, 65, 100, 127, 128]) {
    const { forwarder, receiver, batches, deadLetters, attemptsAt, make, pass } = setUp({
      batchSize: 128,
      flushMilliseconds: 0,
    })
    receiver.judge = (seqs) => {
      if (seqs.includes(poison)) throw new DeliveryError('http_400', { remedy: 'isolate' })
      return { again: [], refused: [], retryAfterSeconds: null }
    }
    make(128 * 4)
    await pass(0)

    t.strictSame(
      batches.flat(),
      upTo(512).filter((seq) => seq !== poison),
    )
    t.match(deadLetters, [{ line: { seq: poison }, reason: 'http_400' }])
    t.match(forwarder.stats(), { delivered: 511, deadLetters: 1, waitingRecords: 0 })
    t.ok(attemptsAt.length - 4 <= Math.log2(128) + 2, `${attemptsAt.length - 4} more requests`)
  }
})

t.test('what is named in the answer is put aside or sent again', async (t) => {
  const { receiver, batches, deadLetters, make, pass } = setUp({ batchSize: 6 })
  let first = true
  receiver.judge = () => {
    if (!first) return { again: [], refused: [], retryAfterSeconds: null }
    first = false
    return { again: [1, 4], refused: [{ at: 2, reason: 'item_400' }], retryAfterSeconds: 7 }
  }
  make(6)
  await pass(0)
  t.strictSame(batches, [[1, 4, 6]])
  await pass(6_999)
  t.equal(batches.length, 1)
  await pass(1)

  t.strictSame(batches, [
    [1, 4, 6],
    [2, 5],
  ])
  t.match(deadLetters, [{ line: { seq: 3 }, reason: 'item_400' }])
})

t.test(
  'a receiver that takes nothing at all is an outage, not a heap of dead letters',
  async (t) => {
    const { forwarder, receiver, events, batches, deadLetters, make, pass } = setUp()
    receiver.fault = new DeliveryError('http_400', { remedy: 'isolate' })
    make(200)
    await pass(600_000)

    t.equal(deadLetters.length, 10)
    t.match(forwarder.stats(), { waitingRecords: 190, breakerOpen: true })
    t.ok(events.some(({ reason }) => reason === 'refuses_everything'))
    receiver.fault = null
    await pass(40_000)
    t.strictSame(batches.flat(), upTo(200).slice(10))
  },
)

t.test('batches that are too large become smaller, and stay so', async (t) => {
  const { receiver, batches, deadLetters, attemptsAt, make, pass } = setUp({ batchSize: 100 })
  receiver.judge = (seqs) => {
    if (seqs.length > 30) throw new DeliveryError('http_413', { remedy: 'smaller' })
    return { again: [], refused: [], retryAfterSeconds: null }
  }
  make(500)
  await pass(10_000)

  t.strictSame(batches.flat(), upTo(500))
  t.equal(deadLetters.length, 0)
  t.ok(attemptsAt.length <= 30, `${attemptsAt.length} requests`)
})

t.test('a record that is too large alone is put aside', async (t) => {
  const { receiver, batches, deadLetters, make, pass } = setUp({ batchSize: 4 })
  receiver.judge = (seqs) => {
    if (seqs.includes(3)) throw new DeliveryError('http_413', { remedy: 'smaller' })
    return { again: [], refused: [], retryAfterSeconds: null }
  }
  make(8)
  await pass(60_000)

  t.strictSame(
    batches.flat(),
    upTo(8).filter((seq) => seq !== 3),
  )
  t.match(deadLetters, [{ line: { seq: 3 }, reason: 'http_413' }])
})

t.test('what cannot be put aside is not passed over', async (t) => {
  const { forwarder, receiver, batches, deadLetters, make, pass } = setUp({ batchSize: 1 })
  receiver.judge = ([seq]) => {
    if (seq === 2) throw new DeliveryError('http_400', { remedy: 'isolate' })
    return { again: [], refused: [], retryAfterSeconds: null }
  }
  receiver.diskFault = Object.assign(new Error('no space'), { code: 'ENOSPC' })
  make(3)
  await pass(60_000)
  t.strictSame(batches, [[1]])
  t.equal(forwarder.stats().waitingRecords, 2)
  receiver.diskFault = null
  await pass(60_000)

  t.strictSame(batches, [[1], [3]])
  t.match(deadLetters, [{ line: { seq: 2 } }])
})

t.test('what a broken connection had taken is not sent again', async (t) => {
  const { receiver, batches, make, pass } = setUp({ batchSize: 10 })
  receiver.fault = new DeliveryError('ECONNRESET', { taken: 4 })
  make(10)
  await pass(0)
  receiver.fault = null
  await pass(5_000)

  t.strictSame(batches, [[5, 6, 7, 8, 9, 10]])
})

t.test('at the limit the oldest are dropped, counted to the record, and told', async (t) => {
  const { forwarder, receiver, events, batches, make, pass } = setUp({
    batchSize: 10,
    limit: { bytes: 1_000, whenFull: 'drop_oldest' },
  })
  receiver.fault = new DeliveryError('ECONNREFUSED')
  for (let at = 0; at < 60; at++) {
    make(10)
    await pass(10)
  }
  const { waitingRecords, waitingBytes, dropped } = forwarder.stats()
  t.ok(waitingBytes <= 1_000)
  t.equal(waitingRecords + dropped, 600)
  receiver.fault = null
  await pass(60_000)

  t.strictSame(batches.flat(), upTo(600).slice(dropped))
  t.match(
    events.filter(({ lost_records }) => lost_records),
    [{ reason: 'spool_full', lost_records: dropped, first_seq: 1, last_seq: dropped }],
  )
  t.notOk(forwarder.blocks())
})

t.test('at the limit changes can be held back instead, and nothing is dropped', async (t) => {
  const { forwarder, receiver, events, batches, make, pass } = setUp({
    limit: { bytes: 1_000, whenFull: 'block' },
  })
  receiver.fault = new DeliveryError('ECONNREFUSED')
  make(20)
  t.notOk(forwarder.blocks())
  make(200)
  t.ok(forwarder.blocks())
  t.ok(forwarder.stats().blocks)
  await pass(1_000)
  receiver.fault = null
  await pass(60_000)

  t.notOk(forwarder.blocks())
  t.strictSame(batches.flat(), upTo(220))
  t.match(
    events.filter(({ message }) => String(message).includes('backlog')),
    [
      { event_type: 'audit_forward_failure', reason: 'spool_full', policy: 'block' },
      { event_type: 'lifecycle', message: 'HTTPS log forwarder backlog has room again' },
    ],
  )
})

t.test('closing delivers what waits without waiting for its age', async (t) => {
  const { forwarder, batches, make } = setUp()
  make(25)

  t.equal(await forwarder.close(1_000), 0)
  t.equal(batches.flat().length, 25)
})

t.test('closing gives up on a hung receiver at the deadline, and says what is left', async (t) => {
  const { forwarder, receiver, make } = setUp()
  receiver.hang = true
  make(25)

  t.equal(await forwarder.close(1), 25)
})
