import t, { type Test } from 'tap'
import { connectLegacy, connectModern, connectSse, type TestClient } from '../helpers/clients.js'
import { childEnvironment, commandLine } from '../helpers/command.js'
import { buildTestApp, type TestApp } from '../helpers/test-app.js'

/** Lists, reads, changes and is refused, as any client does. */
async function doTheJob(t: Test, client: TestClient): Promise<void> {
  const names = (await client.tools()).map((tool) => tool.name)
  t.ok(names.includes('add_finding_note'))

  const page = await client.call('list_findings', { limit: 2 })
  t.equal(page.isError, false, page.text)
  t.same(JSON.parse(page.text), page.structured, 'the text is the same object')
  const [finding] = (page.structured as { items: { id: number }[] }).items

  const noted = await client.call('add_finding_note', {
    finding_id: finding?.id,
    entry: 'Seen by a client.',
  })
  t.equal(noted.isError, false, noted.text)

  const refused = await client.call('get_finding', { finding_id: 'first' })
  t.match(refused, { isError: true, text: /^finding_id must be an integer/, structured: undefined })
  await client.close()
}

const stdioServer = ({ sandbox }: TestApp) => ({
  ...commandLine(['serve']),
  env: childEnvironment({
    DEFECTDOJO_URL: sandbox.url,
    DEFECTDOJO_API_KEY: sandbox.apiKey,
    ALLOW_INSECURE_HTTP: 'true',
  }),
})

t.test('the SDK’s clients of both lines work over streamable HTTP', async (t) => {
  const service = await buildTestApp(t)
  const server = { url: `${await service.listen()}/mcp`, token: service.tokens.writer }

  await doTheJob(t, await connectLegacy(server))
  await doTheJob(t, await connectModern(server))
  await doTheJob(t, await connectModern(server, 'auto'))

  t.same(
    service.calls().map((record) => record.transport),
    Array(9).fill('streamable-http'),
  )
})

t.test('the 1.x client works over HTTP+SSE', async (t) => {
  const service = await buildTestApp(t, { env: { MCP_TRANSPORT: 'sse' } })

  await doTheJob(t, await connectSse(`${await service.listen()}/sse`, service.tokens.writer))

  t.match(service.calls(), [{ transport: 'sse', session_id: String }, {}, {}])
})

t.test('both lines work over stdio', async (t) => {
  const service = await buildTestApp(t)

  const clients = await Promise.all([
    connectLegacy(stdioServer(service)),
    connectModern(stdioServer(service)),
  ])

  for (const client of clients) await doTheJob(t, client)
})
