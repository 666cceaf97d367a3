import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { createMetrics } from '../../src/metrics/metrics.js'
import { version } from '../../src/version.js'
import { listen } from '../forward/loopback.js'
import { callTool } from '../helpers/rpc.js'
import { buildTestApp } from '../helpers/test-app.js'
import { testDirectory } from '../helpers/test-directory.js'

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

/** Nothing listens there. */
const nobody = 'relp://127.0.0.1:9'

/** The values of the forwarding series of one receiver, by the end of their names. */
const forwardingSeries = (metrics: string, destination: string): Record<string, number> =>
  Object.fromEntries(
    [...metrics.matchAll(/^mcp_defectdojo_audit_forward_(\w+)\{destination="([^"]+)"\} (\S+)$/gm)]
      .filter(([, , labelled]) => labelled === destination)
      .map(([, name, , value]) => [name, Number(value)]),
  )

t.test('a receiver that fails is shown, and takes nothing else down', async (t) => {
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => response.end('{}'))
  })
  const host = `http://127.0.0.1:${await listen(t, receiver)}`
  const { app, audit } = await buildTestApp(t, {
    env: {
      AUDIT_LOG_FILE: join(testDirectory(t), 'audit.jsonl'),
      AUDIT_LOG_SYSLOG: nobody,
      AUDIT_LOG_HTTPS_URL: `${host}/ingest`,
      AUDIT_LOG_HTTPS_ALLOW_HTTP: 'true',
      AUDIT_LOG_HTTPS_BATCH_SIZE: '1',
    },
  })
  await app.ready()
  const settled = () =>
    app.forwarding
      .stats()
      .every(({ destination, breakerOpen, waitingRecords }) =>
        destination === nobody ? breakerOpen : waitingRecords === 0,
      )
  while (!settled()) await pause(20)

  const readiness = await app.inject('/readyz')
  const metrics = await app.inject('/metrics')

  t.equal(readiness.statusCode, 200)
  t.match(readiness.json(), {
    status: 'ok',
    checks: {
      audit: 'ok',
      [`forwarding ${nobody}`]: `failing, ${audit.length} records wait`,
      [`forwarding ${host}`]: 'ok',
    },
  })
  t.same(forwardingSeries(metrics.body, host), {
    lag_records: 0,
    lag_seconds: 0,
    delivered_total: audit.length,
    retries_total: 0,
    dead_letters_total: 0,
    dropped_total: 0,
    breaker_open: 0,
  })
  const {
    lag_seconds: lag,
    retries_total: retries,
    ...others
  } = forwardingSeries(metrics.body, nobody)
  t.ok(lag && lag > 0)
  t.ok(retries && retries >= 3)
  t.same(others, {
    lag_records: audit.length,
    delivered_total: 0,
    dead_letters_total: 0,
    dropped_total: 0,
    breaker_open: 1,
  })
})

t.test('each forwarding series holds its own number', async (t) => {
  const metrics = createMetrics()
  const destination = 'https://siem.example/ingest'
  metrics.observe({
    auditWritable: () => true,
    sessions: () => ({ streamableHttp: 0, sse: 0 }),
    forwarding: () => [
      {
        destination,
        waitingRecords: 2,
        lagSeconds: 3.5,
        delivered: 5,
        retries: 7,
        deadLetters: 11,
        dropped: 13,
        breakerOpen: true,
      },
    ],
  })

  await metrics.text()
  const second = await metrics.text()

  t.same(forwardingSeries(second, destination), {
    lag_records: 2,
    lag_seconds: 3.5,
    delivered_total: 5,
    retries_total: 7,
    dead_letters_total: 11,
    dropped_total: 13,
    breaker_open: 1,
  })
})

t.test(
  'while the spool is full the service is not ready and changes nothing, but reads',
  async (t) => {
    const { app, tokens, sandbox } = await buildTestApp(t, {
      env: {
        AUDIT_LOG_FILE: join(testDirectory(t), 'audit.jsonl'),
        AUDIT_LOG_SYSLOG: nobody,
        AUDIT_SPOOL_MAX_BYTES: '65536',
      },
    })
    await app.ready()
    t.equal((await app.inject('/readyz')).statusCode, 200)
    for (let n = 0; n < 300; n++) {
      app.audit.event('INFO', 'x', { event_type: 'lifecycle', filler: 'x'.repeat(200) })
    }

    const full = await app.inject('/readyz')
    const forReads = await app.inject('/readyz?exclude=audit')
    const change = await app.inject(
      callTool(tokens.writer, 'add_finding_note', { finding_id: 1, entry: 'A note' }),
    )
    const read = await app.inject(callTool(tokens.writer, 'list_products'))

    t.equal(full.statusCode, 503)
    t.match(full.json(), {
      status: 'unavailable',
      checks: {
        audit: 'not writable',
        [`forwarding ${nobody}`]: /^spool full, \d+ records wait$/,
      },
    })
    t.equal(forReads.statusCode, 200)
    t.match(change.json().result, {
      isError: true,
      content: [{ text: /^More audit records wait for a SIEM than AUDIT_SPOOL_MAX_BYTES allows/ }],
      _meta: { 'mcp-defectdojo/error': { code: 'audit_unavailable' } },
    })
    t.notOk(read.json().result.isError)
    t.notOk(sandbox.requests.some(({ method }) => method === 'POST'))
    t.match((await app.inject('/metrics')).body, /^mcp_defectdojo_audit_writable 0$/m)
  },
)
