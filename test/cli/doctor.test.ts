import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync } from 'node:fs'
import http, { type RequestListener } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { forPeople } from '../../cli/doctor.js'
import type { Environment } from '../../src/config/secrets.js'
import { judgeAddress } from '../../src/doctor/address.js'
import { type Check, examine } from '../../src/doctor.js'
import { startCommand } from '../helpers/command.js'
import { fakeDojoKey as key, stdioEnvironment } from '../helpers/environment.js'

interface FakeDojo {
  url: string
  /** The Authorization header of every request, by path. */
  seen: [path: string, authorization: string | undefined][]
}

interface Answers {
  /** What a request without a valid key gets, and every other one where `profile` is not given. */
  refusal?: { status: number; detail: string }
  profile?: object
  version?: string
  products?: number
  date?: Date
}

const superuser = { user: { username: 'admin', is_staff: true, is_superuser: true } }
const staff = { user: { username: 'mcp', is_staff: true, is_superuser: false } }
const member = { user: { username: 'mcp', is_staff: false, is_superuser: false } }

/** Answers as DefectDojo does, as far as the doctor asks. */
function dojo(answers: Answers): RequestListener {
  return (request, response) => {
    const path = request.url ?? ''
    if (answers.date) response.setHeader('date', answers.date.toUTCString())
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (path.startsWith('/oa3/schema/')) {
      json(200, {
        openapi: '3.0.3',
        info: { title: 'DefectDojo', version: answers.version ?? '3.2.0' },
        paths: 'x'.repeat(500_000),
      })
    } else if (request.headers.authorization === undefined) {
      json(403, { detail: 'Authentication credentials were not provided.' })
    } else if (answers.profile === undefined || request.headers.authorization !== `Token ${key}`) {
      const { status, detail } = answers.refusal ?? { status: 403, detail: 'Invalid token.' }
      json(status, { detail })
    } else if (path.startsWith('/api/v2/products/')) {
      json(200, { count: answers.products ?? 3, results: [] })
    } else {
      json(200, answers.profile)
    }
  }
}

