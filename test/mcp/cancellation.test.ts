import { once } from 'node:events'
import { request } from 'node:http'
import t, { type Test } from 'tap'
import type { CallRequest } from '../../src/pipeline/call-request.js'
import { initialize, legacyHeaders } from '../helpers/legacy-rpc.js'
import type { TestApp } from '../helpers/test-app.js'
import { startGatedStdio } from '../security/gated-stdio.js'
import { buildHeldApp } from './held-dojo.js'
import { type Wire, type WireKind, wireKinds } from './wires.js'

/** Everything of one transport. */
async function connect(t: Test, kind: WireKind, env: Record<string, string> = {}) {
  const service = await buildHeldApp(t, { env: { ...kind.env, ...env } })
  const { app } = service
  /** Resolves when the service has understood that the call it got next is not wanted any more. */
  const nextAborted = (): Promise<void> =>
    new Promise((resolve) => {
      const { call } = app.mcp.pipeline
      Object.assign(app.mcp.pipeline, {
        call(request: CallRequest) {
          Object.assign(app.mcp.pipeline, { call })
          request.signal.addEventListener('abort', () => resolve(), { once: true })
          return call(request)
        },
      })
    })
  const wire = await kind.open(t, service)
  return { ...service, wire, nextAborted, idle: () => app.mcp.pipeline.inFlight.idle() }
}

const getFinding = { name: 'get_finding', arguments: { finding_id: 1 } }
const reopen = { name: 'reopen_finding', arguments: { finding_id: 1, note: 'It is back.' } }
const nothingSent =
  /^The call was cancelled \(request_id=[-0-9a-f]{36}\)\. The change was not sent\.$/

/** The one terminal record of the only call. */
const onlyRecord = (t: Test, service: TestApp): Record<string, unknown> => {
  t.equal(service.calls().length, 1, 'exactly one terminal record')
  return service.calls()[0] ?? {}
}

const ways: [string, (wire: Wire) => Promise<void>][] = [
  ['cancels', (wire) => wire.cancel(7)],
  ['is gone', (wire) => wire.leave()],
]

for (const kind of wireKinds) {
  for (const [way, end] of ways) {
    t.test(`${kind.name}: a read whose client ${way} ends at DefectDojo too`, async (t) => {
      const service = await connect(t, kind)
      const held = service.dojo.hold('GET findings/1/')
      service.wire.request(7, 'tools/call', getFinding)
      await held.arrived

      await end(service.wire)

      await held.closed
      await service.idle()
      t.match(onlyRecord(t, service), {
        outcome: 'error',
        reason: 'cancelled',
        level: 'WARNING',
        error: /^The call was cancelled \(request_id=[-0-9a-f]{36}\)$/,
        cancelled: undefined,
      })
      t.equal(service.app.mcp.pipeline.inFlight.count(), 0)
      t.notOk(
        service.wire.messages.some(({ id }) => id === 7),
        'nothing is answered',
      )
    })

    t.test(`${kind.name}: a change whose client ${way} is made as a whole`, async (t) => {
      const service = await connect(t, kind, { MUTATION_RATE_LIMIT: '1' })
      const aborted = service.nextAborted()
      const held = service.dojo.hold('PATCH findings/1/')
      service.wire.request(7, 'tools/call', reopen)
      await held.arrived

      await end(service.wire)
      await aborted
      held.release()
      await service.idle()

      t.same(service.dojo.seen, ['PATCH findings/1/', 'POST findings/1/notes/', 'GET findings/1/'])
      t.equal(service.sandbox.writes(), 2)
      t.match(onlyRecord(t, service), {
        outcome: 'success',
        reason: undefined,
        cancelled: 'after_sending',
      })
      const refused = await callDirectly(service)
      t.match(refused, { ok: false, error: { code: 'rate_limited' } }, 'it was paid for')
    })
  }
}

/** The same change once more by the caller of stdio and by that of HTTP, whose token counts. */
function callDirectly({ app, calls }: TestApp) {
  const [first] = calls()
  const stdio = first?.transport === 'stdio'
  return app.mcp.pipeline.call({
    kind: 'tool',
    ...reopen,
    caller: {
      id: String(first?.authenticated_caller_id),
      role: stdio ? null : 'admin',
      permissions: new Set(['engagement_mgmt' as const]),
      authenticated: !stdio,
    },
    origin: {
      transport: stdio ? 'stdio' : 'streamable-http',
      clientAddress: null,
      sessionId: null,
      clientRequestId: null,
      callerId: 'anonymous',
    },
    signal: new AbortController().signal,
  })
}

for (const kind of wireKinds) {
  t.test(`${kind.name}: what waits for its turn can still be cancelled`, async (t) => {
    const service = await connect(t, kind, { MUTATION_RATE_LIMIT: '2' })
    const { wire, dojo } = service
    const change = { name: 'update_finding', arguments: { finding_id: 1, active: true } }
    const held = dojo.hold('GET findings/1/')
    wire.request(6, 'tools/call', change)
    await held.arrived
    wire.request(7, 'tools/call', change)
    while (service.app.mcp.pipeline.inFlight.count() < 2) await new Promise(setImmediate)

    await wire.cancel(7)
    while (service.calls().length === 0) await new Promise(setImmediate)
    const cancelled = onlyRecord(t, service)
    held.release()
    await wire.answer(6)
    wire.request(8, 'tools/call', {
      name: 'add_finding_tags',
      arguments: { finding_id: 1, tags: ['a'] },
    })
    const paid = await wire.answer(8)

    t.match(cancelled, { reason: 'cancelled', cancelled: 'before_sending' })
    t.same(dojo.seen, ['GET findings/1/', 'PATCH findings/1/', 'POST findings/1/tags/'])
    t.notOk(paid.result?.isError, 'what was cancelled was not paid for')
  })
}

