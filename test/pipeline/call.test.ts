import t from 'tap'
import { openAccessCaller } from '../../src/access/caller.js'
import { prepare } from '../../src/pipeline/operation.js'
import { tools } from '../../src/tools/index.js'
import { connectLegacy } from '../helpers/clients.js'
import { callTool, rpc } from '../helpers/rpc.js'
import { buildTestApp } from '../helpers/test-app.js'

const note = { finding_id: 1, entry: 'Seen in the nightly build.' }

t.test('every call ends in exactly one record, whatever its outcome', async (t) => {
  const service = await buildTestApp(t, { env: { MUTATION_RATE_LIMIT: '1' } })
  const { app, sandbox, tokens } = service
  const outcomes: [string, ReturnType<typeof callTool>][] = [
    ['success', callTool(tokens.writer, 'list_products')],
    ['success', callTool(tokens.writer, 'add_finding_note', note)],
    ['rate_limited', callTool(tokens.writer, 'add_finding_note', note)],
    ['denied', callTool(tokens.reader, 'add_finding_note', note)],
    ['denied', callTool(tokens.reader, 'no_such_tool')],
    ['invalid', callTool(tokens.reader, 'get_finding', { finding_id: 0 })],
    ['upstream_error', callTool(tokens.reader, 'get_finding', { finding_id: 999_999 })],
  ]

  for (const [outcome, request] of outcomes) {
    const before = service.calls().length
    const response = await app.inject(request)
    t.equal(response.statusCode, 200, outcome)
    t.equal(service.calls().length, before + 1, outcome)
    t.equal(service.calls().at(-1)?.outcome, outcome)
    t.equal(response.json().result.isError ?? false, outcome !== 'success')
  }

  await sandbox.close()
  await app.inject(callTool(tokens.reader, 'list_products'))
  t.match(service.calls().at(-1), { outcome: 'upstream_error', reason: 'upstream_unreachable' })
})

t.test('a mutation has an intent before it reaches DefectDojo; a read has none', async (t) => {
  const service = await buildTestApp(t)

  await service.app.inject(callTool(service.tokens.writer, 'get_finding', { finding_id: 1 }))
  t.notOk(service.audit.some((record) => record.event_type === 'audit_intent'))
  await service.app.inject(callTool(service.tokens.writer, 'add_finding_note', note))

  const [intent] = service.audit.filter((record) => record.event_type === 'audit_intent')
  const record = service.calls().at(-1)
  t.ok(Number(intent?.seq) < Number(record?.seq))
  t.equal(intent?.request_id, record?.request_id)
  t.match(record?.request_params, { entry: '<26 chars>' })
})

t.test('a client cannot speak for anyone else: its ids stay in the untrusted fields', async (t) => {
  const service = await buildTestApp(t)
  const request = rpc(
    service.tokens.reader,
    'tools/call',
    { name: 'list_products', arguments: {} },
    { client_id: 'admin\n{"forged": true}', request_id: 'forged' },
  )

  await service.app.inject({
    ...request,
    headers: { ...request.headers, 'x-forwarded-for': '203.0.113.9', 'x-request-id': 'forged' },
  })

  const record = service.calls().at(-1)
  t.match(record, {
    authenticated_caller_id: 'reader',
    caller_role: 'reader',
    caller_id: 'admin\n{"forged": true}',
    client_request_id: '1',
    client_address: '127.0.0.1',
    transport: 'streamable-http',
    request_id: /^[0-9a-f]{8}-[0-9a-f]{4}-4/,
  })
})

t.test(
  'what a session has read stands beside what it changes, and another session knows nothing of it',
  async (t) => {
    const service = await buildTestApp(t)
    const server = { url: `${await service.listen()}/mcp`, token: service.tokens.writer }
    const first = await connectLegacy(server)
    const second = await connectLegacy(server)

    await first.call('get_finding', { finding_id: 1 })
    await first.call('add_finding_note', note)
    const afterReading = service.calls().at(-1)
    await second.call('add_finding_note', note)
    const withoutReading = service.calls().at(-1)
    await first.close()
    await second.close()

    t.match(afterReading, { findings_read_before_mutation: [1], findings_read_count: 1 })
    t.same(withoutReading?.findings_read_before_mutation, [])
    t.not(afterReading?.session_id, withoutReading?.session_id)
  },
)

