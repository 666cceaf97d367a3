import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Environment } from '../../src/config/secrets.js'
import { judgeAddress } from '../../src/doctor/address.js'
import { type Check, examine } from '../../src/doctor.js'
import { stdioEnvironment } from '../helpers/environment.js'
import { needs } from '../helpers/needs.js'
import { testDirectory } from '../helpers/test-directory.js'
import { diagnose, dojo, find, listening, staff, worst } from './fake-dojo.js'

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

t.test(
  'an unknown certificate needs DEFECTDOJO_CA, and is trusted with it',
  needs('openssl'),
  async (t) => {
    const directory = testDirectory(t)
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
