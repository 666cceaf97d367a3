import t from 'tap'
import { version } from '../../src/version.js'
import { buildTestApp } from '../helpers/test-app.js'

t.test('GET / says what answers here', async (t) => {
  const { app } = await buildTestApp(t)

  const response = await app.inject('/')

  t.equal(response.statusCode, 200)
  t.match(response.json(), { name: 'mcp-defectdojo', version, endpoints: { mcp: '/mcp' } })
})

t.test('/health and /livez answer without a token and without DefectDojo', async (t) => {
  const { app, sandbox } = await buildTestApp(t)
  await sandbox.close()

  for (const url of ['/health', '/livez']) {
    const response = await app.inject(url)
    t.equal(response.statusCode, 200)
    t.same(response.json(), { status: 'ok' })
  }
})

t.test(
  '/readyz is ok, asks DefectDojo once in ten seconds, and is degraded while it is down',
  async (t) => {
    const { app, sandbox } = await buildTestApp(t)

    const first = await app.inject('/readyz')
    const second = await app.inject('/readyz')

    t.same(first.json(), {
      status: 'ok',
      checks: { lifecycle: 'ready', audit: 'ok', defectdojo: 'ok' },
    })
    t.equal(second.statusCode, 200)
    t.equal(sandbox.requests.length, 1)

    const down = await buildTestApp(t)
    await down.sandbox.close()
    const degraded = await down.app.inject('/readyz')
    t.equal(degraded.statusCode, 200)
    t.match(degraded.json(), { status: 'degraded', checks: { defectdojo: 'unreachable' } })
  },
)

t.test('/readyz refuses what it does not know', async (t) => {
  const { app } = await buildTestApp(t)

  const response = await app.inject('/readyz?exclude=everything')

  t.equal(response.statusCode, 400)
  t.match(response.json(), { statusCode: 400, error: 'Bad Request', message: /exclude/ })
})

t.test('/metrics is Prometheus text, without names of the instance or its callers', async (t) => {
  const { app, sandbox, tokens } = await buildTestApp(t)
  await app.inject('/readyz')

  const response = await app.inject('/metrics')

  t.equal(response.statusCode, 200)
  t.match(response.headers['content-type'], /^text\/plain; version=0\.0\.4/)
  t.match(response.body, /^mcp_defectdojo_build_info\{version="/m)
  t.match(response.body, /^mcp_defectdojo_audit_writable 1$/m)
  t.match(response.body, /^mcp_defectdojo_upstream_requests_total\{.*status="2xx"\} 1$/m)
  t.notMatch(response.body, new URL(sandbox.url).host)
  for (const token of Object.values(tokens)) t.notMatch(response.body, token)
})

t.test('hostile addresses, tools and tokens make no new series', async (t) => {
  const { app } = await buildTestApp(t)
  const seriesCount = async () =>
    (await app.inject('/metrics')).body.split('\n').filter((line) => line.startsWith('mcp_')).length
  await app.inject('/no/such/address')
  await app.inject({ method: 'POST', url: '/mcp', headers: { host: 'localhost' } })
  await seriesCount()
  const before = await seriesCount()

  for (let n = 0; n < 200; n += 1) {
    await app.inject(`/hostile-${n}`)
    await app.inject({
      method: 'POST',
      url: '/mcp',
      headers: { host: 'localhost', authorization: `Bearer hostile-${n}` },
    })
  }

  t.equal(await seriesCount(), before)
})

t.test('errors are JSON everywhere', async (t) => {
  const { app } = await buildTestApp(t)

  const unknown = await app.inject('/nowhere')
  const wrongMethod = await app.inject({ method: 'PUT', url: '/mcp' })

  for (const response of [unknown, wrongMethod]) {
    t.equal(response.statusCode, 404)
    t.match(response.headers['content-type'], /^application\/json/)
    t.match(response.json(), { statusCode: 404 })
  }
})
