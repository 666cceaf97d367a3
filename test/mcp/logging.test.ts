import t from 'tap'
import { logLevels } from '../../src/log-level.js'
import { startUpstream } from '../dojo/upstream.js'
import { apiKey, faults, said } from '../end-to-end/dojo-faults.js'
import { initialize, legacyHeaders, messageOf } from '../helpers/legacy-rpc.js'
import { rpc } from '../helpers/rpc.js'
import { buildTestApp, type TestApp } from '../helpers/test-app.js'
import { validArguments } from '../parity/ask.js'
import { buildHeldApp } from './held-dojo.js'
import { type Message, type Wire, type WireKind, wireKinds } from './wires.js'

const logLevelKey = 'io.modelcontextprotocol/logLevel'
const getFinding = { name: 'get_finding', arguments: { finding_id: 1 } }
const [modernHttp, session] = wireKinds as [WireKind, WireKind]

/** Level and data of the log messages among these. */
const logged = (messages: readonly Message[]) =>
  messages
    .filter(({ method }) => method === 'notifications/message')
    .map(({ params }) => [params?.level, params?.data] as const)

/** Calls a tool at a level, which a 2025-era client sets beforehand, and returns what came until the answer. */
async function callAt(
  wire: Wire,
  kind: WireKind,
  level: string | undefined,
  id: number,
  params: Record<string, unknown>,
): Promise<Message[]> {
  if (!kind.modern && level !== undefined) {
    wire.request(id + 1000, 'logging/setLevel', { level })
    await wire.answer(id + 1000)
  }
  const before = wire.messages.length
  const own = kind.modern && level !== undefined ? { _meta: { [logLevelKey]: level } } : {}
  wire.request(id, 'tools/call', { ...params, ...own })
  await wire.answer(id)
  return wire.messages.slice(before)
}

/** DefectDojo is away for a moment. */
const fail503 = (service: Awaited<ReturnType<typeof buildHeldApp>>): void =>
  service.dojo.answer('GET findings/1/', (response) => response.writeHead(503).end())

