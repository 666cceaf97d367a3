import type { InjectOptions } from 'fastify'
import t from 'tap'
import { answersIn, initialize, legacyHeaders } from '../helpers/legacy-rpc.js'
import { modernMeta } from '../helpers/rpc.js'
import { buildTestApp, type TestApp } from '../helpers/test-app.js'

const call = (id: unknown, name: string, args: Record<string, unknown> = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
})
const note = (id: unknown, text: string) =>
  call(id, 'add_finding_note', { finding_id: 1, entry: text })

async function openSession({ app }: TestApp, token: string, revision: string): Promise<string> {
  const opened = await app.inject({
    method: 'POST',
    url: '/mcp',
    headers: legacyHeaders(token),
    payload: initialize(revision),
  })
  return opened.headers['mcp-session-id'] as string
}

const batch = (
  token: string,
  payload: unknown,
  headers: Record<string, string> = {},
): InjectOptions => ({
  method: 'POST',
  url: '/mcp',
  headers: legacyHeaders(token, headers),
  payload: JSON.stringify(payload),
})

/** The results in a stream, by their ids. */
const answers = (body: string): Map<unknown, Record<string, unknown> | undefined> =>
  new Map(answersIn(body).map(({ id, result }) => [id, result]))

t.test(
  'in 2025-03-26 each call of a batch is permitted, limited and recorded by itself',
  async (t) => {
    const service = await buildTestApp(t, { env: { MUTATION_RATE_LIMIT: '2' } })
    const { app, tokens, sandbox } = service
    const session = await openSession(service, tokens.writer, '2025-03-26')

    const response = await app.inject(
      batch(
        tokens.writer,
        [
          note(1, 'first'),
          note('1', 'second'),
          note(2, 'third'),
          call(3, 'create_product', { name: 'x', description: 'x', prod_type_id: 1 }),
          call(4, 'get_finding', { finding_id: 0 }),
          call(5, 'list_products'),
          { jsonrpc: '2.0', method: 'notifications/initialized' },
        ],
        { 'mcp-session-id': session },
      ),
    )

    t.equal(response.statusCode, 200)
    const byId = answers(response.body)
    t.same([...byId.keys()].map(String).sort(), ['1', '1', '2', '3', '4', '5'])
    t.match(byId.get(3), { isError: true, content: [{ text: "Unknown tool: 'create_product'" }] })
    t.match(byId.get(5), { structuredContent: { items: Array } })
    t.same(
      service
        .calls()
        .map((record) => record.outcome)
        .sort(),
      ['denied', 'invalid', 'rate_limited', 'success', 'success', 'success'],
      'six calls, six records',
    )
    t.equal(new Set(service.calls().map((record) => record.request_id)).size, 6)
    t.equal(sandbox.requests.filter(({ method }) => method === 'POST').length, 2)
  },
)

t.test('a batch is refused as a whole wherever its revision has none', async (t) => {
  const service = await buildTestApp(t)
  const { app, tokens, sandbox } = service
  const inSession = async (revision: string) => ({
    'mcp-session-id': await openSession(service, tokens.admin, revision),
  })
  const pair = [note(1, 'one'), note(2, 'two')]
  const allowed = await inSession('2025-03-26')
  const refusals: [string, unknown, Record<string, string>, number][] = [
    ['2024-11-05', pair, await inSession('2024-11-05'), -32600],
    ['2025-06-18', pair, await inSession('2025-06-18'), -32600],
    ['2025-11-25', pair, await inSession('2025-11-25'), -32600],
    [
      'another version in the header',
      pair,
      { ...allowed, 'mcp-protocol-version': '2025-11-25' },
      -32600,
    ],
    ['no session', pair, {}, -32600],
    ['an unknown session', pair, { 'mcp-session-id': '0'.repeat(32) }, -32001],
    ['2026-07-28', pair, { 'mcp-protocol-version': '2026-07-28' }, -32600],
    [
      'a cancellation of one of them',
      [
        note(1, 'one'),
        { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
      ],
      allowed,
      -32600,
    ],
    ['a header for one of them', pair, { ...allowed, 'mcp-method': 'tools/call' }, -32020],
    ['a name for one of them', pair, { ...allowed, 'mcp-name': 'list_products' }, -32020],
    ['nothing in it', [], allowed, -32600],
    ['too many', Array.from({ length: 51 }, (_, id) => note(id, 'many')), allowed, -32600],
    ['no message', [note(1, 'one'), 7], allowed, -32600],
    ['a batch in the batch', [note(1, 'one'), pair], allowed, -32600],
    ['the same id twice', [note(1, 'one'), note(1, 'two')], allowed, -32600],
    ['initialize', [note(1, 'one'), { ...initialize('2025-03-26'), id: 9 }], allowed, -32600],
    [
      'a message of the newest revision',
      [
        note(1, 'one'),
        { ...note(2, 'two'), params: { ...note(2, 'two').params, _meta: modernMeta } },
      ],
      allowed,
      -32600,
    ],
    ['something that is no JSON-RPC', [note(1, 'one'), { jsonrpc: '1.0', id: 2 }], allowed, -32600],
  ]

  for (const [what, payload, headers, code] of refusals) {
    const response = await app.inject(batch(tokens.admin, payload, headers))
    t.ok(response.statusCode === 400 || response.statusCode === 404, what)
    t.equal(response.json().error.code, code, what)
  }
  t.equal(sandbox.requests.length, 0)
  t.equal(service.calls().length, 0)
})

t.test('without sessions a batch needs the revision that has them', async (t) => {
  const service = await buildTestApp(t, { env: { MCP_LEGACY_SESSIONS: 'off' } })
  const { app, tokens } = service
  const pair = [call(1, 'list_products'), call(2, 'health_check')]
  const codeWith = async (headers: Record<string, string>) => {
    const response = await app.inject(batch(tokens.reader, pair, headers))
    return response.statusCode === 200 ? answers(response.body).size : response.json().error.code
  }

  t.equal(await codeWith({}), 2)
  t.equal(await codeWith({ 'mcp-protocol-version': '2025-03-26' }), 2)
  for (const revision of ['2024-11-05', '2025-06-18', '2025-11-25', '2026-07-28', '1999-01-01']) {
    t.equal(await codeWith({ 'mcp-protocol-version': revision }), -32600, revision)
  }
  t.equal(service.calls().length, 4)
})
