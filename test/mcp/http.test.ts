import t from 'tap'
import { instructions } from '../../src/mcp/instructions.js'
import { version } from '../../src/version.js'
import { callTool, rpc } from '../helpers/rpc.js'
import { buildTestApp } from '../helpers/test-app.js'

const initialize = (protocolVersion: string) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion, capabilities: {}, clientInfo: { name: 'test', version: '1' } },
})
const legacyHeaders = (token: string, more: Record<string, string> = {}) => ({
  host: '127.0.0.1',
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
  authorization: `Bearer ${token}`,
  ...more,
})
/** The message in a body that may be one event of a stream. */
const messageOf = (body: string): { result?: Record<string, unknown>; error?: unknown } =>
  JSON.parse(body.startsWith('{') ? body : (/^data: (.+)$/m.exec(body)?.[1] ?? '{}'))

t.test('server/discover introduces the product', async (t) => {
  const { app, tokens } = await buildTestApp(t)

  const response = await app.inject(rpc(tokens.reader, 'server/discover'))

  t.equal(response.statusCode, 200)
  t.match(response.json().result, { instructions, capabilities: { tools: {} } })
  t.match(JSON.stringify(response.json()), `"version":"${version}"`)
})

t.test('every 2025-era version is answered in its own version, with a session', async (t) => {
  const { app, tokens } = await buildTestApp(t)

  for (const protocolVersion of ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']) {
    const response = await app.inject({
      method: 'POST',
      url: '/mcp',
      headers: legacyHeaders(tokens.reader),
      payload: initialize(protocolVersion),
    })
    t.equal(response.statusCode, 200, protocolVersion)
    t.match(response.headers['mcp-session-id'], /^[0-9a-f]{32}$/)
    t.match(messageOf(response.body).result, {
      protocolVersion,
      instructions,
      serverInfo: { name: 'mcp-defectdojo', title: 'DefectDojo', version },
    })
  }
})

t.test('a session is nobody else’s: foreign, invented and ended ids are not found', async (t) => {
  const { app, tokens } = await buildTestApp(t)
  const opened = await app.inject({
    method: 'POST',
    url: '/mcp',
    headers: legacyHeaders(tokens.reader),
    payload: initialize('2025-11-25'),
  })
  const id = opened.headers['mcp-session-id'] as string
  const list = (token: string, sessionId: string) =>
    app.inject({
      method: 'POST',
      url: '/mcp',
      headers: legacyHeaders(token, { 'mcp-session-id': sessionId }),
      payload: { jsonrpc: '2.0', id: 2, method: 'tools/list' },
    })

  t.equal((await list(tokens.reader, id)).statusCode, 200)
  t.equal((await list(tokens.admin, id)).statusCode, 404, 'another caller')
  t.equal((await list(tokens.reader, '0'.repeat(32))).statusCode, 404, 'invented')

  const ended = await app.inject({
    method: 'DELETE',
    url: '/mcp',
    headers: legacyHeaders(tokens.reader, { 'mcp-session-id': id }),
  })
  t.equal(ended.statusCode, 200)
  t.equal((await list(tokens.reader, id)).statusCode, 404, 'ended')
})

t.test('the session that was idle longest makes room when there are too many', async (t) => {
  const { app, tokens } = await buildTestApp(t, { env: { MCP_MAX_SESSIONS: '2' } })
  const open = async () =>
    (
      await app.inject({
        method: 'POST',
        url: '/mcp',
        headers: legacyHeaders(tokens.reader),
        payload: initialize('2025-11-25'),
      })
    ).headers['mcp-session-id'] as string
  const ids = [await open(), await open(), await open()]

  const statuses = await Promise.all(
    ids.map(async (id) => {
      const response = await app.inject({
        method: 'POST',
        url: '/mcp',
        headers: legacyHeaders(tokens.reader, { 'mcp-session-id': id }),
        payload: { jsonrpc: '2.0', id: 2, method: 'tools/list' },
      })
      return response.statusCode
    }),
  )

  t.same(statuses, [404, 200, 200])
  t.equal(app.mcp.http.sessionCount(), 2)
})