t.test('of a change that was sent and is not answered nobody knows, client or not', async (t) => {
  for (const kind of wireKinds) {
    await t.test(kind.name, async (t) => {
      const service = await connect(t, kind)
      const aborted = service.nextAborted()
      const held = service.dojo.hold('PATCH findings/1/')
      service.wire.request(7, 'tools/call', reopen)
      await held.arrived

      await service.wire.leave()
      await aborted
      held.drop()
      await service.idle()

      t.same(service.dojo.seen, ['PATCH findings/1/'])
      t.match(onlyRecord(t, service), {
        outcome: 'unknown_outcome',
        reason: 'unknown_outcome',
        cancelled: 'after_sending',
        error: /DefectDojo may or may not have made the change/,
      })
    })
  }
})

t.test('a pause before a repeated read ends with the call', async (t) => {
  for (const kind of wireKinds) {
    await t.test(kind.name, async (t) => {
      const service = await connect(t, kind)
      const { wire, dojo } = service
      dojo.answer('GET findings/1/', (response) =>
        response.writeHead(503, { 'retry-after': '25' }).end(),
      )
      wire.request(7, 'tools/call', {
        ...getFinding,
        _meta: { 'io.modelcontextprotocol/logLevel': 'warning' },
      })
      await wire.until(({ method }) => method === 'notifications/message')

      await wire.cancel(7)
      await service.idle()

      t.match(onlyRecord(t, service), { outcome: 'error', reason: 'cancelled' })
      t.same(dojo.seen, ['GET findings/1/'])
    })
  }
})

t.test('between the steps of a call nothing more is begun for a client that is gone', async (t) => {
  const [modernHttp] = wireKinds
  if (!modernHttp) return
  const service = await connect(t, modernHttp)
  const held = service.dojo.hold('GET findings/1/tags/')
  service.wire.request(7, 'tools/call', {
    name: 'remove_finding_tags',
    arguments: { finding_id: 1, tags: ['a'] },
  })
  await held.arrived

  await service.wire.leave()
  await held.closed
  await service.idle()

  t.same(service.dojo.seen, ['GET findings/1/tags/'])
  t.match(onlyRecord(t, service), { reason: 'cancelled', cancelled: 'before_sending' })
})

t.test('a client that is gone before its change is announced leaves no announcement', async (t) => {
  const service = await buildHeldApp(t)
  const { app } = service

  const result = await app.mcp.pipeline.call({
    kind: 'tool',
    ...reopen,
    caller: {
      id: 'ada',
      role: 'admin',
      permissions: new Set(['engagement_mgmt' as const]),
      authenticated: true,
    },
    origin: {
      transport: 'streamable-http',
      clientAddress: null,
      sessionId: null,
      clientRequestId: null,
      callerId: 'anonymous',
    },
    signal: AbortSignal.abort(),
  })

  t.match(result, { ok: false, error: { code: 'cancelled', message: nothingSent } })
  t.match(onlyRecord(t, service), { reason: 'cancelled', cancelled: 'before_sending' })
  t.notOk(service.audit.some(({ event_type }) => event_type === 'audit_intent'))
})

t.test('in a 2025-era session a connection that breaks takes nothing back', async (t) => {
  const service = await buildHeldApp(t)
  const base = await service.listen()
  const headers = legacyHeaders(service.tokens.admin)
  const opened = await service.app.inject({
    method: 'POST',
    url: '/mcp',
    headers,
    payload: initialize('2025-11-25'),
  })
  const held = service.dojo.hold('GET findings/1/')
  const gone = once(service.app.server, 'connection').then(([socket]) => once(socket, 'close'))
  const call = request(`${base}/mcp`, {
    method: 'POST',
    agent: false,
    headers: { ...headers, 'mcp-session-id': String(opened.headers['mcp-session-id']) },
  })
  call.on('error', () => {})
  call.end(JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: getFinding }))
  await held.arrived

  call.destroy()
  await gone
  held.release()
  await service.app.mcp.pipeline.inFlight.idle()

  t.match(onlyRecord(t, service), { outcome: 'success', cancelled: undefined })
})

t.test('in a 2025-era session the stream of a cancelled call ends without an answer', async (t) => {
  const service = await buildHeldApp(t)
  const url = `${await service.listen()}/mcp`
  const headers = legacyHeaders(service.tokens.admin)
  const opened = await service.app.inject({
    method: 'POST',
    url: '/mcp',
    headers,
    payload: initialize('2025-11-25'),
  })
  const post = (message: object): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { ...headers, 'mcp-session-id': String(opened.headers['mcp-session-id']) },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    })
  const held = service.dojo.hold('GET findings/1/')
  const stream = await post({ id: 2, method: 'tools/call', params: getFinding })
  await held.arrived

  await post({ method: 'notifications/cancelled', params: { requestId: 2 } })

  t.notMatch(await stream.text(), 'data: {')
  const next = await post({ id: 2, method: 'tools/call', params: getFinding })
  t.match(await next.text(), '"structuredContent"', 'the session goes on')
})

t.test('when the stdin of the process ends, so does what it reads', async (t) => {
  const { gate, command, stdin, records } = await startGatedStdio(t)
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: getFinding }
  stdin.write(`${JSON.stringify(call)}\n`)
  await gate.arrived(1)

  stdin.end()

  t.equal(await command.ended(), 0)
  t.match(
    records().filter(({ event_type }) => event_type === 'audit'),
    [{ tool_name: 'get_finding', outcome: 'error', reason: 'cancelled' }],
  )
})
