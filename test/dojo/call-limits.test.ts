import { pipeline, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'
import t from 'tap'
import { createOneAtATime } from '../../src/dojo/one-at-a-time.js'
import type { UpstreamEvent } from '../../src/dojo/upstream-event.js'
import { ToolError } from '../../src/errors.js'
import { measureLostTime } from '../helpers/lost-time.js'
import {
  type Answer,
  failureOf,
  json,
  requestId,
  startUpstream,
  watchedClient,
} from './upstream.js'

const id = `request_id=${requestId}`
const jsonHead = { 'content-type': 'application/json' }

/** The same bytes again and again. */
function* repeat(block: Buffer, times: number): Generator<Buffer> {
  for (let count = 0; count < times; count++) yield block
}

t.test(
  'the time limit holds for the call as a whole, whatever DefectDojo does slowly',
  async (t) => {
    const upstream = await startUpstream(t, () => {})
    const limit = 0.4
    const { call } = watchedClient(t, upstream.url, { timeoutSeconds: limit })
    const dripping =
      (start: string, type = 'application/json'): Answer =>
      (_, response) => {
        response.writeHead(200, { 'content-type': type })
        response.write(start)
        const timer = setInterval(() => response.write(' '), 20)
        response.on('close', () => clearInterval(timer))
      }

    for (const answer of [() => {}, dripping('{"a": 1'), dripping('<html>', 'text/html')]) {
      upstream.answer = answer
      const lostTime = measureLostTime()
      const startedAt = performance.now()
      const error = await failureOf(t, call().get('findings/'))
      const seconds = (performance.now() - startedAt) / 1000
      t.ok(seconds >= limit - 0.05 && seconds < limit + 1 + lostTime(), `${seconds} s`)
      t.equal(error.code, 'upstream_unreachable')
      t.equal(
        error.message,
        `DefectDojo request failed (${id}). DefectDojo did not answer within the time limit (DEFECTDOJO_TIMEOUT_SECONDS).`,
      )
    }

    const used = call()
    await failureOf(t, used.get('findings/'))
    upstream.seen.length = 0
    t.match(await failureOf(t, used.post('findings/', {})), {
      code: 'upstream_unreachable',
      message: 'The change was not sent.',
    })
    t.equal(upstream.seen.length, 0, 'a call without time left sends nothing')
  },
)

t.test('a huge or endless answer ends at the limit without filling the memory', async (t) => {
  const upstream = await startUpstream(t, json(200, {}))
  const { call } = watchedClient(t, upstream.url, {
    maxResponseBytes: 4 * 1024 * 1024,
    timeoutSeconds: 30,
  })
  const block = Buffer.alloc(1024 * 1024, 0x20)
  const megabytes = 200
  const bomb = await buffer(Readable.from(repeat(block, megabytes)).pipe(createGzip()))
  const head = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
  const pour =
    (headers: Record<string, string>, body: () => Iterable<Buffer>): Answer =>
    (_, response) => {
      response.on('error', () => {})
      pipeline(Readable.from(body()), response.writeHead(200, headers), () => {})
    }
  let highest = 0
  const before = process.memoryUsage().rss
  const sampling = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage().rss)
  }, 5)
  t.teardown(() => clearInterval(sampling))

  for (const [headers, body] of [
    [head, () => repeat(block, megabytes)],
    [head, () => repeat(block, Number.POSITIVE_INFINITY)],
    [{ ...head, 'content-encoding': 'gzip' }, () => [bomb]],
  ] as const) {
    upstream.answer = pour(headers, body)
    t.match(await failureOf(t, call().get('findings/')), {
      code: 'upstream',
      message: `Request failed (HTTP 200, ${id}). The answer is larger than accepted (DEFECTDOJO_MAX_RESPONSE_BYTES).`,
    })
  }
  upstream.answer = pour(head, () => repeat(block, megabytes))
  t.match(await failureOf(t, call().post('findings/', {})), { code: 'unknown_outcome' })
  upstream.answer = pour({ ...head, 'content-type': 'text/html' }, () => repeat(block, megabytes))
  t.match(await failureOf(t, call().get('findings/')), { message: 'not a DefectDojo API' })

  const grown = (highest - before) / 1024 / 1024
  t.comment(`a bomb of ${bomb.length} bytes; resident memory grew by ${grown.toFixed(0)} MB`)
  t.ok(grown < 64)
})

t.test('a small answer that would explode in the parser is refused', async (t) => {
  const upstream = await startUpstream(t, json(200, {}))
  const { call } = watchedClient(t, upstream.url, { maxResponseBytes: 32 * 1024 * 1024 })
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

  for (const text of [
    nested(65),
    `[${'[],'.repeat(1_000_001)}1]`,
    `{"a":"\\"]","b":${nested(64)}}`,
  ]) {
    upstream.answer = (_, response) => response.writeHead(200, jsonHead).end(text)
    t.match(await failureOf(t, call().get('findings/')), { code: 'upstream', message: 'larger' })
  }
  const harmless = `{"a":"${'[{'.repeat(500)}\\\\","b":${nested(60)}}`
  upstream.answer = (_, response) => response.writeHead(200, jsonHead).end(harmless)
  t.same(await call().get('findings/'), JSON.parse(harmless))
})