async function listening(t: Test, handler: RequestListener): Promise<FakeDojo> {
  const seen: FakeDojo['seen'] = []
  const server = http.createServer((request, response) => {
    seen.push([request.url ?? '', request.headers.authorization])
    handler(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const diagnose = (t: Test, environment: Environment, timeoutMs = 5000): Promise<Check[]> =>
  examine({
    environment: { ...stdioEnvironment, ALLOW_INSECURE_HTTP: 'true', ...environment },
    directory: t.testdir(),
    nodeVersion: '20.19.0',
    now: Date.now,
    timeoutMs,
  })

const find = (checks: Check[], name: Check['name']): Check | undefined =>
  checks.find((check) => check.name === name)
const worst = (checks: Check[]): Check[] => checks.filter(({ status }) => status === 'problem')

t.test('a sound installation has no problem', async (t) => {
  const { url } = await listening(t, dojo({ profile: staff }))

  const checks = await diagnose(t, { DEFECTDOJO_URL: url })

  t.same(worst(checks), [])
  t.match(find(checks, 'configuration'), { status: 'ok', found: 'stdio.' })
  t.match(find(checks, 'address'), { status: 'ok', found: `A DefectDojo API answers at ${url}.` })
  t.match(find(checks, 'clock'), { status: 'ok' })
  t.match(find(checks, 'version'), { status: 'ok', found: 'DefectDojo 3.2.0.' })
  t.match(find(checks, 'key'), { status: 'ok', found: 'DefectDojo takes DEFECTDOJO_API_KEY.' })
  t.match(find(checks, 'user'), { status: 'ok', found: /^The user 'mcp' is staff/ })
  t.match(find(checks, 'products'), { status: 'ok', found: 'The user sees 3 products.' })
})

t.test('the key goes only to what has shown to be a DefectDojo', async (t) => {
  const good = await listening(t, dojo({ profile: staff }))
  const other = await listening(t, (_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
  )

  await diagnose(t, { DEFECTDOJO_URL: good.url })
  await diagnose(t, { DEFECTDOJO_URL: other.url })

  t.same(good.seen, [
    ['/api/v2/user_profile/', undefined],
    ['/oa3/schema/?format=json', undefined],
    ['/api/v2/user_profile/', `Token ${key}`],
    ['/api/v2/products/?limit=1', `Token ${key}`],
  ])
  t.same(other.seen, [['/api/v2/user_profile/', undefined]])
})

t.test('an address that is no DefectDojo is said to be none, with what to do', async (t) => {
  const cases: [
    title: string,
    handler: RequestListener,
    expected: Partial<Record<'found' | 'advice', RegExp>>,
  ][] = [
    [
      'HTML',
      (_, r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      { found: /is not a DefectDojo API \(HTTP 200, no JSON\)/ },
    ],
    [
      '404',
      (_, r) => r.writeHead(404, { 'content-type': 'text/html' }).end('<html>'),
      { advice: /without \/api\/v2/ },
    ],
    [
      'other API',
      (_, r) => r.writeHead(404, { 'content-type': 'application/json' }).end('{}'),
      { found: /HTTP 404/ },
    ],
    [
      'login page',
      (_, r) => r.writeHead(302, { location: '/login?next=/api&t=abc' }).end(),
      {
        found: /sends on to 'http:\/\/127.0.0.1:\d+\/login' \(HTTP 302\)/,
        advice: /wrong path prefix/,
      },
    ],
    [
      'https',
      (q, r) => r.writeHead(301, { location: `https://${q.headers.host}${q.url}` }).end(),
      { advice: /^Set DEFECTDOJO_URL to https:\/\/127/ },
    ],
    [
      'elsewhere',
      (_, r) => r.writeHead(301, { location: 'http://login.test/?key=abc' }).end(),
      { found: /'http:\/\/login.test\/'/, advice: /if you trust it/ },
    ],
    ['no target', (_, r) => r.writeHead(302).end(), { found: /sends on/ }],
    [
      'host refused',
      (_, r) => r.writeHead(400, { 'content-type': 'text/html' }).end('<h1>'),
      { advice: /DD_ALLOWED_HOSTS/ },
    ],
    ['down', (_, r) => r.writeHead(502).end(), { found: /HTTP 502/, advice: /logs/ }],
    ['silence', () => {}, { found: /No answer came in time/ }],
    ['cut', (_, r) => r.destroy(), { found: /The connection was cut/ }],
  ]

  for (const [title, handler, expected] of cases) {
    const { url } = await listening(t, handler)
    // Only silence has to be waited for.
    const checks = await diagnose(t, { DEFECTDOJO_URL: url }, title === 'silence' ? 200 : 5000)
    t.match(find(checks, 'address'), { status: 'problem', ...expected }, title)
    t.equal(find(checks, 'key'), undefined, `${title}: the key is not tried`)
  }
})

t.test('a connection that fails is explained', async (t) => {
  const { url } = await listening(t, () => {})
  const checks = await diagnose(t, { DEFECTDOJO_URL: url.replace('http:', 'https:') })
  t.match(find(checks, 'address'), { status: 'problem' })

  const cases: [code: string, found: RegExp, advice: RegExp][] = [
    ['ENOTFOUND', /host name is not known/, /slip/],
    ['ECONNREFUSED', /Nothing listens/, /port/],
    [
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      /authority that this machine does not know/,
      /DEFECTDOJO_CA/,
    ],
    ['CERT_HAS_EXPIRED', /expired/, /Renew/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /another name/, /DEFECTDOJO_URL/],
    ['EPROTO', /does not speak TLS/, /plain HTTP/],
    ['E_SOMETHING_NEW', /No connection/, /curl/],
  ]
  for (const [failure, found, advice] of cases) {
    const check = judgeAddress(new URL('https://dojo.test/api/v2/user_profile/'), { failure })
    t.match(check, { status: 'problem', found, advice }, failure)
    t.match(check.found, `(dojo.test, ${failure})`)
  }
})

const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

t.test(
  'an unknown certificate needs DEFECTDOJO_CA, and is trusted with it',
  { skip: !hasOpenssl && 'no openssl here' },
  async (t) => {
    const directory = t.testdir()
    const [certificate, privateKey] = ['cert.pem', 'key.pem'].map((name) =>
      join(directory, name),
    ) as [string, string]
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=dojo',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-keyout',
        privateKey,
        '-out',
        certificate,
      ],
      { stdio: 'ignore' },
    )
    const server = https.createServer(
      { cert: readFileSync(certificate), key: readFileSync(privateKey) },
      dojo({ profile: staff }),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`

    const look = (environment: Environment): Promise<Check[]> =>
      examine({
        environment: { ...stdioEnvironment, DEFECTDOJO_URL: url, ...environment },
        directory,
        nodeVersion: '24.1.0',
        now: Date.now,
        timeoutMs: 5000,
      })

    const without = await look({})
    const trusted = await look({ DEFECTDOJO_CA: certificate })

    t.match(find(without, 'address'), {
      status: 'problem',
      found: /signed by nobody but itself/,
      advice: /DEFECTDOJO_CA/,
    })
    t.same(worst(trusted), [])
    t.match(find(trusted, 'products'), { status: 'ok' })
  },
)

t.test('a key that is refused is explained by what DefectDojo says', async (t) => {
  const cases: [detail: string, found: RegExp, advice: RegExp][] = [
    ['Invalid token.', /does not know DEFECTDOJO_API_KEY/, /Copy the key anew/],
    ['User inactive or deleted.', /inactive or deleted/, /Activate/],
    ['Authentication credentials were not provided.', /did not arrive/, /DD_API_TOKENS_ENABLED/],
    [`You sent ${key}\u001b[31m`, /^DefectDojo refuses DEFECTDOJO_API_KEY\.$/, /Check/],
  ]

  for (const [detail, found, advice] of cases) {
    const { url } = await listening(t, dojo({ refusal: { status: 403, detail } }))
    const checks = await diagnose(t, { DEFECTDOJO_URL: url })
    t.match(worst(checks), [{ name: 'key', found, advice }], detail)
    t.notOk(JSON.stringify(checks).includes(key))
  }
})

t.test('what the user may do is said for each kind of user', async (t) => {
  const roles = { product_member: [], product_type_member: [{}], dojo_group_member: [] }
  const cases: [profile: object, expected: object][] = [
    [
      superuser,
      { status: 'warning', found: /'admin' is a superuser/, advice: /a user of its own/ },
    ],
    [staff, { status: 'ok', found: /is staff/ }],
    [member, { status: 'ok', found: /neither staff nor superuser/, advice: /authorized_users/ }],
    [
      { ...member, ...roles },
      { status: 'ok', found: /no global role and 1 memberships/ },
    ],
    [
      { ...member, ...roles, global_role: { role: 2 } },
      { status: 'ok', found: /has a global role/ },
    ],
    [
      { ...member, ...roles, product_type_member: [] },
      { status: 'warning', found: /may see nothing/ },
    ],
    [
      { user: { username: `\u001b[2J${key}` } },
      { found: /^The user '\\x1b\[2J\*\*\*REDACTED\*\*\*'/ },
    ],
  ]

  for (const [profile, expected] of cases) {
    const { url } = await listening(t, dojo({ profile }))
    t.match(find(await diagnose(t, { DEFECTDOJO_URL: url }), 'user'), expected)
  }
})

t.test('a user that sees nothing is warned about', async (t) => {
  const { url } = await listening(t, dojo({ profile: member, products: 0 }))

  t.match(find(await diagnose(t, { DEFECTDOJO_URL: url }), 'products'), {
    status: 'warning',
    found: 'The user sees no product.',
  })
})

t.test('two keys are tried one by one', async (t) => {
  const { url } = await listening(t, dojo({ profile: staff }))

  const checks = await diagnose(t, {
    DEFECTDOJO_URL: url,
    DEFECTDOJO_API_KEY: undefined,
    DEFECTDOJO_READ_API_KEY: key,
    DEFECTDOJO_WRITE_API_KEY: 'fake-wrong-key',
  })

  t.match(find(checks, 'read key'), { status: 'ok' })
  t.match(find(checks, 'write key'), { status: 'problem', found: /DEFECTDOJO_WRITE_API_KEY/ })
})

t.test('clocks that differ and releases that are too old are said', async (t) => {
  const behind = await listening(
    t,
    dojo({ profile: staff, date: new Date(Date.now() - 60_000), version: '2.10.1' }),
  )
  const ahead = await listening(
    t,
    dojo({ profile: staff, date: new Date(Date.now() + 3_600_000), version: 'dev' }),
  )

  const one = await diagnose(t, { DEFECTDOJO_URL: behind.url })
  const other = await diagnose(t, { DEFECTDOJO_URL: ahead.url })

  t.match(find(one, 'clock'), {
    status: 'warning',
    found: /is (59|60|61) s ahead of that/,
    advice: /NTP/,
  })
  t.match(find(one, 'version'), { status: 'warning', found: 'DefectDojo 2.10.1.' })
  t.match(find(other, 'clock'), { status: 'problem', found: /is (3599|3600|3601) s behind that/ })
})

t.test(
  'a configuration that is wrong does not keep the doctor from trying the address',
  async (t) => {
    const { url } = await listening(t, dojo({ profile: staff }))

    const checks = await diagnose(t, {
      DEFECTDOJO_URL: url,
      MUTATION_RATE_LIMIT: 'foo',
      MCP_PORT: 'x',
      MCP_PROT: '1',
    })

    t.match(worst(checks), [
      { name: 'configuration', found: "MCP_PORT must be a positive integer, got 'x'" },
      { name: 'configuration', found: "MUTATION_RATE_LIMIT must be a positive integer, got 'foo'" },
    ])
    t.ok(checks.some(({ found }) => found === 'MCP_PROT is not known. Did you mean MCP_PORT?'))
    t.match(find(checks, 'key'), { status: 'ok' })
  },
)

t.test('nothing is asked of an address that the service would refuse', async (t) => {
  const { url, seen } = await listening(t, dojo({ profile: staff }))

  const checks = await diagnose(t, { DEFECTDOJO_URL: url, ALLOW_INSECURE_HTTP: 'false' })

  t.same(seen, [])
  t.match(worst(checks), [{ name: 'configuration', found: /TLS is required/ }])
})

t.test('an old Node.js and a .env that others can read are said', async (t) => {
  const directory = t.testdir({ '.env': 'LOG_LEVEL=DEBUG\n' })
  const look = (mode: number, nodeVersion: string) => {
    chmodSync(join(directory, '.env'), mode)
    return examine({ environment: {}, directory, nodeVersion, now: Date.now, timeoutMs: 100 })
  }

  const open = await look(0o644, '18.20.1')
  t.match(find(open, 'runtime'), { status: 'problem', found: 'Node.js 18.20.1 is too old.' })
  t.match(find(open, 'environment'), { status: 'warning', advice: /chmod 600/ })
  t.match(find(await look(0o600, '22.0.0'), 'environment'), { status: 'ok' })
})

t.test(
  'the command prints one JSON line, and says by its status that something is wrong',
  async (t) => {
    const { url } = await listening(t, dojo({ profile: superuser }))
    const cwd = t.testdir({
      '.env': `DEFECTDOJO_URL=${url}\nALLOW_INSECURE_HTTP=true\nDEFECTDOJO_API_KEY=fake-wrong-key\n`,
    })

    const command = startCommand(t, ['doctor', '--json'], { cwd })

    t.equal(await command.ended(), 1)
    const { stdout, stderr } = command.output()
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] }
    t.equal(ok, false)
    t.match(worst(checks), [{ name: 'key', found: /^DefectDojo does not know DEFECTDOJO_API_KEY/ }])
    t.notOk(`${stdout}${stderr}`.includes('fake-wrong-key'))
  },
)

t.test('for people, what to do stands below what was found', async (t) => {
  t.equal(
    forPeople([
      { name: 'runtime', status: 'ok', found: 'Node.js 24.1.0.' },
      { name: 'clock', status: 'warning', found: 'It is late.', advice: 'Look at it.' },
    ]),
    'ok       runtime        Node.js 24.1.0.\n' +
      'warning  clock          It is late.\n' +
      '                        Look at it.\n\n' +
      'The service can work: 1 warning.\n',
  )
  t.match(
    forPeople([{ name: 'key', status: 'problem', found: 'No.' }]),
    'The service cannot work like this: 1 problem, 0 warnings.\n',
  )
})