for (const kind of wireKinds) {
  t.test(`${kind.name}: at debug a client hears of every request to DefectDojo`, async (t) => {
    const service = await buildHeldApp(t, { env: kind.env })
    const wire = await kind.open(t, service)
    fail503(service)

    const read = await callAt(wire, kind, 'debug', 7, getFinding)
    const refused = await callAt(wire, kind, 'debug', 8, { ...getFinding, arguments: {} })
    const imported = await callAt(wire, kind, 'debug', 9, {
      name: 'import_scan',
      arguments: { ...validArguments.import_scan, product_type_name: 'Web' },
    })

    const request = { method: 'GET', resource: 'findings' }
    const [requestId] = service.calls().map((record) => record.request_id)
    t.same(
      logged(read).map(([level, data]) => [
        level,
        { ...(data as object), duration_ms: 0, pause_ms: 0 },
      ]),
      [
        [
          'debug',
          {
            message: 'A request to DefectDojo ended',
            request_id: requestId,
            ...request,
            ...{ status: 503, attempt: 1, failure: 'server_error', duration_ms: 0, pause_ms: 0 },
          },
        ],
        [
          'warning',
          {
            message: 'DefectDojo answered 503; the same is asked again',
            request_id: requestId,
            ...request,
            ...{ status: 503, attempt: 1, failure: 'server_error', next_attempt: 2 },
            ...{ duration_ms: 0, pause_ms: 0 },
          },
        ],
        [
          'debug',
          {
            message: 'A request to DefectDojo ended',
            request_id: requestId,
            ...request,
            ...{ status: 200, attempt: 2, duration_ms: 0, pause_ms: 0 },
          },
        ],
      ],
    )
    t.match(logged(refused), [
      [
        'notice',
        {
          message: 'Call refused',
          code: 'invalid_arguments',
          name: 'get_finding',
          request_id: String,
        },
      ],
    ])
    t.match(
      logged(imported).map(([level, data]) => [level, (data as { message: string }).message]),
      [
        ['info', 'Sending the report'],
        ['info', 'DefectDojo is reading the report'],
        ['debug', 'A request to DefectDojo ended'],
        ['info', 'The report is imported'],
      ],
    )
    for (const messages of [read, refused, imported]) {
      t.ok(messages.at(-1)?.id !== undefined, 'the answer comes last')
    }
    t.ok(read.slice(0, -1).every(({ params }) => params?.logger === 'mcp-defectdojo'))
  })

  t.test(
    `${kind.name}: without a level nothing mild is sent, since 2026-07-28 nothing`,
    async (t) => {
      const service = await buildHeldApp(t, { env: kind.env })
      const wire = await kind.open(t, service)
      fail503(service)

      const read = await callAt(wire, kind, undefined, 7, getFinding)
      const refused = await callAt(wire, kind, undefined, 8, { ...getFinding, arguments: {} })

      t.same(
        logged(read).map(([level]) => level),
        kind.modern ? [] : ['warning'],
      )
      t.same(logged(refused), [])
    },
  )

  t.test(`${kind.name}: a client gets its level and what is graver`, async (t) => {
    const service = await buildHeldApp(t, { env: kind.env })
    const wire = await kind.open(t, service)

    for (const [index, level] of logLevels.entries()) {
      fail503(service)
      const read = await callAt(wire, kind, level, 2 * index + 10, getFinding)
      const refused = await callAt(wire, kind, level, 2 * index + 11, { name: 'no_such_tool' })

      const heard = new Set([...logged(read), ...logged(refused)].map(([said]) => said))
      const expected = ['debug', 'notice', 'warning'].filter(
        (said) => (logLevels as readonly string[]).indexOf(said) >= index,
      )
      t.same([...heard].sort(), expected, level)
    }
  })

  t.test(`${kind.name}: a level that does not exist is a bad parameter`, async (t) => {
    const service = await buildHeldApp(t, { env: kind.env })
    const wire = await kind.open(t, service)

    for (const [index, level] of ['loud', 'WARNING', '', 7, null, ['debug']].entries()) {
      const id = index + 20
      if (kind.modern)
        wire.request(id, 'tools/call', { ...getFinding, _meta: { [logLevelKey]: level } })
      else wire.request(id, 'logging/setLevel', { level })

      t.match(await wire.answer(id), { error: { code: -32602 } }, JSON.stringify(level))
    }
    t.equal(service.calls().length, 0)
  })
}

t.test('the level of one session is not that of another', async (t) => {
  const service = await buildHeldApp(t)
  const first = await session.open(t, service)
  const { app } = service
  const headers = legacyHeaders(service.tokens.admin)
  const post = (payload: object, own: Record<string, string> = {}) =>
    app.inject({ method: 'POST', url: '/mcp', headers: { ...headers, ...own }, payload })
  const opened = await post(initialize('2025-11-25'))
  const second = { 'mcp-session-id': String(opened.headers['mcp-session-id']) }

  const loud = await callAt(first, session, 'debug', 7, getFinding)
  const quiet = await post(
    { jsonrpc: '2.0', id: 7, method: 'tools/call', params: getFinding },
    second,
  )

  t.equal(logged(loud).length, 1)
  t.notMatch(quiet.body, 'notifications/message')
})

t.test('without sessions there is no level to set, and nothing is sent', async (t) => {
  const service = await buildHeldApp(t, { env: { MCP_LEGACY_SESSIONS: 'off' } })
  const post = (method: string, params: object) =>
    service.app.inject({
      method: 'POST',
      url: '/mcp',
      headers: legacyHeaders(service.tokens.admin, { 'mcp-protocol-version': '2025-11-25' }),
      payload: { jsonrpc: '2.0', id: 7, method, params },
    })

  const set = await post('logging/setLevel', { level: 'debug' })
  fail503(service)
  const { body } = await post('tools/call', getFinding)

  t.match(messageOf(set.body).error, { code: -32601 })
  t.notMatch(body, 'notifications/message')
})

