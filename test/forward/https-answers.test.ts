import t from 'tap'
import { afterBody, answerCases, json, type Outcome, quick } from '../../proofs/answer-table.js'
import { strictReceiver } from '../../proofs/strict-receivers.js'
import { allTaken, DeliveryError } from '../../src/forward/destination.js'
import type { HttpsAnswer } from '../../src/forward/https/format.js'
import { httpsFormatNames } from '../../src/forward/https/formats.js'
import { retryAfterSeconds } from '../../src/forward/https/statuses.js'
import { served } from './https-target.js'
import { line } from './loopback.js'

/** Every batch of the table. */
const lines = [line(1), line(2), line(3)]

const outcomeOf = (sending: Promise<Outcome>): Promise<unknown> =>
  sending.catch((error: unknown) => {
    if (!(error instanceof DeliveryError)) return error
    const { reason, remedy, retryAfterSeconds } = error
    return { reason, remedy, retryAfterSeconds }
  })

for (const format of httpsFormatNames) {
  t.test(`${format}: each answer has one meaning`, async (t) => {
    for (const { title, handle, means, options = {} } of answerCases(format)) {
      const target = await served(t, format, handle, options)

      t.strictSame(await outcomeOf(target.send(lines)), means, title)

      target.close()
    }
  })
}

t.test('a date is as good as a number of seconds', async (t) => {
  const at = Date.parse('2026-01-02T03:04:05Z')
  const asked = (text: string) =>
    retryAfterSeconds({
      status: 503,
      headers: { 'retry-after': text },
      text: '',
      at,
    } as HttpsAnswer)

  t.equal(asked('Fri, 02 Jan 2026 03:04:35 GMT'), 30)
  t.equal(asked('Fri, 02 Jan 2026 03:04:00 GMT'), 0)
  t.equal(asked(' 30 '), 30)
  for (const text of [
    '',
    '-1',
    '1.5',
    '1e3',
    '2026-01-02T03:04:35Z',
    'Fri, 99 Xyz 2026 03:04:35 GMT',
  ]) {
    t.equal(asked(text), null, text)
  }
})

t.test('a strict collector acknowledges once, and is asked until then', async (t) => {
  const receiver = strictReceiver('splunk_hec', { ackAfterPolls: 2 })
  const target = await served(t, 'splunk_hec', receiver.handle, quick)

  t.strictSame(await target.send(lines), allTaken)
  t.strictSame(await target.send([line(4)]), allTaken)

  t.equal(receiver.records.length, 4)
  t.strictSame(
    receiver.requests.map(({ path, status }) => [path.split('?')[0], status]),
    Array.from({ length: 2 }, () => [
      ['/services/collector/event', 200],
      ['/services/collector/ack', 200],
      ['/services/collector/ack', 200],
    ]).flat(),
  )
})

t.test('behind a proxy with a path of its own, acknowledgements are there too', async (t) => {
  const paths: string[] = []
  const target = await served(
    t,
    'splunk_hec',
    afterBody((response, { url = '' }) => {
      paths.push(url.split('?')[0] ?? '')
      json(response, 200, { code: 0, ackId: 5, acks: { 5: true } })
    }),
    { ...quick, path: '/splunk/services/collector/event?token=hidden' },
  )

  await target.send(lines)

  t.strictSame(paths, ['/splunk/services/collector/event', '/splunk/services/collector/ack'])
})
