import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { createSessions } from '../../src/mcp/sessions.js'
import { connectSse } from '../helpers/clients.js'
import { modernMeta } from '../helpers/rpc.js'
import { buildTestApp, type TestApp, type TestAppOptions } from '../helpers/test-app.js'
import { buildHeldApp } from '../mcp/held-dojo.js'

type Service = TestApp & { readonly base: string }

async function listening(t: Test, options?: TestAppOptions): Promise<Service> {
  const service = await buildTestApp(t, options)
  return Object.assign(service, { base: await service.listen() })
}

const jsonHeaders = (token: string, more: Record<string, string> = {}): Record<string, string> => ({
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
  authorization: `Bearer ${token}`,
  ...more,
})

const post = (
  { base }: Service,
  headers: Record<string, string>,
  message: unknown,
  signal: AbortSignal | null = null,
): Promise<Response> =>
  fetch(`${base}/mcp`, { method: 'POST', headers, body: JSON.stringify(message), signal })

async function openSession(service: Service, token: string): Promise<string> {
  const response = await post(service, jsonHeaders(token), {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    },
  })
  await response.text()
  return response.headers.get('mcp-session-id') ?? ''
}

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }

t.test('50 clients with the same ids at once each get their own answers', async (t) => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000)
  t.comment(`seed ${seed}`)
  const service = await listening(t)
  const tokens = Object.values(service.tokens)
  const findings = [...Array(5).keys()].map((index) => index + 1)
  const schedule = fc.sample(
    fc.record({ client: fc.nat(49), finding: fc.constantFrom(...findings), abort: fc.nat(9) }),
    { numRuns: 400, seed },
  )
  const sessions = await Promise.all(
    [...Array(25).keys()].map((client) =>
      openSession(service, tokens[client % tokens.length] ?? ''),
    ),
  )
  const nextId = Array<number>(50).fill(0)
  const wrong: string[] = []
  let answered = 0

  // Both generations, refusals with a canary of the client and findings that it alone asked for; one in ten is given up.
  await Promise.all(
    schedule.map(async ({ client, finding, abort }, index) => {
      const id = nextId[client] ?? 0
      nextId[client] = id + 1
      const canary = `canary-${client}-${id}`
      const asksFinding = index % 2 === 0
      const params = {
        name: asksFinding ? 'get_finding' : canary,
        arguments: asksFinding ? { finding_id: finding } : {},
      }
      const session = sessions[client]
      const token = tokens[client % tokens.length] ?? ''
      const headers = jsonHeaders(
        token,
        session === undefined
          ? {
              'mcp-protocol-version': '2026-07-28',
              'mcp-method': 'tools/call',
              'mcp-name': params.name,
            }
          : { 'mcp-session-id': session },
      )
      const message = {
        jsonrpc: '2.0',
        id,
        method: 'tools/call',
        params: session === undefined ? { ...params, _meta: modernMeta } : params,
      }
      const gone = new AbortController()
      if (abort === 0) setImmediate(() => gone.abort())
      const text = await post(service, headers, message, gone.signal)
        .then((response) => response.text())
        .catch(() => null)
      if (text === null) return
      const answer = JSON.parse(
        text.startsWith('{') ? text : (/^data: (.+)$/m.exec(text)?.[1] ?? '{}'),
      )
      answered += 1
      const right = asksFinding
        ? answer.result?.structuredContent?.id === finding
        : answer.result?.content[0].text === `Unknown tool: '${canary}'`
      if (answer.id !== id || !right) wrong.push(`${canary} got ${text.slice(0, 200)}`)
    }),
  )

  t.same(wrong, [])
  t.ok(answered > 300, `${answered} calls were answered`)
})

t.test('a caller who opens session after session loses its own, not those of others', async (t) => {
  const service = await listening(t, { env: { MCP_MAX_SESSIONS: '10' } })
  const { writer, reader } = service.tokens
  const mine = await openSession(service, writer)

  for (let count = 0; count < 30; count += 1) await openSession(service, reader)

  const response = await post(service, jsonHeaders(writer, { 'mcp-session-id': mine }), ping)
  t.equal(response.status, 200)
  t.equal(service.app.mcp.http.sessionCount(), 10)
})

t.test(
  'whatever is opened and used, the table stays full at most and nobody is emptied',
  async (t) => {
    const seed = Date.now() % 1_000_000
    t.comment(`seed ${seed}`)
    const step = fc.record({ callerId: fc.constantFrom('a', 'b', 'c'), use: fc.nat(5) })

    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 3, max: 8 }),
        (steps, max) => {
          const ended = new Set<string>()
          const sessions = createSessions({
            maxSessions: max,
            idleSeconds: 60,
            maxAgeSeconds: 600,
            now: () => 0,
            onEnd: (id) => ended.add(id),
          })
          const opened: { id: string; callerId: string }[] = []
          for (const { callerId, use } of steps) {
            const used = opened[use]
            if (used) sessions.find(used.id, used.callerId)
            const session = {
              id: String(opened.length),
              callerId,
              isBusy: () => false,
              close() {},
            }
            opened.push(session)
            sessions.open(session)
            if (sessions.count() > max) return false
          }
          // Three callers share at least three places: whoever opened anything still has something.
          return ['a', 'b', 'c'].every((callerId) => {
            const own = opened.filter((session) => session.callerId === callerId)
            return own.length === 0 || own.some(({ id }) => !ended.has(id))
          })
        },
      ),
      { numRuns: 300, seed },
    )
  },
)

