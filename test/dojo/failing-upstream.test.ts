import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'
import t from 'tap'
import { createDojoClient } from '../../src/dojo/client.js'
import { DojoFailure } from '../../src/dojo/failures.js'
import { pauseBeforeRepeat } from '../../src/dojo/retry.js'
import {
  type Answer,
  failureOf,
  json,
  page,
  readKey,
  requestId,
  startUpstream,
  watchedClient,
  writeKey,
} from './upstream.js'

const id = `request_id=${requestId}`
const unknown = `The outcome is unknown: DefectDojo may or may not have made the change. Check before repeating the call.`
const jsonHead = { 'content-type': 'application/json' }

/** The same bytes again and again. */
function* repeat(block: Buffer, times: number): Generator<Buffer> {
  for (let count = 0; count < times; count++) yield block
}

/** An address where nothing listens. */
async function closedPort(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${address.port}`
}

t.test(
  'a read is repeated on passing failures, with growing pauses, and then given up',
  async (t) => {
    const upstream = await startUpstream(t, page(502))

    for (const status of [502, 503, 504]) {
      const { call, pauses, events } = watchedClient(t, upstream.url)
      upstream.answer = page(status)
      upstream.seen.length = 0
      const error = await failureOf(t, call().get('findings/'))
      t.equal(error.message, `DefectDojo server error (HTTP ${status}, ${id})`)
      t.equal(upstream.seen.length, 4)
      t.same(pauses, [150, 300, 600])
      t.same(
        events.map(({ attempt }) => attempt),
        [1, 2, 3, 4],
      )
    }

    for (const status of [400, 403, 404, 429, 500, 501]) {
      const { call, pauses } = watchedClient(t, upstream.url)
      upstream.answer = page(status)
      upstream.seen.length = 0
      await failureOf(t, call().get('findings/'))
      t.equal(upstream.seen.length, 1, `${status} is not repeated`)
      t.same(pauses, [])
    }
  },
)

t.test('what the next try would meet again is not tried again', (t) => {
  const pauseAfter = (code: string, attempt = 1): number | undefined =>
    pauseBeforeRepeat(new DojoFailure('unreachable', { code }), attempt, 10_000, () => 0)

  for (const code of [
    'CERT_HAS_EXPIRED',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'EPROTO',
    'ENOTFOUND',
  ]) {
    t.equal(pauseAfter(code), undefined, code)
  }
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'EAI_AGAIN', 'ETIMEDOUT']) {
    t.equal(pauseAfter(code), 100, code)
  }
  t.equal(pauseAfter('ECONNRESET', 4), undefined)
  t.end()
})

t.test('a read that works the second time is a success', async (t) => {
  let breaks: Answer[] = []
  const upstream = await startUpstream(t, (request, response) =>
    (breaks.shift() ?? json(200, { count: 1 }))(request, response),
  )
  const { call } = watchedClient(t, upstream.url)
  const reset: Answer = (_, response) => response.socket?.destroy()
  const resetInside: Answer = (_, response) => {
    response.writeHead(200, { ...jsonHead, 'content-length': '100' })
    response.write('{"count":', () => response.socket?.destroy())
  }
  const endInside: Answer = (_, response) => {
    response.writeHead(200, { ...jsonHead, 'content-length': '100' })
    response.write('{"count":', () => response.socket?.end())
  }

  for (const fault of [reset, resetInside, endInside, page(502)]) {
    breaks = [fault]
    t.same(await call().get('findings/'), { count: 1 })
  }
})

t.test('Retry-After is kept to, as far as the time of the call reaches', async (t) => {
  const upstream = await startUpstream(t, page(503))
  const { call, pauses } = watchedClient(t, upstream.url, { timeoutSeconds: 5 })
  const after = (header: string, next: Answer): Answer => {
    return (_, response) => {
      upstream.answer = next
      response.writeHead(503, { 'retry-after': header }).end()
    }
  }

  upstream.answer = after('3', json(200, { ok: true }))
  t.same(await call().get('findings/'), { ok: true })
  t.same(pauses, [3000])

  upstream.answer = after('60', json(200, {}))
  const error = await failureOf(t, call().get('findings/'))
  t.equal(error.retryAfterSeconds, 60)
  t.equal(error.message, `DefectDojo server error (HTTP 503, ${id}). Try again in 60 seconds.`)
  t.same(pauses, [3000], 'a pause that would outlast the call is not begun')

  upstream.answer = after(new Date(Date.now() + 3_600_000).toUTCString(), json(200, {}))
  const inAnHour = await failureOf(t, call().get('findings/'))
  t.ok(Math.abs((inAnHour.retryAfterSeconds ?? 0) - 3600) < 5)
})

t.test('when nothing listens, nothing was sent, and that is what the caller hears', async (t) => {
  const url = await closedPort()
  const { call, events } = watchedClient(t, url)

  const read = await failureOf(t, call().get('findings/'))
  t.equal(read.code, 'upstream_unreachable')
  t.equal(
    read.message,
    `DefectDojo request failed (${id}). No connection to DefectDojo could be made.`,
  )
  t.equal(events.length, 4)
  t.match(events[0], { status: null, failure: 'unreachable' })

  const write = await failureOf(t, call().post('findings/', {}))
  t.equal(write.code, 'upstream_unreachable')
  t.equal(
    write.message,
    `DefectDojo request failed (${id}). No connection to DefectDojo could be made. The change was not sent.`,
  )
  t.equal(events.length, 5, 'a write is not repeated')
})

t.test('a write whose answer is lost is sent once and its outcome is unknown', async (t) => {
  const upstream = await startUpstream(t, json(201, {}))
  const { call } = watchedClient(t, upstream.url, {
    timeoutSeconds: 0.2,
    importTimeoutSeconds: 0.2,
  })
  const upload = { fields: {}, file: { name: 'r.json', content: new Uint8Array(9) } }
  const lost: readonly (readonly [string, Answer, string])[] = [
    ['reset before the head', (_, response) => response.socket?.destroy(), ''],
    [
      'reset after the head',
      (_, response) => {
        response.writeHead(201, { ...jsonHead, 'content-length': '50' })
        response.write('{', () => response.socket?.destroy())
      },
      '',
    ],
    ['no answer', () => {}, ''],
    ['truncated', (_, response) => response.writeHead(201, jsonHead).end('{"id": 1'), ''],
    ['bad gateway', page(502), 'HTTP 502'],
    ['gateway timeout', page(504), 'HTTP 504'],
    ['proxy timeout', page(524), 'HTTP 524'],
  ]

  for (const [name, answer, status] of lost) {
    for (const write of [
      () => call().post('findings/', {}),
      () => call().patch('findings/1/', {}),
      () => call().upload('import-scan/', upload),
    ]) {
      upstream.answer = answer
      upstream.seen.length = 0
      const error = await failureOf(t, write())
      t.equal(error.code, 'unknown_outcome', name)
      t.equal(
        error.message,
        status
          ? `DefectDojo server error (${status}, ${id}). ${unknown}`
          : `DefectDojo request failed (${id}). ${unknown}`,
      )
      t.equal(upstream.seen.length, 1, `${name}: sent once`)
    }
  }
})

t.test('a write that was refused has a known outcome', async (t) => {
  const upstream = await startUpstream(t, json(400, {}))
  const { call } = watchedClient(t, upstream.url)

  for (const answer of [json(400, {}), json(403, {}), json(429, {}), page(302), page(200)]) {
    upstream.answer = answer
    t.equal((await failureOf(t, call().post('findings/', {}))).code, 'upstream')
  }
  upstream.answer = json(503, {})
  t.equal((await failureOf(t, call().post('findings/', {}))).code, 'upstream')
  upstream.answer = json(500, {})
  const half = await failureOf(t, call().post('findings/', {}))
  t.equal(half.code, 'upstream')
  t.match(half.message, 'Part of the change may have been made.')
})

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
      const startedAt = performance.now()
      const error = await failureOf(t, call().get('findings/'))
      const seconds = (performance.now() - startedAt) / 1000
      t.ok(seconds >= limit - 0.05 && seconds < limit + 1, `${seconds} s`)
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
  const early = { signal: AbortSignal.abort(), beforeWrite: () => void paid++ }
  t.match(await failureOf(t, call(early).post('findings/', {})), cancelled)
  t.equal(upstream.seen.length, 0)
  t.equal(paid, 0)

  const late = new AbortController()
  const running = call({ ...late, signal: late.signal, beforeWrite: () => void paid++ })
  upstream.answer = (request, response) => {
    late.abort()
    setImmediate(() => json(200, { method: request.method })(request, response))
  }
  t.same(await running.post('findings/', {}), { method: 'POST' })
  t.same(await running.get('findings/1/'), { method: 'GET' }, 'the call runs to its end')
  t.same(await running.patch('findings/1/', {}), { method: 'PATCH' })
  t.equal(paid, 1, 'before the first write only')
})

t.test('what must happen before a write happens before it, or the write does not', async (t) => {
  const upstream = await startUpstream(t, json(200, {}))
  const { call } = watchedClient(t, upstream.url)
  const order: string[] = []
  upstream.answer = (request, response) => {
    order.push(request.method)
    json(200, {})(request, response)
  }

  const good = call({
    beforeWrite: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      order.push('paid')
    },
  })
  await good.get('findings/')
  await Promise.all([good.post('findings/', {}), good.post('findings/', {})])
  t.same(order, ['GET', 'paid', 'POST', 'POST'])

  const refused = call({ beforeWrite: () => Promise.reject(new Error('disk full')) })
  t.match(await failureOf(t, refused.post('findings/', {})), { code: 'internal' })
  t.match(await failureOf(t, refused.post('findings/', {})), { code: 'internal' })
  t.equal(order.length, 4, 'nothing more was sent')
})

t.test('the key that is wrong is named', async (t) => {
  const upstream = await startUpstream(t, json(403, { detail: 'Invalid token.' }))
  const { call: dual } = watchedClient(t, upstream.url)
  const { call: single } = watchedClient(t, upstream.url, {
    keys: { read: readKey, write: readKey },
  })

  t.match((await failureOf(t, dual().get('findings/'))).message, ' DEFECTDOJO_READ_API_KEY ')
  t.match((await failureOf(t, dual().post('findings/', {}))).message, ' DEFECTDOJO_WRITE_API_KEY ')
  t.match((await failureOf(t, single().post('findings/', {}))).message, ' DEFECTDOJO_API_KEY ')
})

t.test('no mixture of failures gives away a key', async (t) => {
  const seed = randomBytes(4).readUInt32LE()
  t.comment(`seed ${seed}`)
  let state = seed
  const draw = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const echo = `${readKey} ${writeKey} dojo-internal`
  const faults: Answer[] = [
    (_, response) => response.socket?.destroy(),
    (_, response) => response.writeHead(200, jsonHead).end(`{"${echo}`),
    ...[301, 400, 401, 403, 404, 409, 429, 500, 502, 503].flatMap((status) => [
      page(status, echo),
      json(status, { detail: echo, title: [echo], [echo]: [echo], message: echo }),
    ]),
    (_, response) => response.socket?.end(`HTTP/1.1 ${echo}\r\n\r\n`),
    (_, response) => response.socket?.end(`HTTP/1.1 200 OK\r\n${readKey}: \u0001\r\n\r\n`),
  ]
  const upstream = await startUpstream(t, page(500))
  const { call, events } = watchedClient(t, upstream.url)

  for (let round = 0; round < 300; round++) {
    const fault = faults[draw(faults.length)]
    if (fault) upstream.answer = fault
    const one = call()
    await failureOf(t, draw(2) === 0 ? one.get('findings/1/') : one.patch('findings/1/', {}))
  }

  t.notMatch(JSON.stringify(events), readKey)
  t.notMatch(JSON.stringify(events), writeKey)
})

t.test(
  'a client as it is in service repeats too, and leaves no connection when closed',
  async (t) => {
    const upstream = await startUpstream(t, json(200, {}))
    const client = createDojoClient({
      url: upstream.url,
      keys: { read: readKey, write: writeKey },
      userAgent: 'mcp-defectdojo/test',
      timeoutSeconds: 5,
      importTimeoutSeconds: 5,
      maxResponseBytes: 1_000_000,
    })
    const { signal } = new AbortController()
    await client.forCall({ requestId, signal }).get('findings/')
    upstream.answer = (_, response) => {
      upstream.answer = json(200, { second: true })
      response.writeHead(502).end()
    }
    t.same(await client.forCall({ requestId, signal }).get('findings/'), { second: true })
    client.close()
    t.pass('the test ends: nothing holds the process')
  },
)