t.test('cancelling stops reads and pauses, and a write only before it has begun', async (t) => {
  const upstream = await startUpstream(t, () => {})
  const { call } = watchedClient(t, upstream.url, {
    sleep: (_, signal) =>
      new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(new Error())),
      ),
  })
  const cancelled = { code: 'cancelled', message: `The call was cancelled (${id})` }

  const reading = new AbortController()
  upstream.answer = () => reading.abort()
  t.match(await failureOf(t, call(reading).get('findings/')), cancelled)

  const pausing = new AbortController()
  upstream.answer = (_, response) => {
    response.on('close', () => setImmediate(() => pausing.abort()))
    response.writeHead(502).end()
  }
  t.match(await failureOf(t, call(pausing).get('findings/')), cancelled)

  upstream.seen.length = 0
  let paid = 0
  const early = { signal: AbortSignal.abort(), onFirstWrite: () => void paid++ }
  t.match(await failureOf(t, call(early).post('findings/', {})), cancelled)
  t.equal(upstream.seen.length, 0)
  t.equal(paid, 0)

  const late = new AbortController()
  const running = call({ ...late, signal: late.signal, onFirstWrite: () => void paid++ })
  upstream.answer = (request, response) => {
    late.abort()
    setImmediate(() => json(200, { method: request.method })(request, response))
  }
  t.same(await running.post('findings/', {}), { method: 'POST' })
  t.same(await running.get('findings/1/'), { method: 'GET' }, 'the call runs to its end')
  t.same(await running.patch('findings/1/', {}), { method: 'PATCH' })
  t.equal(paid, 1, 'before the first write only')
})

t.test(
  'a write counts from its first byte, once in a call, and not when nothing is sent',
  async (t) => {
    const upstream = await startUpstream(t, json(200, {}))
    const { call } = watchedClient(t, upstream.url)
    const order: string[] = []
    upstream.answer = (request, response) => {
      order.push(request.method)
      json(200, {})(request, response)
    }

    const good = call({ onFirstWrite: () => void order.push('paid') })
    await good.get('findings/')
    await Promise.all([good.post('findings/', {}), good.post('findings/', {})])
    t.same(order, ['GET', 'paid', 'POST', 'POST'])

    const nowhere = watchedClient(t, 'http://127.0.0.1:1')
    const unsent = nowhere.call({ onFirstWrite: () => void order.push('paid') })
    t.match(await failureOf(t, unsent.post('findings/', {})), {
      code: 'upstream_unreachable',
      message: 'The change was not sent.',
    })
    t.equal(order.length, 4)
  },
)

t.test('a write that waits for a connection can be cancelled, and is then not sent', async (t) => {
  const upstream = await startUpstream(t, () => {})
  const { call } = watchedClient(t, upstream.url, { timeoutSeconds: 30 })
  let answer = (): void => {}
  const allArrived = new Promise<void>((resolve) => {
    const held: (() => void)[] = []
    answer = () => held.forEach((release) => void release())
    upstream.answer = (seen, response) => {
      held.push(() => json(201, {})(seen, response))
      if (held.length === 20) resolve()
    }
  })
  let paid = 0
  const counted = { onFirstWrite: () => void paid++ }
  const running = Array.from({ length: 20 }, () => call(counted).post('findings/', {}))
  await allArrived
  const leaving = new AbortController()
  const waiting = failureOf(t, call({ ...counted, signal: leaving.signal }).post('findings/', {}))
  await new Promise((resolve) => setImmediate(resolve))

  leaving.abort()

  t.match(await waiting, {
    code: 'cancelled',
    message: `The call was cancelled (${id}). The change was not sent.`,
  })
  answer()
  await Promise.all(running)
  t.equal(upstream.seen.length, 20)
  t.equal(paid, 20)
})

t.test(
  'whenever a write is cancelled, it is sent and paid for as a whole or not at all',
  async (t) => {
    const upstream = await startUpstream(t, json(201, { id: 1 }))
    const { call } = watchedClient(t, upstream.url)
    const wait = [
      () => Promise.resolve(),
      () => new Promise<void>((resolve) => process.nextTick(resolve)),
      () => new Promise<void>((resolve) => setImmediate(resolve)),
    ]
    const ends = { sent: 0, notSent: 0 }

    for (let turns = 0; turns < 60; turns++) {
      const leaving = new AbortController()
      let paid = 0
      upstream.seen.length = 0
      const work = call({ signal: leaving.signal, onFirstWrite: () => void paid++ })
        .post('findings/', {})
        .then(
          () => 'sent' as const,
          (error: unknown) => {
            t.match(error, { code: 'cancelled', message: 'The change was not sent.' })
            return 'notSent' as const
          },
        )
      for (let turn = 0; turn < turns; turn++) await wait[turn % wait.length]?.()
      leaving.abort()
      const end = await work
      ends[end]++
      t.equal(paid, end === 'sent' ? 1 : 0)
      t.equal(upstream.seen.length, paid)
    }
    t.comment(ends)
    t.ok(ends.sent > 0 && ends.notSent > 0)
  },
)

