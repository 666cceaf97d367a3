import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startSandbox } from '../../sandbox/server.js'
import { startCommand } from '../helpers/command.js'
import { callTool } from '../helpers/rpc.js'
import { buildTestApp, type TestApp } from '../helpers/test-app.js'
import { createGate, type Gate } from './gate.js'
import { rawPost } from './raw-http.js'

const note = callToolNote('Seen in the nightly build.')

function callToolNote(entry: string): (token: string) => ReturnType<typeof callTool> {
  return (token) => callTool(token, 'add_finding_note', { finding_id: 1, entry })
}

type Gated = TestApp & { readonly base: string; readonly gate: Gate }

/** The service on a socket, in front of a DefectDojo that answers nothing until the gate is opened. */
async function gated(t: Test, env: Record<string, string> = {}): Promise<Gated> {
  const gate = await createGate(t)
  const service = await buildTestApp(t, { env: { DEFECTDOJO_URL: gate.url, ...env } })
  gate.leadTo(service.sandbox.url)
  return Object.assign(service, { gate, base: await service.listen() })
}

function post(base: string, { headers, payload }: ReturnType<typeof callTool>): Promise<Response> {
  return fetch(`${base}/mcp`, {
    method: 'POST',
    headers: headers as Record<string, string>,
    body: String(payload),
  })
}

const textOf = async (call: Promise<Response>): Promise<string> => (await call).text()

/** A connection that is opened and never asks for anything, or never finishes asking. */
function silent(t: Test, base: string, begun = ''): Socket {
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  socket.write(begun)
  return socket
}

t.test('a mutation whose client leaves is made once, recorded, and charged', async (t) => {
  const service = await gated(t, { MUTATION_RATE_LIMIT: '1' })
  const { base, gate, sandbox, tokens, app } = service
  const { headers, payload } = note(tokens.writer)
  const body = String(payload)
  const text = rawPost(
    '/mcp',
    [
      ...(Object.entries(headers ?? {}) as [string, string][]),
      ['content-length', String(body.length)],
    ],
    body,
  )

  const client = silent(t, base, text)
  await gate.arrived(1)
  client.destroy()
  await once(client, 'close')
  gate.open()
  await app.mcp.pipeline.inFlight.idle()

  t.equal(sandbox.writes(), 1)
  t.match(service.calls(), [{ tool_name: 'add_finding_note', outcome: 'success' }])
  t.match(await (await post(base, note(tokens.writer))).text(), 'rate_limited')
  t.equal(sandbox.writes(), 1)
})

t.test('a shutdown lets 50 calls end and waits for nobody who is silent', async (t) => {
  const service = await gated(t)
  const { base, gate, tokens, app, audit } = service
  const initialize = {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'a', version: '1' },
    },
  }
  const own = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    authorization: `Bearer ${tokens.writer}`,
  }
  const streams = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const body = JSON.stringify(initialize)
      const opened = await fetch(`${base}/mcp`, { method: 'POST', headers: own, body })
      await opened.text()
      const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' }
      return fetch(`${base}/mcp`, { headers: { ...own, ...session } })
    }),
  )
  for (let count = 0; count < 50; count += 1) silent(t, base)
  silent(t, base, 'POST /mcp HTTP/1.1\r\nHo')
  silent(t, base, 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n')
  silent(
    t,
    base,
    rawPost('/mcp', [...Object.entries(own), ['Host', 'localhost'], ['Content-Length', '99']], '{'),
  )
  const calls = Array.from({ length: 50 }, () => post(base, note(tokens.writer)))
  while (app.mcp.pipeline.inFlight.count() < 50) await setImmediate()

  const startedAt = performance.now()
  const closed = app.close()
  const refused = await fetch(`${base}/readyz`).then((response) => response.status)
  gate.open()
  const answers = await Promise.all(calls.map(textOf))
  await closed
  const tookMs = performance.now() - startedAt

  t.equal(refused, 503, 'not ready from the first moment on')
  t.equal(answers.filter((text) => text.includes('structuredContent')).length, 50)
  t.equal(service.calls().filter(({ outcome }) => outcome === 'success').length, 50)
  t.match(audit.at(-2), { event_type: 'lifecycle', shutdown_reason: 'lifespan_exit' })
  t.match(audit.at(-1), { event_type: 'audit_checkpoint', cause: 'shutdown' })
  t.ok(tookMs < 10_000, `it took ${Math.round(tookMs)} ms`)
  for (const stream of streams) t.equal(await stream.text(), ': open\n\n')
})

t.test(
  'a shutdown gives up on a DefectDojo that hangs, tells the callers and the trail',
  async (t) => {
    const { base, gate, tokens, app, ...service } = await gated(t)
    const calls = Array.from({ length: 25 }, () => post(base, note(tokens.writer)))
    while (app.mcp.pipeline.inFlight.count() < 25) await setImmediate()
    await gate.arrived(20)

    const startedAt = performance.now()
    await app.close()
    const tookMs = performance.now() - startedAt

    const answers = await Promise.all(calls.map(textOf))
    const unknown = answers.filter((text) => text.includes('unknown_outcome'))
    t.ok(unknown.length >= 20, 'what was sent may have been carried out')
    t.equal(service.calls().length, 25)
    t.ok(tookMs < 10_000, `it took ${Math.round(tookMs)} ms`)
  },
)

t.test('SIGTERM ends the process with 0 although connections are open', async (t) => {
  const command = startCommand(t, ['demo', '--port', '0', '--json'])
  const { mcp } = JSON.parse(await command.firstLine())
  for (let count = 0; count < 20; count += 1) silent(t, mcp)
  await once(silent(t, mcp, 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n'), 'data')

  const startedAt = performance.now()
  command.child.kill('SIGTERM')

  t.equal(await command.ended(), 0)
  t.ok(performance.now() - startedAt < 10_000)
})

t.test('a demo on a taken port ends, and says why', async (t) => {
  const sandbox = await startSandbox({ seed: 'empty' })
  t.teardown(() => sandbox.close())

  const command = startCommand(t, ['demo', '--port', String(sandbox.port)])

  t.equal(await command.ended(), 1)
  t.match(command.output().stderr, 'that port is taken')
})

t.test('while the audit file takes nothing, nothing is changed and reads are served', async (t) => {
  const service = await buildTestApp(t, { env: { AUDIT_LOG_FILE: '/dev/full' } })
  const { app, sandbox, tokens } = service

  for (let count = 0; count < 3; count += 1) {
    const { result } = (await app.inject(note(tokens.writer))).json()
    t.match(result, {
      isError: true,
      _meta: { 'mcp-defectdojo/error': { code: 'audit_unavailable' } },
    })
  }
  const read = (await app.inject(callTool(tokens.reader, 'list_products'))).json()

  t.equal(sandbox.writes(), 0)
  t.ok(read.result.structuredContent.items.length > 0)
  t.equal((await app.inject('/readyz')).statusCode, 503)
  t.equal((await app.inject('/readyz?exclude=audit')).statusCode, 200)
  t.match((await app.inject('/metrics')).body, /^mcp_defectdojo_audit_writable 0$/m)
})