t.test('without sessions 2025-era clients are served request by request', async (t) => {
  const { app, tokens } = await buildTestApp(t, { env: { MCP_LEGACY_SESSIONS: 'off' } })

  const response = await app.inject({
    method: 'POST',
    url: '/mcp',
    headers: legacyHeaders(tokens.reader, { 'mcp-protocol-version': '2025-11-25' }),
    payload: { jsonrpc: '2.0', id: 2, method: 'tools/list' },
  })

  t.equal(response.statusCode, 200)
  t.match(messageOf(response.body).result, { tools: { length: 12 } })
  t.equal(response.headers['mcp-session-id'], undefined)
})

t.test(
  'a header that names another tool than the body is refused in both generations',
  async (t) => {
    const { app, tokens, sandbox } = await buildTestApp(t)
    const modern = callTool(tokens.admin, 'create_product', {
      name: 'x',
      description: 'x',
      prod_type_id: 1,
    })

    const responses = [
      await app.inject({ ...modern, headers: { ...modern.headers, 'mcp-name': 'list_products' } }),
      await app.inject({
        method: 'POST',
        url: '/mcp',
        headers: legacyHeaders(tokens.admin, { 'mcp-name': 'list_products' }),
        payload: {
          jsonrpc: '2.0',
          id: 2,
          method: 'tools/call',
          params: { name: 'create_product', arguments: {} },
        },
      }),
    ]

    for (const response of responses) {
      t.equal(response.statusCode, 400)
      t.equal(response.json().error.code, -32020)
    }
    t.equal(sandbox.requests.length, 0)
  },
)

t.test(
  'a call is on record even when it names no tool or its arguments are no object',
  async (t) => {
    const service = await buildTestApp(t)
    const { app, tokens } = service
    const opened = await app.inject({
      method: 'POST',
      url: '/mcp',
      headers: legacyHeaders(tokens.admin),
      payload: initialize('2025-11-25'),
    })
    const session = { 'mcp-session-id': opened.headers['mcp-session-id'] as string }
    const unprintable = '\u001b[2J\u202e'
    const calls: [Record<string, unknown>, RegExp, string][] = [
      [
        { name: 'get_finding', arguments: [] },
        /^arguments must be an object, got a list/,
        'invalid',
      ],
      [{ name: 'get_finding', arguments: 'x' }, /^arguments must be an object, got 'x'/, 'invalid'],
      [{ name: 'get_finding', arguments: 7 }, /^arguments must be an object, got 7/, 'invalid'],
      [{ name: 'get_finding', arguments: null }, /^missing required argument/, 'invalid'],
      [{ name: 'get_finding' }, /^missing required argument 'finding_id'/, 'invalid'],
      [{ name: 7, arguments: {} }, /^Unknown tool: ''/, 'denied'],
      [{ arguments: {} }, /^Unknown tool: ''/, 'denied'],
      [{ name: unprintable, arguments: {} }, /^Unknown tool: '\\x1b\[2J\\u202e'$/, 'denied'],
    ]

    for (const [params, text, outcome] of calls) {
      for (const request of [
        // A 2026-07-28 client repeats the name in a header, which takes no such characters.
        ...(params.name === unprintable ? [] : [rpc(tokens.admin, 'tools/call', params)]),
        {
          method: 'POST',
          url: '/mcp',
          headers: legacyHeaders(tokens.admin, session),
          payload: { jsonrpc: '2.0', id: 2, method: 'tools/call', params },
        } as const,
      ]) {
        const before = service.calls().length
        const response = await app.inject(request)

        t.equal(response.statusCode, 200)
        t.match(messageOf(response.body).result, { isError: true, content: [{ text }] })
        t.equal(service.calls().length, before + 1)
        t.match(service.calls().at(-1), { outcome, error: text })
      }
    }
  },
)

