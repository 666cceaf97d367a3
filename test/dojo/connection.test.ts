import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'
import t from 'tap'
import { bypassesProxy } from '../../src/dojo/agents.js'
import { DojoFailure } from '../../src/dojo/failures.js'
import { pauseBeforeRepeat } from '../../src/dojo/retry.js'
import {
  type Answer,
  failureOf,
  json,
  page,
  requestId,
  startUpstream,
  watchedClient,
} from './upstream.js'

const id = `request_id=${requestId}`
const unknown = `The outcome is unknown: DefectDojo may or may not have made the change. Check before repeating the call.`
const jsonHead = { 'content-type': 'application/json' }

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

t.test('a repeat that runs out of time does not hide the failure before it', async (t) => {
  const upstream = await startUpstream(t, (_, response) => {
    // From now on there is no answer at all.
    upstream.answer = () => {}
    response.writeHead(502).end()
  })
  const { call } = watchedClient(t, upstream.url, { timeoutSeconds: 1 })

  const error = await failureOf(t, call().get('findings/'))

  t.equal(upstream.seen.length, 2)
  t.ok(error.message.startsWith(`DefectDojo server error (HTTP 502, ${id})`), error.message)
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

t.test('a proxy carries the requests and never sees the key', async (t) => {
  const upstream = await startUpstream(t, json(200, { id: 7 }))
  const connects: IncomingMessage[] = []
  const sockets = new Set<Duplex>()
  const proxy = createHttpServer().on('connect', (request: IncomingMessage, socket: Duplex) => {
    connects.push(request)
    const onward = connect(Number(new URL(upstream.url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      pipeline(socket, onward, socket, () => {})
    })
    sockets.add(socket).add(onward)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  const url = `http://user:word@127.0.0.1:${(proxy.address() as AddressInfo).port}`

  const through = watchedClient(t, upstream.url, { proxy: { url } }).call()
  t.same(await through.get('findings/7/'), { id: 7 })
  t.same(await through.patch('findings/7/', {}), { id: 7 })
  const past = watchedClient(t, upstream.url, { proxy: { url, noProxy: '127.0.0.1' } }).call()
  await past.get('findings/7/')

  t.equal(connects.length, 2)
  t.equal(upstream.seen.length, 3)
  for (const { headers } of connects) {
    t.ok(headers['proxy-authorization'])
    t.notOk(headers.authorization)
  }
})

t.test('NO_PROXY takes hosts, domains, ports and ranges out', (t) => {
  const url = new URL('https://dojo.corp.example')
  for (const list of [
    '*',
    'dojo.corp.example',
    '.corp.example',
    'example',
    'a, CORP.example',
    '*.example',
    'corp.example:443',
  ]) {
    t.ok(bypassesProxy(url, list), list)
  }
  for (const list of [
    '',
    'ojo.corp.example',
    'jo.corp.example',
    'corp.example:8443',
    'example.org',
    '10.0.0.0/8',
  ]) {
    t.notOk(bypassesProxy(url, list), list)
  }
  t.ok(bypassesProxy(new URL('http://10.1.2.3:8080'), '10.0.0.0/8'))
  t.ok(bypassesProxy(new URL('http://[fd00::1]'), 'fd00::/8'))
  t.ok(bypassesProxy(new URL('http://[::1]'), '::1'))
  t.notOk(bypassesProxy(new URL('http://10.1.2.3'), '10.0.0.0/99,11.0.0.0/8,1.2.3'))
  t.end()
})
