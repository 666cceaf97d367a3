import t from 'tap'
import { buildApp } from '../../app.js'
import type { ConfigError } from '../../src/config/config-error.js'
import type { Files } from '../../src/config/files.js'
import { loadConfig } from '../../src/config/load.js'
import type { Environment } from '../../src/config/secrets.js'
import {
  fakeToken,
  networkEnvironment,
  refusalOf,
  stdioEnvironment as stdio,
} from '../helpers/environment.js'

const files: Files = { readText: () => null, canAppend: () => true }
const network: Environment = { ...networkEnvironment, AUDIT_LOG_FILE: '/var/log/audit.jsonl' }
const load = (environment: Environment) => loadConfig(environment, files)
const refusal = (environment: Environment): ConfigError => refusalOf(() => load(environment))
const firstSentence = (text: string): string => text.replace(/(?<=set\.) .*$/s, '')

t.test('numbers are refused in the words of §2.2', async (t) => {
  const integers = [
    ...['MUTATION_RATE_LIMIT', 'OPEN_ACCESS_MUTATION_RATE_LIMIT', 'MUTATION_RATE_WINDOW'],
    ...['AUDIT_LOG_QUEUE_SIZE', 'AUDIT_LOG_HTTPS_BATCH_SIZE', 'FASTMCP_PORT'],
  ]
  const shown: readonly (readonly [raw: string, shown: string])[] = [
    ...["'foo'", "''", "'1.5'", "'1e3'", "'0x10'", "'1__0'"].map(
      (text) => [text.slice(1, -1), text] as const,
    ),
    ["it's", `"it's"`],
    ['0', '0'],
    ['-3', '-3'],
    [' -0_7 ', '-7'],
  ]

  for (const name of integers) {
    for (const [raw, text] of shown) {
      t.same(
        refusal({ ...network, MCP_TRANSPORT: 'http', [name]: raw }).problems,
        [`${name} must be a positive integer, got ${text}`],
        `${name}=${raw}`,
      )
    }
    t.equal(load({ ...network, [name]: ' +1_0 ' }).config.roleBindings.length, 1, 'tolerated')
  }
  for (const [name, kind] of [
    ['AUDIT_LOG_HTTPS_FLUSH_SECS', 'a positive number'],
    ['DEFECTDOJO_DEFAULT_FOUND_BY_ID', 'a positive integer'],
  ]) {
    t.same(refusal({ ...stdio, [`${name}`]: 'foo' }).problems, [
      `${name} must be ${kind}, got 'foo'`,
    ])
    t.same(refusal({ ...stdio, [`${name}`]: '0' }).problems, [`${name} must be ${kind}, got 0`])
  }
})

t.test('malformed bindings are left out in the words of §2.3', async (t) => {
  const roles = "['admin', 'reader', 'scanner', 'writer']"
  const cases: readonly (readonly [value: string, text: string])[] = [
    ['', 'Ignoring malformed MCP_ROLE_X — expected format <token>:<role>'],
    ['no-colon', 'Ignoring malformed MCP_ROLE_X — expected format <token>:<role>'],
    [':admin', 'Ignoring MCP_ROLE_X — token part is empty'],
    [`${fakeToken}:Admin`, `Ignoring MCP_ROLE_X — unknown role 'Admin' (valid roles: ${roles})`],
    [`${fakeToken}: admin`, `Ignoring MCP_ROLE_X — unknown role ' admin' (valid roles: ${roles})`],
    [`${fakeToken}:`, `Ignoring MCP_ROLE_X — unknown role '' (valid roles: ${roles})`],
  ]

  for (const [value, message] of cases) {
    t.match(load({ ...network, MCP_ROLE_X: value }).notices, [{ level: 'WARNING', message }], value)
  }
  t.same(refusal({ ...stdio, MCP_ROLE_X: 'no-colon' }).problems, [
    'MCP_ROLE_* env var(s) present but none parsed successfully, and no MCP_AUTH_TOKEN / MCP_READ_TOKEN fallback configured. Refusing to start in open-access mode. Expected format: MCP_ROLE_<NAME>=<token>:<role> (role: admin/writer/scanner/reader).',
  ])
})

