import t from 'tap'
import { loadConfig } from '../../src/config/load.js'
import type { Environment } from '../../src/config/secrets.js'
import {
  fakeAuditKey,
  fakeDojoKey,
  networkEnvironment,
  refusalOf,
  stdioEnvironment,
  fakeToken as token,
} from '../helpers/environment.js'

const base: Environment = { ...networkEnvironment, MCP_ROLE_CI: undefined }
const bindingsOf = (environment: Environment) =>
  loadConfig({ ...base, ...environment }).config.roleBindings.map(({ id, role, token }) => ({
    id,
    role,
    token,
  }))
const problemsOf = (environment: Environment) =>
  refusalOf(() => loadConfig({ ...base, ...environment })).problems
const warningsOf = (environment: Environment) =>
  loadConfig({ ...base, ...environment }).notices.filter(
    ({ event_type }) => event_type === 'config_warning',
  )

t.test('a binding is split at its last colon and named in lower case', async (t) => {
  t.same(bindingsOf({ MCP_ROLE_Triage_Bot: `${token}:with:colons:writer` }), [
    { id: 'triage_bot', role: 'writer', token: `${token}:with:colons` },
  ])
})

t.test('the four roles are accepted as they are written', async (t) => {
  const environment = Object.fromEntries(
    ['admin', 'writer', 'scanner', 'reader'].map((role) => [
      `MCP_ROLE_${role.toUpperCase()}`,
      `${token}-${role}:${role}`,
    ]),
  )

  t.same(
    bindingsOf(environment).map(({ role }) => role),
    ['admin', 'writer', 'scanner', 'reader'],
  )
})

t.test('a malformed sibling is warned about and left out', async (t) => {
  const valid = "(valid roles: ['admin', 'reader', 'scanner', 'writer'])"
  const cases: [value: string, warning: string][] = [
    ['', 'Ignoring malformed MCP_ROLE_BAD — expected format <token>:<role>'],
    ['fake-token-alone', 'Ignoring malformed MCP_ROLE_BAD — expected format <token>:<role>'],
    [':reader', 'Ignoring MCP_ROLE_BAD — token part is empty'],
    ['fake-token:superuser', `Ignoring MCP_ROLE_BAD — unknown role 'superuser' ${valid}`],
    ['fake-token:Admin', `Ignoring MCP_ROLE_BAD — unknown role 'Admin' ${valid}`],
    ['fake-token: reader', `Ignoring MCP_ROLE_BAD — unknown role ' reader' ${valid}`],
    ['fake-token:', `Ignoring MCP_ROLE_BAD — unknown role '' ${valid}`],
    [`admin:${token}`, `Ignoring MCP_ROLE_BAD — unknown role '***REDACTED***' ${valid}`],
    ['fake:t0ken:with:c0lons', `Ignoring MCP_ROLE_BAD — unknown role '***REDACTED***' ${valid}`],
  ]

  for (const [value, message] of cases) {
    const environment = { MCP_ROLE_GOOD: `${token}-good:reader`, MCP_ROLE_BAD: value }
    t.match(warningsOf(environment), [{ level: 'WARNING', message }], value)
    t.same(
      bindingsOf(environment).map(({ id }) => id),
      ['good'],
    )
  }
})

t.test(
  'role variables without a single good one refuse to start, on every transport',
  async (t) => {
    const text =
      'MCP_ROLE_* env var(s) present but none parsed successfully, and no MCP_AUTH_TOKEN / MCP_READ_TOKEN fallback configured. Refusing to start in open-access mode. Expected format: MCP_ROLE_<NAME>=<token>:<role> (role: admin/writer/scanner/reader).'

    for (const environment of [base, { ...base, ...stdioEnvironment, MCP_TRANSPORT: 'stdio' }]) {
      const refusal = refusalOf(() => loadConfig({ ...environment, MCP_ROLE_BAD: 'nothing' }))
      t.same(refusal.problems, [text])
      t.match(refusal.notices, [{ message: /^Ignoring malformed MCP_ROLE_BAD/ }])
    }
    t.same(bindingsOf({ MCP_ROLE_BAD: 'nothing', MCP_READ_TOKEN: token }), [
      { id: 'mcp-read-client', role: 'reader', token },
    ])
  },
)

t.test('legacy tokens keep their caller ids and roles', async (t) => {
  t.same(bindingsOf({ MCP_AUTH_TOKEN: `${token}-a`, MCP_READ_TOKEN: `${token}-r` }), [
    { id: 'mcp-client', role: 'admin', token: `${token}-a` },
    { id: 'mcp-read-client', role: 'reader', token: `${token}-r` },
  ])
})

t.test('a legacy token that is bound already keeps the role of its binding', async (t) => {
  const environment = { MCP_ROLE_CI: `${token}:scanner`, MCP_AUTH_TOKEN: token }

  t.same(bindingsOf(environment), [{ id: 'ci', role: 'scanner', token }])
  t.match(warningsOf(environment), [
    {
      message: 'MCP_AUTH_TOKEN has no effect: MCP_ROLE_CI binds the same token to the role scanner',
    },
  ])
})

