import t from 'tap'
import { instructions } from '../../src/mcp/instructions.js'
import { version } from '../../src/version.js'
import { initialize, legacyHeaders, messageOf } from '../helpers/legacy-rpc.js'
import { buildTestApp } from '../helpers/test-app.js'

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
