import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Transport } from '@modelcontextprotocol/server'
import t, { type Test } from 'tap'
import { createEventBuffers } from '../../src/mcp/event-buffer.js'
import { trackRequests } from '../../src/mcp/pending-requests.js'
import { createSessions } from '../../src/mcp/sessions.js'
import { initialize, legacyHeaders } from '../helpers/legacy-rpc.js'
import { buildTestApp, type TestApp } from '../helpers/test-app.js'

/** A DefectDojo that answers when the test says so. */
async function startWaitingDojo(t: Test) {
  const waiting: ServerResponse[] = []
  const server = createServer((_request, response) => {
    waiting.push(response)
    server.emit('arrived')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close().closeAllConnections())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The answer to be given to the next request. */
    async next(): Promise<ServerResponse> {
      while (waiting.length === 0) await once(server, 'arrived')
      return waiting.shift() as ServerResponse
    },
  }
}

const product = { id: 1, name: 'shop', description: 'x', prod_type: 1 }
const answer = (response: ServerResponse) =>
  response.setHeader('content-type', 'application/json').end(JSON.stringify(product))

const getProduct = (id: unknown) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'get_product', arguments: { product_id: 1 } },
})

async function openSession(service: TestApp, revision = '2025-11-25') {
  const url = `${await service.listen()}/mcp`
  const headers = legacyHeaders(service.tokens.reader)
  const opened = await fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify(initialize(revision)),
  })
  await opened.text()
  const session = {
    ...headers,
    'mcp-session-id': opened.headers.get('mcp-session-id') ?? '',
    'mcp-protocol-version': revision,
  }
  return {
    post: (message: unknown, signal?: AbortSignal) =>
      fetch(url, {
        method: 'POST',
        headers: session,
        body: JSON.stringify(message),
        ...(signal && { signal }),
      }),
    resume: (lastEventId: string) =>
      fetch(url, {
        headers: { ...session, accept: 'text/event-stream', 'last-event-id': lastEventId },
      }),
    end: () => fetch(url, { method: 'DELETE', headers: session }),
  }
}

/** Reads a stream until it holds `part`, and leaves it open. */
async function readUntil(response: Response, part: RegExp): Promise<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!part.test(text)) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: '' }
    if (done) break
    text += value
  }
  return text
}

t.test(
  'an answer that a broken connection missed is there when the client comes back',
  async (t) => {
    const dojo = await startWaitingDojo(t)
    const service = await buildTestApp(t, { env: { DEFECTDOJO_URL: dojo.url } })
    const session = await openSession(service)
    const broken = new AbortController()

    const response = await session.post(getProduct(7), broken.signal)
    const id = /^id: (\S+)$/m.exec(await readUntil(response, /^id: \S+$/m))?.[1] ?? ''
    const upstream = await dojo.next()
    broken.abort()
    const resumed = await session.resume(id)
    answer(upstream)

    const text = await resumed.text()
    t.match(text, /"id":7/)
    t.match(text, 'shop')
    t.equal(service.calls().length, 1, 'the call ran once')
    t.match(service.calls()[0], { outcome: 'success' })
    t.equal((await session.resume('no-such-stream.1')).status, 400)
  },
)

t.test('whoever does not read an answer of /mcp is noticed', async (t) => {
  const dojo = await startWaitingDojo(t)
  const service = await buildTestApp(t, { env: { DEFECTDOJO_URL: dojo.url } })
  const sockets: Socket[] = []
  service.app.server.on('connection', (socket) => sockets.push(socket))
  const session = await openSession(service)

  const response = session.post(getProduct(1))
  const upstream = await dojo.next()
  const limits = sockets.map(({ timeout }) => timeout)
  answer(upstream)
  await (await response).text()

  t.ok(limits.includes(30_000), 'the rest is in test/access/unread-answer.test.ts')
})

t.test('an id of a batch is in use until all of the batch is answered', async (t) => {
  const dojo = await startWaitingDojo(t)
  const service = await buildTestApp(t, { env: { DEFECTDOJO_URL: dojo.url } })
  const session = await openSession(service, '2025-03-26')
  const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }

  const batch = await session.post([ping, getProduct(2)])
  const [whileOpen, openText] = batch.body?.tee() ?? []
  await readUntil(new Response(whileOpen), /"id":1/)
  const upstream = await dojo.next()
  const early = await session.post(ping)
  answer(upstream)
  const text = await new Response(openText).text()
  const late = await session.post(ping)

  t.equal(early.status, 400)
  t.match(text, /"id":2/)
  t.equal(late.status, 200)
})