t.test('bindings that are ambiguous or dangerous are refused by name', async (t) => {
  const cases: [environment: Environment, problem: string][] = [
    [
      { MCP_ROLE_A: `${token}:reader`, MCP_ROLE_B: `${token}:admin` },
      'MCP_ROLE_A and MCP_ROLE_B must not have the same token',
    ],
    [
      { MCP_ROLE_ci: `${token}1:reader`, MCP_ROLE_CI: `${token}2:admin` },
      'MCP_ROLE_CI and MCP_ROLE_ci must not have names that differ only in case',
    ],
    [
      { MCP_AUTH_TOKEN: token, MCP_READ_TOKEN: token },
      'MCP_AUTH_TOKEN and MCP_READ_TOKEN must not have the same token',
    ],
    [{ MCP_ROLE_: `${token}:admin` }, 'MCP_ROLE_ needs a name: MCP_ROLE_<NAME>=<token>:<role>'],
    [
      { 'MCP_ROLE_open-access': `${token}:admin` },
      "MCP_ROLE_open-access must have another name: 'open-access' is the caller id of somebody else",
    ],
    [
      { 'MCP_ROLE_MCP-CLIENT': `${token}:admin` },
      "MCP_ROLE_MCP-CLIENT must have another name: 'mcp-client' is the caller id of somebody else",
    ],
    [
      { 'MCP_ROLE_a b': `${token}:admin` },
      '"MCP_ROLE_a b" must be named with 1 to 64 letters, digits, dots, underscores or hyphens',
    ],
    [
      { MCP_ROLE_A: `${fakeDojoKey}:admin` },
      'MCP_ROLE_A must not have the same token as DEFECTDOJO_API_KEY',
    ],
    [
      { MCP_AUTH_TOKEN: fakeDojoKey },
      'MCP_AUTH_TOKEN must not have the same token as DEFECTDOJO_API_KEY',
    ],
    [
      { MCP_ROLE_A: `${token}:admin`, DEFECTDOJO_WRITE_API_KEY: token },
      'MCP_ROLE_A must not have the same token as DEFECTDOJO_WRITE_API_KEY',
    ],
    [
      { MCP_ROLE_A: `${token}:admin`, AUDIT_HMAC_KEY: token },
      "MCP_ROLE_A must not have the same token as the audit trail's HMAC key",
    ],
    [
      { MCP_ROLE_A: 'fake token with blanks:admin' },
      'MCP_ROLE_A must have a token made of visible ASCII characters, without blanks or line breaks',
    ],
    [
      { MCP_ROLE_A: `${token}:admin`, MCP_MIN_TOKEN_LENGTH: '64' },
      'MCP_ROLE_A must have a token of at least 64 characters (MCP_MIN_TOKEN_LENGTH)',
    ],
  ]

  for (const [environment, problem] of cases) t.same(problemsOf(environment), [problem])
})

t.test('a short token is said aloud on a network transport only', async (t) => {
  const short = { MCP_ROLE_CI: 'fifteen-letters:reader' }
  const critical = ({ level, message }: { level: string; message: string }) =>
    level === 'CRITICAL' && message.startsWith('MCP_ROLE_CI has a token of fewer than 16')

  t.ok(loadConfig({ ...base, ...short }).notices.some(critical))
  t.notOk(loadConfig({ ...base, MCP_ROLE_CI: 'sixteen--letters:reader' }).notices.some(critical))
  t.notOk(loadConfig({ ...stdioEnvironment, ...short }).notices.some(critical))
})

t.test('no message holds a token, whatever is wrong with it', async (t) => {
  const secrets = ['fake-secret-number-one', 'fake-secret-number-two', fakeAuditKey, fakeDojoKey]
  const [one = '', two = ''] = secrets
  const refusal = refusalOf(() =>
    loadConfig({
      ...base,
      MCP_ROLE_A: `${one}:admin`,
      MCP_ROLE_a: `${one}:reader`,
      MCP_ROLE_B: one,
      MCP_ROLE_C: `admin:${two}`,
      MCP_ROLE_D: `${two}:${one}`,
      MCP_AUTH_TOKEN: two,
      MCP_READ_TOKEN: two,
      MCP_MIN_TOKEN_LENGTH: '100',
      MCP_PORT: one,
      MCP_STDIO_ROLE: two,
      AUDIT_LOG_SYSLOG: `tcp://${fakeDojoKey}@x:y`,
      MCP_ALLOWED_HOSTS: `${fakeAuditKey}`,
    }),
  )
  const written = [...refusal.problems, ...refusal.notices.map(({ message }) => message)].join('\n')

  t.ok(refusal.problems.length >= 8)
  for (const secret of secrets) t.notMatch(written, secret)
})