t.test('who changes much is warned before the budget is used up', async (t) => {
  const service = await buildTestApp(t, { env: { MUTATION_RATE_LIMIT: '5' } })
  const wire = await modernHttp.open(t, service)
  const levels: unknown[][] = []

  for (let id = 1; id <= 6; id++) {
    const messages = await callAt(wire, modernHttp, 'warning', id, {
      name: 'add_finding_note',
      arguments: { finding_id: 1, entry: `Note ${id}` },
    })
    levels.push(
      logged(messages).map(([level, data]) => [level, { ...(data as object), request_id: '' }]),
    )
  }

  const warning = (remaining: number) => [
    'warning',
    {
      message: 'The budget for changes is nearly used up',
      request_id: '',
      ...{ remaining, limit: 5, window_seconds: 60 },
    },
  ]
  t.same(
    levels.map(({ length }) => length),
    [0, 0, 0, 1, 1, 1],
  )
  t.match(levels.slice(3), [
    [warning(1)],
    [warning(0)],
    [
      [
        'warning',
        {
          message: 'Call refused',
          code: 'rate_limited',
          name: 'add_finding_note',
          retry_after_seconds: Number,
        },
      ],
    ],
  ])
})

t.test('a hidden tool is not told from one that does not exist', async (t) => {
  const service = await buildTestApp(t)
  const messagesOf = async (name: string) => {
    const request = rpc(
      service.tokens.reader,
      'tools/call',
      { name, arguments: {} },
      { [logLevelKey]: 'debug' },
    )
    const { body } = await service.app.inject(request)
    const [line = ''] = body.split('\n').filter((text) => text.includes('notifications/message'))
    const { params } = JSON.parse(line.slice('data: '.length))
    return { ...params, data: { ...params.data, request_id: '' } }
  }

  const hidden = await messagesOf('create_product')

  t.same(hidden, await messagesOf('no_such_tool'))
  t.match(hidden, { level: 'notice', data: { code: 'unknown_tool', name: undefined } })
})

/** A secret as it looks in other places than where it was put. */
const formsOf = (secret: string): string[] => [
  secret,
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
]

t.test('whatever fails, a log message gives nothing away', async (t) => {
  const inArguments = ['canary', 'argument/with+more', 'and~letters=='].join('-')
  const password = ['password', `Canary${'0'.repeat(12)}`].join('=')
  const upstream = await startUpstream(t, () => {})
  const service: TestApp = await buildTestApp(t, {
    env: {
      DEFECTDOJO_URL: upstream.url,
      DEFECTDOJO_API_KEY: apiKey,
      DEFECTDOJO_TIMEOUT_SECONDS: '1',
      DEFECTDOJO_IMPORT_TIMEOUT_SECONDS: '1',
    },
  })
  const calls: Record<string, unknown>[] = [
    { name: 'get_finding', arguments: { finding_id: 1 } },
    { name: 'list_findings', arguments: { title: inArguments, component_name: password } },
    { name: 'get_finding', arguments: { finding_id: inArguments } },
    { name: inArguments, arguments: {} },
    { name: 'add_finding_note', arguments: { finding_id: 1, entry: inArguments } },
    { name: 'add_finding_note', arguments: { finding_id: 1, entry: password } },
    { name: 'close_finding', arguments: { finding_id: 1, reason: 'mitigated', note: inArguments } },
    { name: 'import_scan', arguments: { ...validArguments.import_scan, content: inArguments } },
  ]
  const forbidden = [
    ...[apiKey, said, inArguments, password, ...Object.values(service.tokens)].flatMap(formsOf),
    '127.0.0.1',
    `:${new URL(upstream.url).port}`,
    'canary',
    'Canary',
  ]
  let heard = 0

  for (const fault of faults) {
    if (!fault.answer) continue
    upstream.answer = fault.answer
    const bodies = await Promise.all(
      calls.map(async (params) => {
        const request = rpc(service.tokens.admin, 'tools/call', params, {
          [logLevelKey]: 'debug',
          progressToken: 1,
        })
        return (await service.app.inject(request)).body
      }),
    )
    const lines = bodies
      .flatMap((body) => body.split('\n'))
      .filter((line) => line.includes('"notifications/'))
    heard += lines.length
    for (const line of lines) {
      const found = forbidden.filter((word) => line.includes(word))
      if (found.length > 0) t.fail(`${fault.name}: a message gives away ${found}`, { line })
    }
  }

  t.comment(`${heard} messages`)
  t.ok(heard > 5 * faults.length)
})