t.test('1,000 invented session ids are served nothing and leave nothing behind', async (t) => {
  const { app, tokens } = await buildTestApp(t)
  let served = 0

  for (let index = 0; index < 1_000; index += 1) {
    const id = index % 3 === 0 ? '__proto__' : index.toString(16).padStart(32, '0')
    const headers = { host: '127.0.0.1', ...jsonHeaders(tokens.admin, { 'mcp-session-id': id }) }
    const response = await app.inject({ method: 'POST', url: '/mcp', headers, payload: ping })
    if (response.statusCode !== 404) served += 1
  }

  t.equal(served, 0)
  t.equal(app.mcp.http.sessionCount(), 0)
})

t.test('a stream for server messages begins at once', async (t) => {
  const service = await listening(t)
  const token = service.tokens.reader
  const session = await openSession(service, token)
  const leave = new AbortController()

  const response = await fetch(`${service.base}/mcp`, {
    headers: jsonHeaders(token, { 'mcp-session-id': session }),
    signal: AbortSignal.any([leave.signal, AbortSignal.timeout(5_000)]),
  })

  t.match(response.headers.get('content-type'), 'text/event-stream')
  leave.abort()
})

t.test('a HEAD opens no stream', async (t) => {
  for (const [transport, path] of [
    ['sse', '/sse'],
    ['streamable-http', '/mcp'],
  ] as const) {
    const { app, base, tokens } = await listening(t, { env: { MCP_TRANSPORT: transport } })

    const response = await fetch(base + path, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${tokens.reader}` },
    })

    t.equal(response.status, 404)
    t.equal(app.mcp.sse.count(), 0)
  }
})

t.test(
  'over HTTP+SSE, too, headers must say what the body says, and sessions have owners',
  async (t) => {
    const service = await listening(t, { env: { MCP_TRANSPORT: 'sse' } })
    const { writer, reader } = service.tokens
    const stream = await openStream(service, writer)
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'create_product' } }
    const statusOf = async (token: string, message: unknown, more: Record<string, string> = {}) => {
      const response = await fetch(service.base + stream.path, {
        method: 'POST',
        headers: jsonHeaders(token, more),
        body: JSON.stringify(message),
      })
      return response.status
    }

    t.equal(await statusOf(writer, call, { 'mcp-name': 'list_products' }), 400)
    t.equal(await statusOf(writer, call, { 'mcp-method': 'tools/list' }), 400)
    t.equal(await statusOf(writer, [ping, ping]), 400, 'a batch')
    t.equal(await statusOf(reader, ping), 404, 'another caller')
    t.equal(await statusOf(writer, ping), 202)
    t.equal(service.sandbox.writes(), 0)
    t.same(service.calls(), [])
  },
)

t.test('a client of HTTP+SSE that asks and does not read is cut off', async (t) => {
  const service = await listening(t, { env: { MCP_TRANSPORT: 'sse' } })
  const token = service.tokens.admin
  const other = await connectSse(`${service.base}/sse`, token)
  t.teardown(() => other.close())
  const stream = await openStream(service, token)
  stream.pause()

  let asked = 0
  let status = 202
  for (; status === 202 && asked < 2_000; asked += 1) {
    const response = await fetch(service.base + stream.path, {
      method: 'POST',
      headers: jsonHeaders(token),
      body: JSON.stringify({ jsonrpc: '2.0', id: asked, method: 'tools/list' }),
    })
    status = response.status
  }

  t.equal(status, 404, `after ${asked} questions`)
  t.ok((await other.tools()).length > 0, 'others are served on')
})

t.test('an answer of any size reaches a client of HTTP+SSE that reads', async (t) => {
  const held = await buildHeldApp(t, { env: { MCP_TRANSPORT: 'sse' } })
  const service = Object.assign(held, { base: await held.listen() })
  const product = { id: 1, name: 'shop', description: 'x'.repeat(10_000_000), prod_type: 1 }
  service.dojo.answer('GET products/1/', (response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(product)),
  )
  const stream = await openStream(service, service.tokens.admin)
  const ask = async (message: object) => {
    const response = await fetch(service.base + stream.path, {
      method: 'POST',
      headers: jsonHeaders(service.tokens.admin),
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    })
    return response.status
  }

  const params = { name: 'get_product', arguments: { product_id: 1 } }
  await ask({ id: 7, method: 'tools/call', params })
  const bytes = await stream.read(product.description.length)

  t.ok(bytes >= product.description.length, `${bytes} bytes`)
  t.equal(await ask({ id: 8, method: 'tools/list' }), 202, 'and the session goes on')
})

/** A stream opened without an SDK, so that it can be left unread; ended with the test. */
async function openStream({ base }: Service, token: string) {
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  socket.write(`GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  let text = ''
  while (!/^data: (\S+)$/m.test(text)) text += String((await once(socket, 'data'))[0])
  return {
    path: /^data: (\S+)$/m.exec(text)?.[1] ?? '',
    pause: () => socket.pause(),
    /** Reads on until so many bytes have come, or no more will; resolves with how many they were. */
    read: (enough: number) =>
      new Promise<number>((resolve) => {
        let bytes = 0
        socket
          .once('close', () => resolve(bytes))
          .on('data', (chunk) => {
            bytes += chunk.length
            if (bytes >= enough) resolve(bytes)
          })
      }),
  }
}
