import { join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { systemFiles } from '../../src/config/files.js'
import { loadConfig } from '../../src/config/load.js'
import { quoted } from '../../src/config/quote.js'
import { ConfigSchema, variables } from '../../src/config/schema.js'
import { type Environment, secretsOf } from '../../src/config/secrets.js'
import {
  fakeAuditKey as auditKey,
  fakeDojoKey as dojoKey,
  networkEnvironment as network,
  refusalOf,
  stdioEnvironment as stdio,
  fakeToken as token,
} from '../helpers/environment.js'
import { testDirectory } from '../helpers/test-directory.js'

const problemsOf = (environment: Environment): readonly string[] =>
  refusalOf(() => loadConfig(environment)).problems

t.test('the defaults are the documented ones', async (t) => {
  const { config } = loadConfig(stdio)

  t.match(config, {
    transport: 'stdio',
    host: '0.0.0.0',
    port: 8000,
    onNetwork: false,
    MUTATION_RATE_LIMIT: 60,
    OPEN_ACCESS_MUTATION_RATE_LIMIT: 10,
    MUTATION_RATE_WINDOW: 60,
    UNTRUSTED_CONTENT_WRAPPING: 'on',
    LOG_LEVEL: 'INFO',
    AUDIT_LOG_QUEUE_SIZE: 10_000,
    AUDIT_LOG_HTTPS_BATCH_SIZE: 10,
    AUDIT_LOG_HTTPS_FLUSH_SECS: 5,
    AUDIT_FAILURE_MODE: 'closed',
    MCP_MAX_BODY_BYTES: 262_144,
    MCP_MAX_IMPORT_BODY_BYTES: 73_400_320,
    MCP_LEGACY_SESSIONS: 'on',
    MCP_SESSION_IDLE_SECONDS: 1800,
    MCP_SESSION_MAX_AGE_SECONDS: 86400,
    MCP_MAX_SESSIONS: 1000,
    DEFECTDOJO_TIMEOUT_SECONDS: 30,
    DEFECTDOJO_IMPORT_TIMEOUT_SECONDS: 600,
    DEFECTDOJO_MAX_RESPONSE_BYTES: 33_554_432,
    auditHmacKey: auditKey,
    syslogReceiver: null,
  })
  t.notOk('DEFECTDOJO_DEFAULT_FOUND_BY_ID' in config)
})

t.test('a configuration is frozen and valid against its schema', async (t) => {
  const { config } = loadConfig(network)

  t.ok(Object.isFrozen(config))
  t.ok(Object.isFrozen(config.MCP_ALLOWED_HOSTS))
  t.same([...Value.Errors(ConfigSchema, config)], [])
})

t.test('every variable says what it is, and its default passes its own check', async (t) => {
  for (const variable of variables) {
    t.match(variable.description, /^[^\n|]{10,200}$/, variable.name)
    t.ok(variable.expects.length > 0 && variable.reads && variable.group, variable.name)
    if (variable.defaultValue !== undefined) {
      t.ok(Value.Check(variable.schema, variable.defaultValue), `${variable.name}: default`)
    }
  }
})

t.test('a whole number is read as the reference reads it', async (t) => {
  const good: [text: string, value: number][] = [
    ['60', 60],
    [' 60 ', 60],
    ['+60', 60],
    ['1_000', 1000],
    ['\t007\n', 7],
  ]
  const bad: [text: string, got: string][] = [
    ['foo', "'foo'"],
    ['', "''"],
    [' ', "' '"],
    ['-3', '-3'],
    ['0', '0'],
    ['-0', '0'],
    ['1e3', "'1e3'"],
    ['12.9', "'12.9'"],
    ['12.0', "'12.0'"],
    ['0x10', "'0x10'"],
    ['1__0', "'1__0'"],
    ['_1', "'_1'"],
    ['1_', "'1_'"],
    ['+-1', "'+-1'"],
    ['NaN', "'NaN'"],
    ['Infinity', "'Infinity'"],
    ['٣', "'٣'"],
    ["it's", '"it\'s"'],
    ['a\nb', "'a\\nb'"],
  ]

  for (const [text, value] of good) {
    t.equal(loadConfig({ ...stdio, MUTATION_RATE_LIMIT: text }).config.MUTATION_RATE_LIMIT, value)
  }
  for (const [text, got] of bad) {
    t.same(problemsOf({ ...stdio, MUTATION_RATE_LIMIT: text }), [
      `MUTATION_RATE_LIMIT must be a positive integer, got ${got}`,
    ])
  }
  t.same(problemsOf({ ...stdio, MUTATION_RATE_LIMIT: '99999999999999999999' }), [
    'MUTATION_RATE_LIMIT must be at most 1000000, got 99999999999999999999',
  ])
})

t.test('every integer variable has the same message', async (t) => {
  const integers = variables.filter(({ reads }) => reads === 'integer')

  t.ok(integers.length >= 15)
  for (const { name } of integers) {
    t.same(problemsOf({ ...stdio, [name]: 'foo' }), [
      `${name} must be a positive integer, got 'foo'`,
    ])
    t.same(problemsOf({ ...stdio, [name]: '-3' }), [`${name} must be a positive integer, got -3`])
  }
})

t.test('a flush interval may have a fraction', async (t) => {
  for (const [text, value] of [
    ['0.5', 0.5],
    [' 2 ', 2],
    ['1e1', 10],
    ['.25', 0.25],
  ] as const) {
    const { config } = loadConfig({ ...stdio, AUDIT_LOG_HTTPS_FLUSH_SECS: text })
    t.equal(config.AUDIT_LOG_HTTPS_FLUSH_SECS, value)
  }
  for (const [text, got] of [
    ['x', "'x'"],
    ['nan', "'nan'"],
    ['inf', "'inf'"],
    ['-1', '-1'],
    ['0', '0'],
  ]) {
    t.same(problemsOf({ ...stdio, AUDIT_LOG_HTTPS_FLUSH_SECS: text }), [
      `AUDIT_LOG_HTTPS_FLUSH_SECS must be a positive number, got ${got}`,
    ])
  }
})

t.test('values the reference took for the default are taken so, and named', async (t) => {
  const cases: [name: string, value: string, key: string, result: unknown][] = [
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL', 'INFO'],
    ['UNTRUSTED_CONTENT_WRAPPING', 'nope', 'UNTRUSTED_CONTENT_WRAPPING', 'on'],
    ['ALLOW_INSECURE_HTTP', 'yes', 'ALLOW_INSECURE_HTTP', false],
    ['REQUIRE_AUTH', '0', 'REQUIRE_AUTH', true],
    ['REQUIRE_AUDIT_HMAC_KEY', 'no', 'REQUIRE_AUDIT_HMAC_KEY', true],
  ]

  for (const [name, value, key, result] of cases) {
    const { config, notices } = loadConfig({ ...stdio, [name]: value })
    t.match(config, { [key]: result })
    t.match(notices, [{ level: 'WARNING', event_type: 'config_warning' }])
    t.match(notices[0]?.message, `${name} must be `)
    t.match(notices[0]?.message, `got '${value}' — using ${String(result)}`)
  }
  t.equal(loadConfig({ ...stdio, LOG_LEVEL: 'debug' }).config.LOG_LEVEL, 'DEBUG')
  t.equal(
    loadConfig({ ...stdio, UNTRUSTED_CONTENT_WRAPPING: 'OFF' }).config.UNTRUSTED_CONTENT_WRAPPING,
    'off',
  )
})

t.test('MCP_ names win over FASTMCP_ names, and say so', async (t) => {
  const { config, notices } = loadConfig({
    ...network,
    MCP_TRANSPORT: 'http',
    MCP_HOST: '127.0.0.1',
    MCP_PORT: '9000',
    FASTMCP_TRANSPORT: 'sse',
    FASTMCP_HOST: '0.0.0.0',
    FASTMCP_PORT: '9000',
    AUDIT_LOG_FILE: undefined,
  })

  t.match(config, { transport: 'streamable-http', host: '127.0.0.1', port: 9000 })
  t.same(
    notices.filter(({ event_type }) => event_type === 'config_warning').map((n) => n.message),
    [
      'FASTMCP_TRANSPORT has no effect: MCP_TRANSPORT is set too, and wins',
      'FASTMCP_HOST has no effect: MCP_HOST is set too, and wins',
    ],
  )
  t.match(loadConfig({ ...network, MCP_TRANSPORT: '', FASTMCP_TRANSPORT: 'sse' }).config, {
    transport: 'sse',
  })
})

t.test('the key of the chain may come from a file', async (t) => {
  const directory = testDirectory(t, {
    key: `${auditKey}\n`,
    empty: '\n',
    binary: Buffer.from([0xff, 0xfe]),
  })
  const withFile = (name: string) => ({
    ...stdio,
    AUDIT_HMAC_KEY: undefined,
    AUDIT_HMAC_KEY_FILE: join(directory, name),
  })

  const { config } = loadConfig(withFile('key'))

  t.equal(config.auditHmacKey, auditKey)
  t.ok(config.secrets.includes(auditKey))
  t.match(problemsOf(withFile('empty')), [
    /^AUDIT_HMAC_KEY_FILE must name a file that is not empty/,
  ])
  for (const name of ['binary', 'absent', '.']) {
    t.match(problemsOf(withFile(name)), [
      /^AUDIT_HMAC_KEY_FILE must be the path of a readable file/,
    ])
  }
  t.same(problemsOf({ ...withFile('key'), AUDIT_HMAC_KEY: auditKey }), [
    'AUDIT_HMAC_KEY and AUDIT_HMAC_KEY_FILE must not both be set',
  ])
})

t.test('the audit file must be one that can be written', async (t) => {
  const directory = testDirectory(t, { 'audit.jsonl': '', folder: {} })

  t.ok(systemFiles.canAppend(join(directory, 'audit.jsonl')))
  t.ok(systemFiles.canAppend(join(directory, 'new.jsonl')))
  for (const name of ['folder', 'absent/audit.jsonl', 'audit.jsonl/below']) {
    t.match(problemsOf({ ...stdio, AUDIT_LOG_FILE: join(directory, name) }), [
      /^AUDIT_LOG_FILE must be/,
    ])
  }
})

t.test('all that is secret is listed for redaction', async (t) => {
  const secrets = secretsOf({
    ...network,
    MCP_AUTH_TOKEN: 'fake-legacy',
    MCP_ROLE_BARE: 'fake-bare-token',
    MCP_ROLE_SWAPPED: 'admin:fake-swapped',
    MCP_ROLE_COLONS: 'fa:ke:writer',
    MCP_ROLE_EMPTY: ':writer',
    AUDIT_LOG_HTTPS_TOKEN: 'fake-siem',
    AUDIT_LOG_HTTPS_URL: 'https://siem.test/?key=fake-key-in-the-query',
    HTTPS_PROXY: 'http://user:fake%20pass@proxy.test',
  })

  t.same(
    new Set(secrets),
    new Set([
      dojoKey,
      auditKey,
      token,
      'fake-legacy',
      'fake-bare-token',
      'fake-swapped',
      'fa:ke',
      'fake-siem',
      'fake-key-in-the-query',
      'fake%20pass',
      'fake pass',
    ]),
  )
  t.same(
    secrets,
    [...secrets].sort((a, b) => b.length - a.length),
  )
})

t.test('a value in a message is one short line', async (t) => {
  t.equal(quoted('caf\u00e9 "x"'), '\'caf\u00e9 "x"\'')
  t.equal(quoted('\u001b[31m\u0000\u200b'), "'\\x1b[31m\\x00\\u200b'")
  t.equal(quoted('both \' and "'), "'both \\' and \"'")
  t.equal([...quoted('x'.repeat(5000))].length, 163)
})
