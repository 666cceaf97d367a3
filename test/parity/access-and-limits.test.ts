import t from 'tap'
import { tokenCaller } from '../../src/access/caller.js'
import { rolePermissions, roles } from '../../src/access/permissions.js'
import { loadConfig } from '../../src/config/load.js'
import { createSlidingWindow } from '../../src/limits/sliding-window.js'
import { mutates } from '../../src/tools/define-tool.js'
import { tools } from '../../src/tools/index.js'
import type { ToolName } from '../../src/tools/tool-names.js'
import { refusalOf, stdioEnvironment as stdio } from '../helpers/environment.js'
import { buildTestApp } from '../helpers/test-app.js'
import { ask, validArguments } from './ask.js'

/** A network transport without tokens. */
const withoutTokens = {
  REQUIRE_AUTH: 'false',
  ...Object.fromEntries(roles.map((role) => [`MCP_ROLE_${role.toUpperCase()}`, undefined])),
}
const mutations = tools.filter(mutates).map(({ name }) => name as ToolName)
const note = validArguments.add_finding_note

t.test(
  'the mutations are the twelve of §1.2, and their groups and roles those of §3.1',
  async (t) => {
    t.same(mutations, [
      ...['create_product', 'create_engagement', 'create_test', 'create_finding', 'update_finding'],
      ...['close_finding', 'reopen_finding', 'add_finding_note', 'add_finding_tags'],
      ...['remove_finding_tags', 'import_scan', 'reimport_scan'],
    ])
    const sizeOf = (group: string): number =>
      tools.filter(({ permission }) => permission === group).length
    t.same(
      [
        'system',
        'metadata_read',
        'scan_mgmt',
        'finding_mgmt',
        'engagement_mgmt',
        'product_mgmt',
      ].map(sizeOf),
      [1, 11, 2, 6, 3, 1],
    )
    t.equal(tools.find(({ name }) => name === 'reopen_finding')?.permission, 'engagement_mgmt')
    const held = roles.map((role) => [...rolePermissions[role]])
    t.same(held, [
      ['system', 'metadata_read'],
      ['system', 'metadata_read', 'scan_mgmt'],
      ['system', 'metadata_read', 'scan_mgmt', 'finding_mgmt', 'engagement_mgmt'],
      [
        ...['system', 'metadata_read', 'scan_mgmt', 'finding_mgmt', 'engagement_mgmt'],
        'product_mgmt',
      ],
    ])
    t.throws(() => Object.assign(rolePermissions, { reader: rolePermissions.admin }), TypeError)
  },
)

t.test('all mutations deny a reader although nothing stands before the pipeline', async (t) => {
  const { app, sandbox, calls } = await buildTestApp(t)

  for (const toolName of mutations) {
    const answer = await app.mcp.pipeline.call({
      kind: 'tool',
      name: toolName,
      arguments: validArguments[toolName],
      caller: tokenCaller('rita', 'reader'),
      origin: {
        ...{ transport: 'streamable-http', clientAddress: null, sessionId: null },
        ...{ clientRequestId: null, callerId: 'admin' },
      },
      signal: new AbortController().signal,
      progress: () => {},
    })
    t.match(answer, { ok: false, error: { message: `Unknown tool: '${toolName}'` } }, toolName)
    t.match(calls().at(-1), { tool_name: toolName, outcome: 'denied', caller_role: 'reader' })
  }
  t.equal(sandbox.requests.length, 0)
})

t.test('each mutation draws on the budget, before anything is asked of DefectDojo', async (t) => {
  const { app, tokens, sandbox, calls } = await buildTestApp(t, {
    env: { MUTATION_RATE_LIMIT: '1' },
  })
  await ask(app, tokens.admin, 'add_finding_note', note)
  const before = sandbox.requests.length

  for (const tool of mutations) {
    // The gate of update_finding would read the finding first.
    const more = tool === 'update_finding' ? { active: true } : {}
    const reply = await ask(app, tokens.admin, tool, { ...validArguments[tool], ...more })
    t.match(
      reply,
      { code: 'rate_limited', text: /^Rate limit exceeded: 1 mutations per 60s\./ },
      tool,
    )
    t.match(calls().at(-1), { outcome: 'rate_limited', error: reply.text })
  }

  t.equal(sandbox.requests.length, before)
  t.notOk((await ask(app, tokens.admin, 'list_findings')).isError, 'reads are free')
})

t.test('arguments are judged before the budget, so that a refusal costs nothing', async (t) => {
  const { app, tokens } = await buildTestApp(t, { env: { MUTATION_RATE_LIMIT: '1' } })

  for (const tool of mutations) {
    const reply = await ask(app, tokens.admin, tool, { ...validArguments[tool], surprise: 1 })
    t.equal(reply.code, 'invalid_arguments')
  }
  t.notOk((await ask(app, tokens.admin, 'add_finding_note', note)).isError)
})