t.test('two requests of a session cannot wait under one id, and 1 is not "1"', async (t) => {
  const dojo = await startWaitingDojo(t)
  const service = await buildTestApp(t, { env: { DEFECTDOJO_URL: dojo.url } })
  const session = await openSession(service)

  const first = session.post(getProduct(1))
  const upstream = await dojo.next()
  const second = await session.post(getProduct(1))
  const other = session.post(getProduct('1'))
  answer(await dojo.next())
  answer(upstream)

  t.equal(second.status, 400)
  t.match(await second.json(), { error: { code: -32600, message: /still being answered/ }, id: 1 })
  t.match(await (await other).text(), /"id":"1"/)
  t.match(await (await first).text(), /"id":1/)
  t.match(
    await (
      await session.post(getProduct(1)).then(async (again) => {
        answer(await dojo.next())
        return again
      })
    ).text(),
    /"id":1/,
    'free again once it is answered',
  )
})

t.test('a cancelled request ends upstream, ends its stream, and frees its id', async (t) => {
  const dojo = await startWaitingDojo(t)
  const service = await buildTestApp(t, { env: { DEFECTDOJO_URL: dojo.url } })
  const session = await openSession(service)

  const response = session.post(getProduct(1))
  const upstream = await dojo.next()
  const closed = once(upstream, 'close')
  const cancelled = await session.post({
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId: 1 },
  })
  await closed

  t.equal(cancelled.status, 202)
  t.notMatch(await (await response).text(), /"id":1\b/, 'no answer')
  t.match(service.calls(), [{ outcome: 'error', reason: 'cancelled' }])
  const again = session.post(getProduct(1))
  answer(await dojo.next())
  t.match(await (await again).text(), 'shop')
})

t.test('a cancellation may give no reason; one that is not understood ends nothing', async (t) => {
  const dojo = await startWaitingDojo(t)
  const service = await buildTestApp(t, { env: { DEFECTDOJO_URL: dojo.url } })
  const session = await openSession(service)
  const cancel = (requestId: number, reason: unknown) =>
    session.post({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId, reason },
    })

  const kept = session.post(getProduct(1))
  const upstream = await dojo.next()
  await cancel(1, 7)
  answer(upstream)
  const cancelled = session.post(getProduct(2))
  const closed = once(await dojo.next(), 'close')
  await cancel(2, null)
  await closed

  t.match(await (await kept).text(), 'shop', 'its client has the answer')
  t.notMatch(await (await cancelled).text(), '"id":2')
  t.match(service.calls(), [{ outcome: 'success' }, { outcome: 'error', reason: 'cancelled' }])
})

t.test('the end of a session ends what it is reading', async (t) => {
  const dojo = await startWaitingDojo(t)
  const service = await buildTestApp(t, { env: { DEFECTDOJO_URL: dojo.url } })
  const session = await openSession(service)

  void session.post(getProduct(1)).then((response) => response.text())
  const upstream = await dojo.next()
  const closed = once(upstream, 'close')
  t.equal((await session.end()).status, 200)
  await closed

  t.equal(service.app.mcp.http.sessionCount(), 0)
  await service.app.mcp.pipeline.inFlight.idle()
  t.match(service.calls(), [{ outcome: 'error', reason: 'cancelled' }])
})

t.test('a header with another version than the session has is refused', async (t) => {
  const service = await buildTestApp(t)
  const { app, tokens } = service
  const opened = await app.inject({
    method: 'POST',
    url: '/mcp',
    headers: legacyHeaders(tokens.reader),
    payload: initialize('2025-06-18'),
  })
  const statusWith = async (headers: Record<string, string>) => {
    const response = await app.inject({
      method: 'POST',
      url: '/mcp',
      headers: legacyHeaders(tokens.reader, {
        'mcp-session-id': opened.headers['mcp-session-id'] as string,
        ...headers,
      }),
      payload: { jsonrpc: '2.0', id: 2, method: 'tools/list' },
    })
    return response.statusCode
  }

  t.equal(await statusWith({}), 200, 'older clients send none')
  t.equal(await statusWith({ 'mcp-protocol-version': '2025-06-18' }), 200)
  t.equal(await statusWith({ 'mcp-protocol-version': '2025-11-25' }), 400)
  t.equal(await statusWith({ 'mcp-protocol-version': '2026-07-28' }), 400)
  t.equal(await statusWith({ 'mcp-protocol-version': '1.0' }), 400)
})

t.test('sessions end when they are idle or old, unless a request is under way', async (t) => {
  let time = 0
  const ended: string[] = []
  const sessions = createSessions({
    maxSessions: 2,
    idleSeconds: 60,
    maxAgeSeconds: 300,
    now: () => time,
    onEnd: (id) => ended.push(id),
  })
  const busy = new Set<string>()
  const open = (id: string) =>
    sessions.open({ id, callerId: 'a', isBusy: () => busy.has(id), close() {} })

  open('idle')
  time = 60_001
  t.equal(sessions.find('idle', 'a'), undefined)
  open('working')
  busy.add('working')
  time += 1_000_000
  t.equal(sessions.find('working', 'a')?.id, 'working', 'under way, however long')
  busy.clear()
  sessions.sweep()
  t.equal(sessions.count(), 0, 'old, and nobody had to come for it')

  open('one')
  open('two')
  busy.add('one')
  open('three')
  t.equal(sessions.find('one', 'a')?.id, 'one', 'the idle one made room')
  t.same(ended, ['idle', 'working', 'two'])
  for (let used = 0; used < 10; used += 1) {
    time += 30_000
    sessions.find('three', 'a')
  }
  time += 1_000
  t.equal(sessions.find('three', 'a'), undefined, 'used, and still too old')
})