t.test(
  'of a read that is cancelled the connection ends, so that DefectDojo can stop too',
  async (t) => {
    const upstream = await startUpstream(t, () => {})
    const { call, events } = watchedClient(t, upstream.url)
    const leaving = new AbortController()
    const ended = new Promise<void>((resolve) => {
      upstream.answer = (_, response) => {
        response.once('close', resolve)
        leaving.abort()
      }
    })

    await failureOf(t, call({ signal: leaving.signal }).get('findings/'))
    await ended

    t.match(events, [{ failure: 'cancelled', status: null, attempt: 1 }])
  },
)

t.test('a call sees its own requests, and when a read will be repeated', async (t) => {
  const upstream = await startUpstream(t, (_, response) => {
    upstream.answer = json(200, {})
    response.writeHead(503).end()
  })
  const { call, events } = watchedClient(t, upstream.url)
  const own: UpstreamEvent[] = []

  await call({ observe: (event) => void own.push(event) }).get('findings/7/')
  await call().get('products/')

  t.match(own, [
    { resource: 'findings', status: 503, attempt: 1, repeatAfterMs: 150 },
    { resource: 'findings', status: 200, attempt: 2, repeatAfterMs: undefined },
  ])
  t.same(events.slice(0, 2), own)
  t.equal(events.length, 3)
})

t.test('changes of one finding run one after the other, of others beside them', async (t) => {
  const upstream = await startUpstream(t, json(200, {}))
  const { call } = watchedClient(t, upstream.url, { timeoutSeconds: 0.3 })
  const order: string[] = []
  let release = (): void => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const step = (name: string, wait?: Promise<void>) => async () => {
    order.push(`${name} begins`)
    await wait
    order.push(`${name} ends`)
  }

  const first = call({ timeoutSeconds: 5 }).exclusively(1, step('first', held))
  const impatient = failureOf(t, call().exclusively(1, step('impatient')))
  const leaving = new AbortController()
  const left = failureOf(t, call({ signal: leaving.signal }).exclusively(1, step('left')))
  const last = call({ timeoutSeconds: 5 }).exclusively(1, step('last'))
  await call().exclusively(2, step('other'))
  leaving.abort()
  t.equal((await left).code, 'cancelled')
  t.equal((await impatient).code, 'upstream_unreachable')
  release()
  await Promise.all([first, last])

  t.same(order, [
    'first begins',
    'other begins',
    'other ends',
    'first ends',
    'last begins',
    'last ends',
  ])
  const failing = call().exclusively(1, () => Promise.reject(new ToolError('internal', 'x')))
  await t.rejects(failing, { message: 'x' })
  t.equal(await call().exclusively(1, async () => 'next'), 'next', 'a failure does not block')
})

t.test('a queue of one thousand under few keys never overlaps', async (t) => {
  const queue = createOneAtATime<number>()
  const running = new Map<number, number>()
  let worst = 0
  let done = 0

  await Promise.all(
    Array.from({ length: 1000 }, (_, index) =>
      queue.run(index % 7, async () => {
        const together = (running.get(index % 7) ?? 0) + 1
        running.set(index % 7, together)
        worst = Math.max(worst, together)
        await new Promise((resolve) => setImmediate(resolve))
        running.set(index % 7, together - 1)
        done++
      }),
    ),
  )

  t.equal(worst, 1)
  t.equal(done, 1000)
})

t.test('reports that would fill the memory together are not all let in', async (t) => {
  const upstream = await startUpstream(t, () => {})
  const { call } = watchedClient(t, upstream.url)
  /** Resolves with how to answer the next request. */
  const nextRequest = () =>
    new Promise<() => void>((resolve) => {
      upstream.answer = (seen, response) => resolve(() => json(201, { id: 1 })(seen, response))
    })
  const report = (bytes: number) => ({
    fields: {},
    file: { name: 'r.json', content: new Uint8Array(bytes) },
  })
  const mebibyte = 1_048_576
  let begun = 0

  const firstArrives = nextRequest()
  const first = call().upload('import-scan/', report(60 * mebibyte))
  const answerFirst = await firstArrives
  const refused = await failureOf(
    t,
    call({ onFirstWrite: () => void begun++ }).upload('import-scan/', report(50 * mebibyte)),
  )
  upstream.answer = json(201, { id: 2 })
  const small = await call().upload('import-scan/', report(9))
  answerFirst()
  await first
  const later = await call().upload('import-scan/', report(50 * mebibyte))

  t.match(refused, { code: 'rate_limited', retryAfterSeconds: 5, message: /nothing was sent/ })
  t.equal(begun, 0)
  t.match([small, later], [{ id: 2 }, { id: 2 }])
})