t.test('a batch is refused in a session too: it would pass by what a proxy checks', async (t) => {
  const service = await buildTestApp(t)
  const { app, tokens } = service
  const opened = await app.inject({
    method: 'POST',
    url: '/mcp',
    headers: legacyHeaders(tokens.admin),
    payload: initialize('2025-03-26'),
  })
  const call = { jsonrpc: '2.0', method: 'tools/call', params: { name: 'health_check' } }

  const response = await app.inject({
    method: 'POST',
    url: '/mcp',
    headers: legacyHeaders(tokens.admin, {
      'mcp-session-id': opened.headers['mcp-session-id'] as string,
    }),
    payload: [
      { ...call, id: 2 },
      { ...call, id: 3 },
    ],
  })

  t.equal(response.statusCode, 400)
  t.match(response.json().error, { code: -32600, message: /batch/ })
  t.equal(service.calls().length, 0)
})

t.test('bodies that two readers could read differently are refused', async (t) => {
  const { app, tokens, sandbox } = await buildTestApp(t)
  const send = (payload: string | Buffer, headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url: '/mcp',
      headers: legacyHeaders(tokens.admin, headers),
      payload,
    })
  const call = '"jsonrpc":"2.0","id":1,"method":"tools/call"'

  const table: [string, string | Buffer, number, Record<string, string>?][] = [
    [
      'twice the same name',
      `{${call},"params":{"name":"list_products","name":"create_product"}}`,
      400,
    ],
    ['an escaped twin', `{${call},"\\u006dethod":"ping"}`, 400],
    ['__proto__', `{${call},"params":{"__proto__":{"name":"x"}}}`, 400],
    ['a byte order mark', `\uFEFF{${call}}`, 400],
    ['something behind it', `{${call}} {}`, 400],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 400],
    ['no JSON', 'hello', 400],
    ['too deep', `${'['.repeat(5000)}${']'.repeat(5000)}`, 400],
    ['a batch', `[{${call}},{${call}}]`, 400],
    ['a form', `{${call}}`, 415, { 'content-type': 'text/plain' }],
    ['another charset', `{${call}}`, 415, { 'content-type': 'application/json; charset=utf-16' }],
    ['compressed', `{${call}}`, 415, { 'content-encoding': 'gzip' }],
  ]
  for (const [what, payload, status, headers] of table) {
    const response = await send(payload, headers)
    t.equal(response.statusCode, status, what)
  }
  t.equal(sandbox.requests.length, 0)
})

t.test('a body is as large as the caller’s role allows', async (t) => {
  const { app, tokens } = await buildTestApp(t, {
    env: { MCP_MAX_BODY_BYTES: '2048', MCP_MAX_IMPORT_BODY_BYTES: '8192' },
  })
  const statusOf = async (token: string, bytes: number) => {
    const request = callTool(token, 'list_products', { padding: 'x'.repeat(bytes) })
    return (await app.inject(request)).statusCode
  }

  t.equal(await statusOf(tokens.reader, 4096), 413)
  t.equal(await statusOf(tokens.scanner, 4096), 200)
  t.equal(await statusOf(tokens.scanner, 9000), 413)
})

t.test('Host and Origin are checked before the token', async (t) => {
  const { app, tokens } = await buildTestApp(t, {
    env: { MCP_ALLOWED_ORIGINS: 'https://agents.example' },
  })
  const request = rpc(tokens.reader, 'tools/list')
  const statusOf = async (headers: Record<string, string>) =>
    (await app.inject({ ...request, headers: { ...request.headers, ...headers } })).statusCode

  t.equal(await statusOf({}), 200)
  t.equal(await statusOf({ origin: 'https://agents.example' }), 200)
  t.equal(await statusOf({ origin: 'https://evil.example' }), 403)
  t.equal(await statusOf({ origin: 'null' }), 403)
  t.ok((await statusOf({ host: 'evil.example' })) >= 400)
})

t.test('a 401 comes before the body is read, with its challenge and a record', async (t) => {
  const { app, audit, listen } = Object.assign(await buildTestApp(t))
  const base = await listen()
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
  })

  const response = await fetch(`${base}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: endless,
    duplex: 'half',
  } as RequestInit)

  t.equal(response.status, 401)
  t.match(
    response.headers.get('www-authenticate'),
    /^Bearer error="invalid_token", error_description="/,
  )
  t.match(await response.json(), { error: 'invalid_token', error_description: String })
  t.match(audit.at(-1), {
    event_type: 'auth_failure',
    outcome: 'denied',
    client_address: '127.0.0.1',
  })
  t.equal(app.server.listening, true)
})
