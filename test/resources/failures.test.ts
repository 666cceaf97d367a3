import { createServer } from 'node:net'
import t from 'tap'
import { resources } from '../../src/resources/index.js'
import { json, startUpstream } from '../dojo/upstream.js'
import { rpc } from '../helpers/rpc.js'
import { buildTestApp } from '../helpers/test-app.js'
import { examples, modernReader, openSession } from './resource-bench.js'

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

t.test(
  'a DefectDojo that is down is said to be down, and only asked where it must be',
  async (t) => {
    const service = await buildTestApp(t, {
      env: {
        DEFECTDOJO_URL: `http://127.0.0.1:${await closedPort()}`,
        DEFECTDOJO_TIMEOUT_SECONDS: '1',
      },
    })
    const { app, tokens } = service
    const modern = modernReader(service, tokens.reader)
    const session = await openSession(service, tokens.reader)
    const listed = async (params: Record<string, unknown> = {}) =>
      (await app.inject(rpc(tokens.reader, 'resources/list', params))).json()

    const others = resources.filter(({ name }) => name !== 'instance')
    const readings = await Promise.all(
      others.flatMap(({ name }) =>
        [modern, session.read].map(async (read) => ({
          name,
          error: (await read(examples[name]?.uri ?? '')).error,
        })),
      ),
    )
    for (const { name, error } of readings) {
      t.match(error, {
        code: -32603,
        message: /^DefectDojo request failed \(request_id=/,
        data: { code: 'upstream_unreachable', request_id: /^[0-9a-f-]{36}$/ },
      })
      const record = service
        .calls()
        .find(({ request_id }) => request_id === error?.data?.request_id)
      t.match(record, { tool_name: `resources/read:${name}`, outcome: 'upstream_error' })
    }
    t.equal(readings.length, 20)

    const { document } = await modern('defectdojo://instance')
    t.match(document, {
      defectdojo: {
        reachable: false,
        problem: /^DefectDojo request failed/,
        release: null,
        user: null,
      },
      caller: { role: 'reader', tools: ['health_check'] },
    })
    t.match(service.calls().at(-1), { outcome: 'success', health: 'unhealthy' })

    const first = await listed()
    t.equal(first.result.resources.length, 3)
    t.match((await listed({ cursor: first.result.nextCursor })).error, {
      code: -32603,
      data: { code: 'upstream_unreachable' },
    })
    t.match(service.calls().at(-1), {
      tool_name: 'resources/list:products',
      outcome: 'upstream_error',
    })
  },
)

t.test('the instance answers although its release cannot be found out', async (t) => {
  const profile = { user: { username: 'bot', is_superuser: false, is_staff: null } }
  for (const index of [
    json(403, { detail: 'no' }),
    json(500, {}),
    json(200, { hello: 'world' }),
    json(200, { findings: 'x' }),
  ]) {
    const upstream = await startUpstream(t, (seen, response) =>
      (seen.url === '/api/v2/' ? index : json(200, profile))(seen, response),
    )
    const service = await buildTestApp(t, {
      env: { DEFECTDOJO_URL: upstream.url, DEFECTDOJO_TIMEOUT_SECONDS: '1' },
    })

    const { document } = await modernReader(service, service.tokens.reader)('defectdojo://instance')

    t.match(document, {
      defectdojo: { reachable: true, release: null, user: { value: 'bot' }, user_kind: 'other' },
    })
  }
})

t.test(
  'what DefectDojo does not have is not there, and nothing of its words is passed on',
  async (t) => {
    const service = await buildTestApp(t)
    const read = modernReader(service, service.tokens.reader)

    for (const path of [
      'products/999',
      'products/999/engagements',
      'engagements/999',
      'engagements/999/tests?limit=1',
      'tests/999',
      'tests/999/findings',
      'findings/999',
      'findings/999/notes',
    ]) {
      const uri = `defectdojo://${path}`
      const { error } = await read(uri)
      t.match(error, {
        code: -32602,
        message: /or (?:that )?this server may not see(?: it)?\.$/,
      })
      t.strictSame(error?.data, { uri }, 'what tells a client that it is not there')
      t.match(service.calls().at(-1), { outcome: 'upstream_error', error: error?.message })
    }
  },
)

t.test(
  'a refusal that is about something else is not taken for a thing that is not there',
  async (t) => {
    const refused: [Parameters<typeof startUpstream>[1], RegExp][] = [
      [json(400, { limit: ['A valid integer is required.'] }), /^Invalid request parameters/],
      [json(403, { detail: 'Invalid token.' }), /^Insufficient permissions/],
      [json(500, {}), /^DefectDojo server error/],
      [json(200, { results: 'x' }), /^Invalid API response data/],
      [
        (_, response) => response.writeHead(400, { 'content-type': 'text/html' }).end('<html>'),
        /^Invalid request parameters/,
      ],
    ]
    for (const [answer, says] of refused) {
      const upstream = await startUpstream(t, answer)
      const service = await buildTestApp(t, {
        env: { DEFECTDOJO_URL: upstream.url, DEFECTDOJO_TIMEOUT_SECONDS: '1' },
      })

      const { error } = await modernReader(
        service,
        service.tokens.reader,
      )('defectdojo://products/1/engagements')

      t.match(error, { code: -32603, message: says, data: { code: 'upstream' } })
    }
  },
)