t.test('without a session the history belongs to the caller', async (t) => {
  const service = await buildTestApp(t)
  const { app, tokens } = service

  await app.inject(callTool(tokens.admin, 'get_finding', { finding_id: 1 }))
  await app.inject(callTool(tokens.admin, 'add_finding_note', note))
  const reader = service.calls().at(-1)
  await app.inject(callTool(tokens.writer, 'add_finding_note', note))
  const stranger = service.calls().at(-1)

  t.same(reader?.findings_read_before_mutation, [1])
  t.same(stranger?.findings_read_before_mutation, [])
})

t.test('70 mutations at once at a limit of 60: exactly 60 reach DefectDojo', async (t) => {
  const { app, sandbox, tokens } = await buildTestApp(t)

  const responses = await Promise.all(
    Array.from({ length: 70 }, () =>
      app.inject(callTool(tokens.writer, 'add_finding_note', { ...note, private: true })),
    ),
  )

  const refused = responses.map((response) => response.json().result).filter((r) => r.isError)
  t.equal(refused.length, 10)
  t.equal(sandbox.writes(), 60)
  for (const { content, _meta } of refused) {
    t.match(content[0].text, /^Rate limit exceeded: 60 mutations per 60s\. Retry-After: \d+s\.$/)
    t.match(_meta['mcp-defectdojo/error'], { code: 'rate_limited', retry_after_seconds: Number })
  }
})

t.test(
  'what sent nothing costs nothing: refused, invalid and denied calls leave the budget whole',
  async (t) => {
    const { app, tokens } = await buildTestApp(t, { env: { MUTATION_RATE_LIMIT: '1' } })

    await app.inject(callTool(tokens.writer, 'add_finding_note', { finding_id: 1 }))
    await app.inject(callTool(tokens.writer, 'create_product', {}))
    await app.inject(
      callTool(tokens.writer, 'remove_finding_tags', { finding_id: 1, tags: ['no-such-tag'] }),
    )
    const accepted = await app.inject(callTool(tokens.writer, 'add_finding_note', note))
    const refused = await app.inject(callTool(tokens.writer, 'add_finding_note', note))

    t.notOk(accepted.json().result.isError)
    t.match(refused.json().result, { isError: true, content: [{ text: /^Rate limit exceeded/ }] })
  },
)

t.test('open access is warned about on every call and has a budget of its own', async (t) => {
  const service = await buildTestApp(t, {
    env: {
      REQUIRE_AUTH: 'false',
      OPEN_ACCESS_MUTATION_RATE_LIMIT: '1',
      MCP_ROLE_ADMIN: undefined,
      MCP_ROLE_WRITER: undefined,
      MCP_ROLE_SCANNER: undefined,
      MCP_ROLE_READER: undefined,
    },
  })

  await service.app.inject(callTool(undefined, 'list_products'))
  await service.app.inject(callTool(undefined, 'add_finding_note', note))
  const refused = await service.app.inject(callTool(undefined, 'add_finding_note', note))

  t.match(refused.json().result.content[0].text, /^Rate limit exceeded: 1 mutations/)
  const warnings = service.audit.filter(
    (record) => record.message === 'Open-access tool call (no authenticated identity)',
  )
  t.equal(warnings.length, 3)
  t.match(service.calls().at(-1), { authenticated_caller_id: 'open-access', caller_role: null })
})

t.test('a bug is logged, counted and shown without its text', async (t) => {
  const service = await buildTestApp(t)
  service.app.dojo.forCall = () => {
    throw new Error('internal detail')
  }

  const response = await service.app.inject(callTool(service.tokens.reader, 'list_products'))

  t.match(response.json().result, {
    isError: true,
    content: [{ text: /^Internal error \(request_id=[0-9a-f-]{36}\)$/ }],
  })
  t.match(service.calls().at(-1), { outcome: 'error', reason: 'internal' })
  t.notMatch(response.body + JSON.stringify(service.audit), 'internal detail')
  t.match(service.diagnostics.join(''), 'internal detail')
})

t.test('over stdio a role narrows what open access may do, and never widens it', async (t) => {
  const narrowed = openAccessCaller('reader')

  t.equal(narrowed.permissions.size, 2)
  t.equal(narrowed.authenticated, false)
  t.equal(openAccessCaller().permissions.size, 6)
})

t.test('two of one name are refused at start, since one of them would never run', async (t) => {
  const [tool] = tools
  if (tool === undefined) throw new Error('no tools')

  t.throws(() => prepare([tool, tool], 'on'), { message: `${tool.name} is there twice` })
})
