import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { modernMeta, rpc } from '../helpers/rpc.js'
import { buildTestApp, type TestApp } from '../helpers/test-app.js'
import { rawPost, rawRequest } from './raw-http.js'

const body = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'list_products', arguments: { limit: 1 }, _meta: modernMeta },
})
const length: readonly [string, string] = ['Content-Length', String(body.length)]
const chunked: readonly [string, string] = ['Transfer-Encoding', 'chunked']
const oneChunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`

const headersFor = (token: string): [string, string][] => [
  ['Host', '127.0.0.1'],
  ['Authorization', `Bearer ${token}`],
  ['Accept', 'application/json, text/event-stream'],
  ['Content-Type', 'application/json'],
  ['MCP-Protocol-Version', '2026-07-28'],
  ['Mcp-Method', 'tools/call'],
  ['Mcp-Name', 'list_products'],
]

async function listening(
  t: Test,
  env: Record<string, string> = {},
): Promise<TestApp & { base: string }> {
  const service = await buildTestApp(t, { env })
  return Object.assign(service, { base: await service.listen() })
}

t.test('a request that two readers could cut in different places is refused', async (t) => {
  const { base, tokens, sandbox } = await listening(t)
  const headers = headersFor(tokens.reader)
  const hidden = 'GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
  const whole = rawPost('/mcp', [...headers, length], body)
  const table: [string, string][] = [
    ['a length and chunks', rawPost('/mcp', [...headers, length, chunked], `0\r\n\r\n${hidden}`)],
    ['chunks and a length', rawPost('/mcp', [...headers, chunked, length], oneChunk)],
    ['two lengths', rawPost('/mcp', [...headers, length, ['Content-Length', '3']], body)],
    ['the same length twice', rawPost('/mcp', [...headers, length, length], body)],
    ['a list of lengths', rawPost('/mcp', [...headers, ['Content-Length', '3, 3']], body)],
    ['a signed length', rawPost('/mcp', [...headers, ['Content-Length', '+3']], body)],
    ['a hexadecimal length', rawPost('/mcp', [...headers, ['Content-Length', '0x3']], body)],
    ['an endless length', rawPost('/mcp', [...headers, ['Content-Length', '9'.repeat(30)]], body)],
    ['another coding', rawPost('/mcp', [...headers, ['Transfer-Encoding', 'xchunked']], oneChunk)],
    [
      'chunked not last',
      rawPost('/mcp', [...headers, ['Transfer-Encoding', 'chunked, identity']], oneChunk),
    ],
    [
      'a blank in a name',
      rawPost('/mcp', [...headers, ['Transfer-Encoding ', 'chunked']], oneChunk),
    ],
    ['a folded header', rawPost('/mcp', [...headers, ['X-A', 'a\r\n b'], length], body)],
    ['bare line feeds', whole.replaceAll('\r\n', '\n')],
    ['bare carriage returns', whole.replaceAll('\r\n', '\r')],
    ['an endless chunk', rawPost('/mcp', [...headers, chunked], `${'f'.repeat(17)}\r\n${body}`)],
    ['no Host', 'GET /health HTTP/1.1\r\n\r\n'],
    ['NUL', 'GET /\0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ]

  for (const [what, text] of table) {
    const answer = await rawRequest(base, text, { untilClosed: true })
    t.match(answer, { status: 400, answers: 1, closed: true }, what)
    t.match(answer.text, /^connection: close\r$/im, `${what}, and says that it ends`)
  }
  t.equal((await rawRequest(base, rawPost('/mcp', [...headers, chunked], oneChunk))).status, 200)
  t.equal(sandbox.requests.length, 1, 'only the well-formed one was carried out')
})

t.test('headers that decide something come once, and there are not too many', async (t) => {
  const { base, tokens, sandbox } = await listening(t)
  const headers = [...headersFor(tokens.reader), length]
  const statusOf = async (...more: [string, string][]) => {
    const before = await rawRequest(base, rawPost('/mcp', [...more, ...headers], body))
    const behind = await rawRequest(base, rawPost('/mcp', [...headers, ...more], body))
    return [before.status, behind.status]
  }

  for (const name of [
    'Host',
    'Authorization',
    'Content-Type',
    'MCP-Protocol-Version',
    'Mcp-Name',
  ]) {
    const [, value = ''] = headers.find(([header]) => header === name) ?? []
    t.same(await statusOf([name.toLowerCase(), value]), [400, 400], `${name}, the same twice`)
    t.same(await statusOf([name, 'other']), [400, 400], `${name}, two different ones`)
  }
  t.same(await statusOf(['Origin', 'null'], ['Origin', 'null']), [400, 400])
  t.same(await statusOf(...Array<[string, string]>(120).fill(['X-A', 'a'])), [431, 431])
  t.same(await statusOf(['X-A', 'a'.repeat(20_000)]), [431, 431])
  t.equal(sandbox.requests.length, 0)
})

t.test('the first line names the same server as Host, in a version of this form', async (t) => {
  const { base, tokens, sandbox } = await listening(t)
  const statusOf = async (requestLine: string) => {
    const text = rawPost('/mcp', [...headersFor(tokens.reader), length], body)
    const sent = text.replace('POST /mcp HTTP/1.1', requestLine)
    return (await rawRequest(base, sent)).status
  }

  for (const [requestLine, status] of [
    ['POST http://evil.example/mcp HTTP/1.1', 400],
    ['POST http://a@127.0.0.1/mcp HTTP/1.1', 400],
    ['POST http://127.0.0.1:1/mcp HTTP/1.1', 400],
    ['POST /mcp HTTP/2.0', 400],
    ['POST /mcp HTTP/0.9', 400],
    ['POST /mcp', 400],
  ] as const) {
    t.equal(await statusOf(requestLine), status, requestLine)
  }
  t.equal(sandbox.requests.length, 0)
  t.equal(await statusOf('POST http://127.0.0.1/mcp HTTP/1.1'), 200)
})

t.test('only Authorization: Bearer lets in', async (t) => {
  const { app, tokens } = await buildTestApp(t)
  const token = tokens.admin
  const statusOf = async (headers: Record<string, string>, query = '') => {
    const request = rpc(undefined, 'tools/list')
    const response = await app.inject({
      ...request,
      url: `/mcp${query}`,
      headers: { ...request.headers, ...headers },
    })
    return response.statusCode
  }

  t.equal(await statusOf({ authorization: `bearer ${token}` }), 200)
  for (const authorization of [
    token,
    `Token ${token}`,
    `Basic ${Buffer.from(`admin:${token}`).toString('base64')}`,
    `Bearer  ${token}`,
    `Bearer ${token} `,
    `Bearer ${token}, Bearer ${tokens.reader}`,
    `Bearer ${token},`,
    `Bearer "${token}"`,
    `Bearer ${token.toUpperCase()}`,
    `Bearer ${token.slice(0, -1)}`,
    'Bearer __proto__',
    'Bearer constructor',
    'Bearer ',
    '',
  ]) {
    t.equal(await statusOf({ authorization }), 401, authorization.replaceAll(token, 'TOKEN'))
  }
  for (const query of [
    `?token=${token}`,
    `?access_token=${token}`,
    `?Authorization=Bearer+${token}`,
  ]) {
    t.equal(await statusOf({}, query), 401)
  }
  for (const name of ['cookie', 'x-api-key', 'proxy-authorization', 'x-forwarded-authorization']) {
    t.equal(await statusOf({ [name]: `Bearer ${token}` }), 401, name)
  }
})

t.test('a body that nobody asked for is not read', async (t) => {
  const { app, base, tokens } = await listening(t)
  let taken = 0
  app.server.on('connection', (socket) => {
    socket.on('close', () => {
      taken = socket.bytesRead
    })
  })
  const piece = Buffer.alloc(65_536, ' ')
  const announce = (path: string, type: string, token?: string): string =>
    rawPost(
      path,
      [
        ['Host', '127.0.0.1'],
        ['Content-Type', type],
        ['Content-Length', '100000000'],
        ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]),
      ],
      '',
    )
  const table: [string, number, string][] = [
    ['without a token', 401, announce('/mcp', 'application/json')],
    ['at no address', 404, announce('/nowhere', 'application/json')],
    ['at no address, as text', 404, announce('/nowhere', 'text/plain')],
    ['at an address that is none', 400, announce('/%', 'application/json')],
    ['at an address that takes none', 404, announce('/health', 'application/json')],
    ['behind a GET', 200, announce('/health', 'text/plain').replace('POST', 'GET')],
    ['of another type', 415, announce('/mcp', 'text/plain', tokens.reader)],
    ['larger than allowed', 413, announce('/mcp', 'application/json', tokens.reader)],
  ]

  for (const [what, status, text] of table) {
    const answer = await rawRequest(base, text, { repeat: piece })
    t.match(answer, { status, answers: 1, closed: true }, what)
    t.ok(taken < 1_048_576, `${what}: ${taken} bytes were taken`)
  }
})

t.test('a client that leaves in the middle of its body is no fault of the service', async (t) => {
  const { app, base, tokens, diagnostics } = await listening(t, { LOG_LEVEL: 'INFO' })

  const gone = new Promise((resolve) => {
    app.server.on('request', (_request, response) => response.once('close', resolve))
  })

  const text = rawPost('/mcp', [...headersFor(tokens.reader), length], body.slice(0, 20))
  await rawRequest(base, text, { leave: true })
  await gone
  await setImmediate()

  t.same(
    diagnostics.filter((line) => JSON.parse(line).level >= 40),
    [],
  )
})

t.test('probes and scrapes come in under any Host name, agents do not', async (t) => {
  const { base, tokens } = await listening(t, { MCP_ALLOWED_HOSTS: 'mcp.example' })
  const statusOf = async (path: string) =>
    (await rawRequest(base, `GET ${path} HTTP/1.1\r\nHost: 10.1.2.3:8000\r\n\r\n`)).status

  for (const path of ['/health', '/livez', '/readyz', '/readyz?exclude=audit', '/metrics']) {
    t.equal(await statusOf(path), 200, path)
  }
  const headers = [...headersFor(tokens.reader), length].slice(1)
  const post = (host: string, path = '/mcp') =>
    rawRequest(base, rawPost(path, [['Host', host], ...headers], body))
  t.equal((await post('mcp.example')).status, 200)
  for (const host of [
    '10.1.2.3',
    'mcp.example.evil.example',
    'evil.example#mcp.example',
    'mcp.example@evil.example',
    '',
  ]) {
    t.ok([400, 403].includes((await post(host)).status ?? 0), host)
  }
})