t.test(
  'a change counts once: with its note, with its read, and when DefectDojo refuses',
  async (t) => {
    const { app, tokens, sandbox } = await buildTestApp(t, { env: { MUTATION_RATE_LIMIT: '4' } })
    const call = (tool: ToolName, args: Record<string, unknown>) =>
      ask(app, tokens.admin, tool, args)

    await call('close_finding', { finding_id: 1, reason: 'duplicate', note: 'Twice.' })
    await call('update_finding', { finding_id: 1, active: false, verified: false })
    const refused = await call('create_product', {
      ...validArguments.create_product,
      prod_type_id: 9_999,
    })
    t.equal(refused.code, 'upstream')
    t.equal(sandbox.writes(), 4)

    t.notOk((await call('add_finding_note', note)).isError, 'the fourth')
    t.equal((await call('add_finding_note', note)).code, 'rate_limited', 'the fifth')
  },
)

t.test('50 open-access calls under 50 names share one bucket of 10', async (t) => {
  const { app, sandbox } = await buildTestApp(t, { env: withoutTokens })

  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, at) =>
      ask(app, undefined, 'add_finding_note', note, { client_id: `client-${at}` }),
    ),
  )

  t.equal(replies.filter(({ isError }) => isError).length, 40)
  t.equal(sandbox.writes(), 10)
  t.match(
    replies.find(({ isError }) => isError)?.text,
    /^Rate limit exceeded: 10 mutations per 60s/,
  )
})

t.test('two tokens do not share a bucket, whatever they call themselves', async (t) => {
  const { app, tokens } = await buildTestApp(t, { env: { MUTATION_RATE_LIMIT: '1' } })
  const call = async (token: string) =>
    (await ask(app, token, 'add_finding_note', note, { client_id: 'same' })).isError

  t.same([await call(tokens.writer), await call(tokens.admin)], [false, false])
  t.same([await call(tokens.writer), await call(tokens.admin)], [true, true])
})

t.test('2,000 checks over 50 keys run at far more than 200 a second', async (t) => {
  const window = createSlidingWindow({ limit: 60, windowSeconds: 60, now: () => performance.now() })
  const startedAt = performance.now()

  for (let at = 0; at < 2_000; at += 1) {
    const decision = await window.reserve(`key-${at % 50}`)
    if (decision.allowed) decision.reservation.commit()
  }

  const perSecond = (2_000 / (performance.now() - startedAt)) * 1_000
  t.comment(`${Math.round(perSecond)} checks a second`)
  t.ok(perSecond > 200)
})

t.test('the transport is one of four words in lower case, else the start is refused', async (t) => {
  const network = { ...stdio, REQUIRE_AUTH: 'false', AUDIT_LOG_FILE: undefined }
  const served = ['stdio', 'sse', 'streamable-http', 'http'].map(
    (transport) => loadConfig({ ...network, FASTMCP_TRANSPORT: transport }).config,
  )

  t.same(
    served.map(({ transport }) => transport),
    ['stdio', 'sse', 'streamable-http', 'streamable-http'],
  )
  t.match([served[1]?.host, served[1]?.port], ['0.0.0.0', 8000])
  t.equal(
    loadConfig(stdio).config.transport,
    'stdio',
    'and the first of them unless told otherwise',
  )
  for (const transport of ['HTTP', 'Stdio', 'websocket', ' http']) {
    const { problems } = refusalOf(() => loadConfig({ ...network, FASTMCP_TRANSPORT: transport }))
    t.match(problems, [/TRANSPORT must be /], transport)
  }
})

t.test('the older transport answers in the statuses and words of §8', async (t) => {
  const { app, tokens } = await buildTestApp(t, { env: { MCP_TRANSPORT: 'sse' } })
  const post = (url: string) =>
    app.inject({
      method: 'POST',
      url,
      headers: {
        host: '127.0.0.1',
        authorization: `Bearer ${tokens.reader}`,
        'content-type': 'application/json',
      },
      payload: '{"jsonrpc": "2.0", "id": 1, "method": "ping"}',
    })

  const nameless = await post('/messages/')
  const malformed = await post('/messages/?session_id=none')
  const unknown = await post(`/messages/?session_id=${'0'.repeat(32)}`)

  t.equal(nameless.statusCode, 400)
  t.match(nameless.json(), { message: 'session_id is required' })
  t.equal(malformed.statusCode, 400)
  t.match(malformed.json(), { message: 'Invalid session ID' })
  t.equal(unknown.statusCode, 404)
  t.match(unknown.json(), { message: 'Could not find session' })
  t.same((await app.inject('/health')).json(), { status: 'ok' })
})
