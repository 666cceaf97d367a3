import { monitorEventLoopDelay } from 'node:perf_hooks'
import fc from 'fast-check'
import t from 'tap'
import { callTool, modernMeta, rpc } from '../helpers/rpc.js'
import { buildTestApp } from '../helpers/test-app.js'
import { rawRequest } from './raw-http.js'

t.test('a JSON bomb within the size limit holds nobody up', async (t) => {
  const { app, tokens } = await buildTestApp(t)
  const meta = JSON.stringify(modernMeta).slice(1, -1)
  const icons = `[${'{},'.repeat(18_000)}{}]`
  const keys = Array.from({ length: 15_000 }, (_, index) => `"k${index}":{}`).join(',')
  const call = (members: string, params: string): string =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/call",${members}"params":{"name":"list_products",${params}}}`
  const bombs = [
    call('', `"_meta":{${meta}},"arguments":{"a":[${'1,'.repeat(18_000)}1]}`),
    call('', `"_meta":{${meta}},"arguments":{${keys}}`),
    call('', `"_meta":{${meta},"x":${icons}},"arguments":{}`),
    call('', `"_meta":{${meta.replace('"version":"1"', `"version":"1","icons":${icons}`)}}`),
    call(`${keys},`, `"_meta":{${meta}}`),
    icons,
    '['.repeat(250_000),
    call('', `"_meta":{${meta}},"arguments":{"limit":"${'\\\\'.repeat(100_000)}"}`),
    call('', `"_meta":{${meta}},"arguments":{"limit":1${'0'.repeat(200_000)}}`),
  ]
  const request = callTool(tokens.reader, 'list_products')
  await app.inject(request)
  const delay = monitorEventLoopDelay({ resolution: 5 })

  delay.enable()
  for (const payload of bombs) {
    const { statusCode, body } = await app.inject({ ...request, payload })
    // Refused as text, before anything looks at its values one by one, or named as what is wrong.
    t.ok(
      (statusCode === 400 && body.includes('Parse error')) || body.includes('invalid_arguments'),
      payload.slice(0, 60),
    )
  }
  delay.disable()

  // Some 20 ms where this was measured, and 450 ms with 20,000 values allowed.
  t.ok(delay.max / 1e6 < 1_000, `the longest stall was ${Math.round(delay.max / 1e6)} ms`)
})

t.test('what errors say of a request cannot become headers, log lines or labels', async (t) => {
  const service = await buildTestApp(t, { env: { LOG_LEVEL: 'DEBUG' } })
  const base = await service.listen()
  const { tokens, diagnostics, audit, app } = service
  const forged = 'x\r\nset-cookie: forged=1\r\n\r\n{"level":"CRITICAL","message":"forged"}\u2028'
  const series = async () => (await app.metrics.text()).match(/^mcp_defectdojo_/gm)?.length ?? 0
  const ping = { ...rpc(tokens.reader, 'tools/call', { name: forged }, { client_id: forged }) }
  delete ping.headers?.['mcp-name']
  const call = JSON.parse(String(ping.payload))
  const send = (id: number) =>
    fetch(`${base}/mcp`, {
      method: 'POST',
      headers: {
        ...(ping.headers as Record<string, string>),
        'mcp-name': forged.replace(/[^ -~]/g, ''),
      },
      body: JSON.stringify({ ...call, id: `${forged}${id}` }),
    })
  await send(0)
  const before = await series()

  for (let id = 1; id <= 20; id += 1) {
    const response = await send(id)
    t.equal(response.headers.get('set-cookie'), null)
    await rawRequest(
      base,
      `${id % 2 ? 'GET' : 'PROPFIND'} /x%0d%0aset-cookie:%20a${id} HTTP/1.1\r\nHost: a\r\n\r\n`,
    )
  }

  const unknown = (await series()) - before
  t.ok(unknown <= 4, `${unknown} lines more in the metrics`)
  for (const line of [...diagnostics, ...audit.map((record) => JSON.stringify(record))]) {
    t.notMatch(line.trimEnd(), /[\r\n]/)
    t.ok(JSON.parse(line).message !== 'forged')
  }
})

t.test('no damaged body breaks the service', async (t) => {
  const seed = Date.now() % 1_000_000
  t.comment(`seed ${seed}`)
  const { app, tokens, diagnostics } = await buildTestApp(t, { env: { LOG_LEVEL: 'WARNING' } })
  const bodies = ['list_products', 'get_finding', 'update_finding', 'import_scan'].map((name) =>
    String(callTool(tokens.admin, name, { finding_id: 1, title: 'x', tags: ['a'] }).payload),
  )
  const junk = [
    'null',
    '[]',
    '{}',
    '-1',
    '1e999',
    '"__proto__":1,',
    '"\\ud800"',
    '\0',
    '"then":{},',
  ]
  const damaged = fc
    .record({
      body: fc.constantFrom(...bodies),
      from: fc.nat(500),
      removed: fc.nat(30),
      put: fc.oneof(fc.constantFrom(...junk), fc.string({ unit: 'binary', maxLength: 8 })),
    })
    .map(({ body, from, removed, put }) => body.slice(0, from) + put + body.slice(from + removed))
  const request = callTool(tokens.admin, 'list_products')

  for (const payload of fc.sample(damaged, { numRuns: 200, seed })) {
    const { headers } = request
    const modern = await app.inject({ ...request, payload })
    const legacy = { ...headers, 'mcp-protocol-version': '2025-06-18' }
    const older = await app.inject({ ...request, headers: legacy, payload })
    if (modern.statusCode >= 500 || older.statusCode >= 500) t.fail(JSON.stringify(payload))
  }

  t.same(
    diagnostics.filter((line) => JSON.parse(line).level >= 50),
    [],
  )
})
