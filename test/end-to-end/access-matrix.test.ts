import t, { type Test } from 'tap'
import { type Role, rolePermissions, roles } from '../../src/access/permissions.js'
import { tools } from '../../src/tools/index.js'
import { connectLegacy, connectModern, connectSse, type TestClient } from '../helpers/clients.js'
import { childEnvironment, commandLine } from '../helpers/command.js'
import { rpc } from '../helpers/rpc.js'
import { buildTestApp } from '../helpers/test-app.js'

const visibleTo = (role: Role | null): string[] =>
  tools
    .filter((tool) => role === null || rolePermissions[role].has(tool.permission))
    .map((tool) => tool.name)

/** An argument no tool has: an allowed call is refused by its schema, before anything could reach DefectDojo. */
const probe = { argument_no_tool_has: true }

/** Lists as the caller, then calls all 24 tools; returns how many cells were checked. */
async function checkCells(t: Test, client: TestClient, role: Role | null): Promise<number> {
  const visible = visibleTo(role)
  t.same(
    (await client.tools()).map((tool) => tool.name),
    visible,
    'lists exactly the tools of the table, in its order',
  )
  const answers = await Promise.all(
    tools.map(async ({ name }) => ({ name, answer: await client.call(name, probe) })),
  )
  for (const { name, answer } of answers) {
    const expected = visible.includes(name) ? /argument_no_tool_has/ : `Unknown tool: '${name}'`
    t.match(answer.text, expected, name)
    t.equal(answer.isError, true, name)
  }
  await client.close()
  return tools.length
}

t.test('the table counts 12, 14, 23 and 24 tools', async (t) => {
  t.same(
    roles.map((role) => visibleTo(role).length),
    [12, 14, 23, 24],
  )
})

t.test('streamable HTTP gives each role its tools in both protocol generations', async (t) => {
  const service = await buildTestApp(t)
  const url = `${await service.listen()}/mcp`
  let cells = 0

  for (const role of roles) {
    const token = service.tokens[role]
    cells += await checkCells(t, await connectLegacy({ url, token }), role)
    cells += await checkCells(t, await connectModern({ url, token }), role)
    cells += await checkCells(t, await connectModern({ url, token }, 'auto'), role)
  }

  t.equal(cells, 288)
  t.equal(service.sandbox.requests.length, 0, 'nothing reached DefectDojo')
  t.equal(service.calls().length, cells, 'every cell is audited, allowed or not')
})

t.test('without a valid token every cell is 401, whatever the generation', async (t) => {
  const { app, sandbox, audit } = await buildTestApp(t)
  const legacyHeaders = { 'mcp-protocol-version': '2025-11-25' }
  let cells = 0

  for (const token of [undefined, 'no-such-token-at-all', 'Bearer nested']) {
    for (const { name } of tools) {
      for (const headers of [{}, legacyHeaders]) {
        const request = rpc(token, 'tools/call', { name, arguments: probe })
        const response = await app.inject({
          ...request,
          headers: { ...request.headers, ...headers },
        })
        t.equal(response.statusCode, 401, `${name} with ${token}`)
        t.match(response.headers['www-authenticate'], /^Bearer error="invalid_token"/)
        cells += 1
      }
    }
  }

  t.equal(cells, 144)
  t.equal(sandbox.requests.length, 0, 'nothing reached DefectDojo')
  t.ok(audit.some((record) => record.event_type === 'auth_failure'))
})

t.test('HTTP+SSE gives each role its tools', async (t) => {
  const service = await buildTestApp(t, { env: { MCP_TRANSPORT: 'sse' } })
  const base = await service.listen()

  for (const role of roles) {
    await checkCells(t, await connectSse(`${base}/sse`, service.tokens[role]), role)
  }
  await t.rejects(connectSse(`${base}/sse`), 'no token')
  await t.rejects(connectSse(`${base}/sse`, 'no-such-token-at-all'), 'a bad token')

  t.equal(service.sandbox.requests.length, 0, 'nothing reached DefectDojo')
})

t.test(
  'stdio gives MCP_STDIO_ROLE its tools, and all 24 without it, in both generations',
  async (t) => {
    const { sandbox } = await buildTestApp(t)
    const server = (role: Role | null) => ({
      ...commandLine(['serve']),
      env: childEnvironment({
        DEFECTDOJO_URL: sandbox.url,
        DEFECTDOJO_API_KEY: sandbox.apiKey,
        ALLOW_INSECURE_HTTP: 'true',
        ...(role !== null && { MCP_STDIO_ROLE: role }),
      }),
    })

    for (const role of [...roles, null]) {
      const clients = await Promise.all([connectLegacy(server(role)), connectModern(server(role))])
      for (const client of clients) await checkCells(t, client, role)
    }

    t.equal(sandbox.requests.length, 0, 'nothing reached DefectDojo')
  },
)