t.test('the idle time of a session counts from its last answer', async (t) => {
  let time = 0
  const sessions = createSessions({
    maxSessions: 2,
    idleSeconds: 60,
    maxAgeSeconds: 3_600,
    now: () => time,
    onEnd: () => {},
  })
  const session: Pick<Transport, 'send'> = { async send() {} }
  const pending = trackRequests(session, () => sessions.touch('import'))
  sessions.open({
    id: 'import',
    callerId: 'a',
    isBusy: () => pending.count() > 0,
    close() {},
  })

  pending.add([getProduct(1)])
  time = 120_000
  await session.send({ jsonrpc: '2.0', id: 1, result: {} })
  time += 60_000
  sessions.sweep()
  t.equal(sessions.count(), 1, 'the request took longer than that')
  time += 1
  sessions.sweep()
  t.equal(sessions.count(), 0)
})

t.test('the buffer of events keeps the newest, of one session and of all', async (t) => {
  const buffers = createEventBuffers({
    maxEventsPerSession: 3,
    maxSizePerSession: 400,
    maxSize: 600,
  })
  const message = (text: string) =>
    ({ jsonrpc: '2.0', method: 'notifications/message', params: { text } }) as const
  const replayed = async (events: ReturnType<typeof buffers.open>, id: string) => {
    const texts: unknown[] = []
    await events.replayEventsAfter(id, {
      async send(_eventId, sent) {
        texts.push('params' in sent && sent.params?.text)
      },
    })
    return texts
  }
  const first = buffers.open()
  const second = buffers.open()

  const ids = []
  for (const text of ['a', 'b', 'c', 'd']) ids.push(await first.storeEvent('s', message(text)))
  await first.storeEvent('other', message('e'))
  t.equal(first.has(ids[0] ?? ''), false, 'what came behind it is gone in part')
  t.equal(first.has(ids[1] ?? ''), true)
  t.same(await replayed(first, ids[1] ?? ''), ['c', 'd'])
  t.same(await replayed(first, ids[3] ?? ''), [])
  t.same(await replayed(second, ids[1] ?? ''), [], 'events are their own session’s')
  for (const odd of ['s.', 's', 's.x', 's.-1', 's.1e0', '.1', ''])
    t.equal(first.has(odd), false, odd)
  t.equal(second.has(ids[3] ?? ''), false)

  await first.storeEvent('s', message('x'.repeat(1000)))
  t.equal(first.has(ids[3] ?? ''), false, 'its answer was too large for the buffer')
  t.equal(first.has('other.5'), true, 'which is no reason to forget other streams')
  await first.storeEvent('s', message('x'.repeat(250)))
  await second.storeEvent('s', message('y'.repeat(250)))
  t.ok(buffers.size() <= 600)
  await second.storeEvent('s', message('z'))
  const before = buffers.size()
  second.close()
  t.ok(buffers.size() < before)
  first.close()
  t.equal(buffers.size(), 0)
  await first.storeEvent('s', message('late'))
  t.equal(buffers.size(), 0, 'a closed buffer keeps nothing')
})

t.test('a stream is gone on with only if nothing of it is missing', async (t) => {
  const message = (text: string) =>
    ({ jsonrpc: '2.0', method: 'notifications/message', params: { text } }) as const
  const open = () =>
    createEventBuffers({ maxEventsPerSession: 3, maxSizePerSession: 400, maxSize: 600 }).open()
  const tooLarge = message('x'.repeat(1000))

  const emptied = open()
  const seen = await emptied.storeEvent('s', message('progress'))
  await emptied.storeEvent('s', message('answer'))
  for (const text of ['a', 'b', 'c']) await emptied.storeEvent('other', message(text))
  const last = await emptied.storeEvent('s', message('later'))
  t.equal(emptied.has(seen), false, 'its answer gave way, although it has an event again')
  t.equal(emptied.has(last), true)

  const large = open()
  const before = await large.storeEvent('s', message('progress'))
  await large.storeEvent('s', tooLarge)
  const behind = await large.storeEvent('s', message('later'))
  for (const text of ['a', 'b']) await large.storeEvent('other', message(text))
  t.equal(large.has(before), false, 'what it missed was never kept')
  t.equal(large.has(behind), true)

  const unknown = open()
  const only = await unknown.storeEvent('s', tooLarge)
  t.equal(unknown.has(only), false)
  const next = await unknown.storeEvent('s', message('later'))
  t.equal(unknown.has(only), true, 'all that came behind it is here')
  t.equal(unknown.has(next), true)
  const first = await unknown.storeEvent('new', message('first'))
  t.equal(unknown.has(first), true, 'a new stream is whole')
})