t.test('the guards refuse in the words of §2.4', async (t) => {
  const without = (...names: string[]): Environment =>
    Object.fromEntries(Object.entries(network).filter(([name]) => !names.includes(name)))
  const perTransport = ['sse', 'streamable-http', 'http'].flatMap((transport) => [
    [
      { ...without('AUDIT_HMAC_KEY', 'MCP_TRANSPORT'), FASTMCP_TRANSPORT: transport },
      `AUDIT_HMAC_KEY not set on network transport '${transport}' — set REQUIRE_AUDIT_HMAC_KEY=false to opt out (not recommended).`,
    ] as const,
    [
      { ...without('MCP_ROLE_CI', 'MCP_TRANSPORT'), FASTMCP_TRANSPORT: transport },
      `MCP auth is not configured on network transport '${transport}'. Set MCP_ROLE_*, MCP_AUTH_TOKEN, or MCP_READ_TOKEN to configure auth. Set REQUIRE_AUTH=false to allow unauthenticated access (not recommended).`,
    ] as const,
  ])
  const cases: readonly (readonly [Environment, string])[] = [
    ...perTransport,
    [
      { ...stdio, AUDIT_LOG_HTTPS_URL: 'ftp://siem.test' },
      "AUDIT_LOG_HTTPS_URL must use https (or http) scheme, got 'ftp'",
    ],
    [
      { ...stdio, DEFECTDOJO_URL: 'ftp://dojo.test' },
      "DEFECTDOJO_URL must use http or https scheme, got 'ftp'",
    ],
    [
      { ...stdio, DEFECTDOJO_URL: 'https://u:p@dojo.test' },
      'DEFECTDOJO_URL must not contain embedded credentials',
    ],
    [{ ...stdio, DEFECTDOJO_URL: 'https://' }, 'DEFECTDOJO_URL must contain a valid hostname'],
    [
      { ...stdio, DEFECTDOJO_URL: 'http://dojo.test' },
      'DEFECTDOJO_URL uses http:// — TLS is required by default. Set ALLOW_INSECURE_HTTP=true to allow insecure connections.',
    ],
  ]

  for (const [environment, text] of cases) t.same(refusal(environment).problems, [text])
})

t.test('what is missing for DefectDojo is said as in §2.4, with our advice', async (t) => {
  const dual = { DEFECTDOJO_READ_API_KEY: 'fake-r', DEFECTDOJO_WRITE_API_KEY: 'fake-w' }
  const cases: readonly (readonly [Environment, string])[] = [
    [{}, 'DEFECTDOJO_URL and DEFECTDOJO_API_KEY must be set.'],
    [{ DEFECTDOJO_URL: 'https://dojo.test' }, 'DEFECTDOJO_URL and DEFECTDOJO_API_KEY must be set.'],
    [dual, 'DEFECTDOJO_URL must be set.'],
  ]

  // decisions, "Parity": kept up to the first full stop, since load_dotenv() does not exist here.
  for (const [environment, text] of cases) {
    const [problem = '', ...others] = refusal(environment).problems
    t.equal(firstSentence(problem), text)
    t.notMatch(problem, 'load_dotenv')
    t.same(others, [])
  }
})

t.test('what is allowed and dangerous is in the trail as §2.4 says it', async (t) => {
  const { config, notices } = loadConfig(
    {
      DEFECTDOJO_URL: 'http://dojo.test',
      DEFECTDOJO_API_KEY: stdio.DEFECTDOJO_API_KEY,
      ALLOW_INSECURE_HTTP: 'TRUE',
      FASTMCP_TRANSPORT: 'http',
      REQUIRE_AUTH: 'False',
      REQUIRE_AUDIT_HMAC_KEY: 'FALSE',
      AUDIT_LOG_HTTPS_URL: 'http://127.0.0.1:9/siem',
      AUDIT_LOG_HTTPS_ALLOW_HTTP: 'true',
    },
    files,
  )
  const lines: Record<string, unknown>[] = []
  // The receiver is left out: a record of what was said at start is enough, and nothing has to be delivered.
  const { AUDIT_LOG_HTTPS_URL: _, ...withoutReceiver } = config
  const app = await buildApp({
    config: withoutReceiver,
    notices,
    auditLine: (line) => lines.push(JSON.parse(line)),
    diagnostics: { write: () => {} },
  })
  t.teardown(() => app.close())
  const expected: readonly (readonly [level: string, message: string])[] = [
    [
      'CRITICAL',
      'AUDIT_HMAC_KEY not set — using ephemeral key. Log integrity chain will be unverifiable after restart.',
    ],
    [
      'WARNING',
      'AUDIT_LOG_HTTPS_URL uses http:// — log data will be transmitted unencrypted. Use https:// in production.',
    ],
    [
      'CRITICAL',
      "MCP auth is disabled on network transport 'http' — all callers have full read+write access",
    ],
    ['CRITICAL', 'DEFECTDOJO_URL uses HTTP — API key will be transmitted in cleartext'],
  ]

  for (const [level, message] of expected) {
    const record = lines.find((line) => line.message === message)
    t.match(record, { level, event_type: 'security_warning', retention_class: 'security_audit' })
  }
  const compound = lines.filter(({ host, level }) => host === '0.0.0.0' && level === 'CRITICAL')
  t.match(compound, [
    { event_type: 'security_warning', transport: 'http', require_auth: false, host: '0.0.0.0' },
  ])
  t.not(compound[0]?.message, expected[2]?.[1], 'a record of its own')
})

t.test('the HMAC guard speaks first, and only "false" switches a guard off', async (t) => {
  const bare = { ...network, AUDIT_HMAC_KEY: undefined, MCP_ROLE_CI: undefined }

  t.match(refusal(bare).problems, [/^AUDIT_HMAC_KEY not set/, /^MCP auth is not configured/])
  for (const value of ['0', 'no', '', 'false ']) {
    const kept = { ...bare, REQUIRE_AUTH: value, REQUIRE_AUDIT_HMAC_KEY: value }
    t.equal(refusal(kept).problems.length, 2, JSON.stringify(value))
  }
})
