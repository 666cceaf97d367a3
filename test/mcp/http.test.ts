import t from 'tap'
import { headersContradict } from '../../src/mcp/header-agreement.js'
import { instructions } from '../../src/mcp/instructions.js'
import { version } from '../../src/version.js'
import { initialize, legacyHeaders, messageOf } from '../helpers/legacy-rpc.js'
import { callTool, modernMeta, rpc } from '../helpers/rpc.js'
import { buildTestApp } from '../helpers/test-app.js'

t.test('server/discover introduces the product', async (t) => {
  const { app, tokens } = await buildTestApp(t)

  const response = await app.inject(rpc(tokens.reader, 'server/discover'))

  t.equal(response.statusCode, 200)
  t.match(response.json().result, {
    instructions,
    capabilities: { tools: {}, resources: {}, prompts: {}, completions: {}, logging: {} },
  })
  t.match(JSON.stringify(response.json()), `"version":"${version}"`)
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

t.test('what Mcp-Name repeats depends on the method, and may be encoded', async (t) => {
  const contradicts = (name: string, body: unknown) =>
    headersContradict((header) => (header === 'mcp-name' ? name : null), body)
  const read = { method: 'resources/read', params: { uri: 'defectdojo://products/1' } }
  const get = { method: 'prompts/get', params: { name: 'naïve' } }
  const encode = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`

  t.equal(contradicts('defectdojo://products/1', read), false)
  t.equal(contradicts('defectdojo://products/2', read), true)
  t.equal(contradicts(encode('naïve'), get), false)
  t.equal(contradicts(encode('naive'), get), true)
  t.equal(contradicts('=?base64?bmHDr3Zl!?=', get), true, 'no base64')
  t.equal(contradicts('=?base64?gICAgA==?=', get), true, 'no UTF-8')
  t.equal(contradicts(encode('\ufeffnaïve'), get), true, 'a byte order mark is part of the name')
  t.equal(contradicts('naïve\u00a0', get), true, 'a no-break space is no blank')
  t.equal(contradicts('anything', { method: 'tools/list' }), false)
  t.equal(contradicts('anything', { method: 'constructor' }), false)
  t.equal(contradicts('anything', [get]), true, 'a batch says several things')
})

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
    [
      'two charsets',
      `{${call}}`,
      415,
      { 'content-type': 'application/json; charset=utf-8; charset=utf-16' },
    ],
    ['a no-break space', `{${call}}`, 415, { 'content-type': 'application/json\u00a0' }],
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
  const statusOf = async (token: string, bytes: number, tool = 'import_scan') => {
    const request = callTool(token, tool, { content: 'x'.repeat(bytes) })
    return (await app.inject(request)).statusCode
  }

  t.equal(await statusOf(tokens.reader, 4096), 413)
  t.equal(await statusOf(tokens.scanner, 4096), 200)
  t.equal(await statusOf(tokens.scanner, 9000), 413)
  t.equal(await statusOf(tokens.scanner, 4096, 'list_products'), 413)
})

t.test('only its report makes a body larger than others are', async (t) => {
  const { app, tokens, calls } = await buildTestApp(t, {
    env: { MCP_MAX_BODY_BYTES: '2048', MCP_MAX_IMPORT_BODY_BYTES: '65536' },
  })
  const request = callTool(tokens.scanner, 'import_scan')
  const long = 'x'.repeat(8_000)
  const body = (params: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params, ...more })
  const report = { name: 'import_scan', arguments: { content: long }, _meta: modernMeta }
  const statusOf = async (payload: string) => (await app.inject({ ...request, payload })).statusCode

  t.equal(await statusOf(body(report)), 200)
  t.equal(await statusOf(body({ ...report, arguments: { file: '\0'.repeat(8_000) } })), 200)
  const before = calls().length
  for (const [what, payload, status] of [
    ['an id', body(report, { id: long }), 400],
    ['an id alone', body({ ...report, arguments: {} }, { id: long }), 413],
    ['a name', body({ ...report, arguments: {}, name: long }), 413],
    ['another argument', body({ ...report, arguments: { version: long } }), 413],
    ['two reports', body({ ...report, arguments: { content: long, file: long } }), 400],
    ['another tool', body({ ...report, name: 'list_products' }), 413],
    ['another method', body({ uri: long }, { method: 'resources/read' }), 413],
    ['blanks', body(report).replace(':', `:${' '.repeat(4_000)}`), 400],
    ['a batch', `[${body(report)}]`, 413],
  ] as const) {
    t.equal(await statusOf(payload), status, what)
  }
  t.equal(calls().length, before)
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
