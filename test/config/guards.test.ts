import t from 'tap'
import type { Files } from '../../src/config/files.js'
import { loadConfig } from '../../src/config/load.js'
import type { Notice } from '../../src/config/notice.js'
import type { Environment } from '../../src/config/secrets.js'
import {
  networkEnvironment as complete,
  fakeDojoKey as dojoKey,
  refusalOf,
  stdioEnvironment as stdio,
  fakeToken as token,
} from '../helpers/environment.js'

const files: Files = { readText: () => null, canAppend: (path) => path.startsWith('/var/log/') }
const network: Environment = { ...complete, AUDIT_LOG_FILE: '/var/log/audit.jsonl' }

const load = (environment: Environment) => loadConfig(environment, files)
const refusal = (environment: Environment) => refusalOf(() => load(environment))

const messages = (notices: readonly Notice[], level?: Notice['level']): string[] =>
  notices
    .filter((notice) => level === undefined || notice.level === level)
    .map(({ message }) => message)

t.test('a complete configuration has nothing to say', async (t) => {
  t.same(load(stdio).notices, [])
  t.same(load(network).notices, [])
})

t.test('a network transport without an HMAC key is refused, each by its own name', async (t) => {
  for (const transport of ['sse', 'streamable-http', 'http']) {
    const { problems } = refusal({
      ...network,
      AUDIT_HMAC_KEY: '',
      MCP_TRANSPORT: undefined,
      FASTMCP_TRANSPORT: transport,
    })

    t.same(problems, [
      `AUDIT_HMAC_KEY not set on network transport '${transport}' — set REQUIRE_AUDIT_HMAC_KEY=false to opt out (not recommended).`,
    ])
  }
})

t.test('an ephemeral HMAC key is said aloud where it is allowed', async (t) => {
  const text =
    'AUDIT_HMAC_KEY not set — using ephemeral key. Log integrity chain will be unverifiable after restart.'
  const critical = { level: 'CRITICAL', event_type: 'security_warning', message: text }

  t.same(load({ ...stdio, AUDIT_HMAC_KEY: undefined }).notices, [critical])
  const optedOut = { ...network, AUDIT_HMAC_KEY: undefined, REQUIRE_AUDIT_HMAC_KEY: 'FALSE' }
  t.same(load(optedOut).notices, [critical])
  t.equal(load(optedOut).config.auditHmacKey, null)
})

t.test('what the examples leave to be filled in is refused', async (t) => {
  const { problems } = refusal({
    ...network,
    AUDIT_HMAC_KEY: '<openssl rand -hex 32>',
    MCP_ROLE_CI: '<32 random characters>:scanner',
  })

  t.match(problems, [
    /^MCP_ROLE_CI must have a token made of visible ASCII characters/,
    /^AUDIT_HMAC_KEY must be a key of your own/,
  ])
})

t.test('only "false" switches a guard off', async (t) => {
  for (const value of ['0', 'no', 'off', ' false', '']) {
    t.match(
      refusal({ ...network, AUDIT_HMAC_KEY: undefined, REQUIRE_AUDIT_HMAC_KEY: value }).problems[0],
      /^AUDIT_HMAC_KEY not set/,
      JSON.stringify(value),
    )
  }
})

t.test('a network transport without tokens is refused', async (t) => {
  const { problems } = refusal({ ...network, MCP_ROLE_CI: undefined })

  t.same(problems, [
    "MCP auth is not configured on network transport 'streamable-http'. Set MCP_ROLE_*, MCP_AUTH_TOKEN, or MCP_READ_TOKEN to configure auth. Set REQUIRE_AUTH=false to allow unauthenticated access (not recommended).",
  ])
})

t.test('the HMAC guard speaks before the guard on auth', async (t) => {
  const { problems } = refusal({ ...network, MCP_ROLE_CI: undefined, AUDIT_HMAC_KEY: undefined })

  t.match(problems, [/^AUDIT_HMAC_KEY not set/, /^MCP auth is not configured/])
})

t.test('open access is said aloud, and again when everybody can reach it', async (t) => {
  const open = { ...network, MCP_ROLE_CI: undefined, REQUIRE_AUTH: 'False' }
  const disabled = {
    level: 'CRITICAL',
    event_type: 'security_warning',
    message:
      "MCP auth is disabled on network transport 'streamable-http' — all callers have full read+write access",
  }

  for (const host of ['0.0.0.0', '::', '192.0.2.7', 'mcp.test']) {
    const { config, notices } = load({ ...open, MCP_HOST: host })
    t.match(
      notices,
      [
        disabled,
        {
          level: 'CRITICAL',
          event_type: 'security_warning',
          fields: { host, transport: 'streamable-http', require_auth: false },
        },
      ],
      host,
    )
    t.equal(config.authRequired, false)
  }
  for (const host of ['127.0.0.1', 'localhost', '::1']) {
    t.same(load({ ...open, MCP_HOST: host }).notices, [disabled], host)
  }
})

t.test('tokens are enforced although REQUIRE_AUTH=false', async (t) => {
  t.equal(load({ ...network, REQUIRE_AUTH: 'false' }).config.authRequired, true)
})

t.test('stdio needs neither tokens nor a key, and says what tokens do not do there', async (t) => {
  const { config, notices } = load({ ...stdio, MCP_ROLE_CI: `${token}:reader` })

  t.equal(config.authRequired, false)
  t.same(messages(notices), [
    'The tokens have no effect on stdio: the caller may do everything. MCP_STDIO_ROLE narrows it to a role.',
  ])
  t.same(load({ ...stdio, MCP_ROLE_CI: `${token}:reader`, MCP_STDIO_ROLE: 'writer' }).notices, [])
  t.same(messages(load({ ...network, MCP_STDIO_ROLE: 'writer' }).notices), [
    "MCP_STDIO_ROLE has no effect on network transport 'streamable-http'",
  ])
})

t.test('DefectDojo: what is missing is said with our advice', async (t) => {
  const advice = 'Put it into the environment, or into a .env file in the working directory.'
  const both = `DEFECTDOJO_URL and DEFECTDOJO_API_KEY must be set. ${advice}`
  const dual = { DEFECTDOJO_READ_API_KEY: 'fake-r', DEFECTDOJO_WRITE_API_KEY: 'fake-w' }

  t.same(refusal({}).problems, [both])
  t.same(refusal({ DEFECTDOJO_URL: 'https://dojo.test' }).problems, [both])
  t.same(refusal({ DEFECTDOJO_API_KEY: dojoKey }).problems, [both])
  t.same(refusal(dual).problems, [`DEFECTDOJO_URL must be set. ${advice}`])
  t.same(refusal({ ...stdio, DEFECTDOJO_URL: '' }).problems, [both])
})

t.test(
  'DefectDojo: an address that cannot be right is refused, the first reason first',
  async (t) => {
    const cases: [address: string, problem: string][] = [
      ['ftp://dojo.test', "DEFECTDOJO_URL must use http or https scheme, got 'ftp'"],
      ['dojo.test', "DEFECTDOJO_URL must use http or https scheme, got ''"],
      ['//dojo.test', "DEFECTDOJO_URL must use http or https scheme, got ''"],
      ['localhost:8080', "DEFECTDOJO_URL must use http or https scheme, got 'localhost'"],
      ['https://u:p@dojo.test', 'DEFECTDOJO_URL must not contain embedded credentials'],
      ['https://:p@dojo.test', 'DEFECTDOJO_URL must not contain embedded credentials'],
      ['http://u@dojo.test', 'DEFECTDOJO_URL must not contain embedded credentials'],
      ['https://', 'DEFECTDOJO_URL must contain a valid hostname'],
      ['https:///api', 'DEFECTDOJO_URL must contain a valid hostname'],
      ['https:dojo.test', 'DEFECTDOJO_URL must contain a valid hostname'],
      ['https://:8443/', 'DEFECTDOJO_URL must contain a valid hostname'],
      ['https://dojo.test:abc', 'DEFECTDOJO_URL must contain a valid hostname'],
      ['https://do jo.test', 'DEFECTDOJO_URL must contain a valid hostname'],
      [
        'http://dojo.test',
        'DEFECTDOJO_URL uses http:// — TLS is required by default. Set ALLOW_INSECURE_HTTP=true to allow insecure connections.',
      ],
      ['https://dojo.test/?next=/', 'DEFECTDOJO_URL must end with the path, without ? or #'],
    ]

    for (const [address, problem] of cases) {
      t.same(refusal({ ...stdio, DEFECTDOJO_URL: address }).problems, [problem], address)
    }
  },
)

t.test('DefectDojo: http is allowed by name only, and said aloud', async (t) => {
  const insecure = {
    ...stdio,
    DEFECTDOJO_URL: 'http://dojo.test:8080',
    ALLOW_INSECURE_HTTP: 'TRUE',
  }

  t.same(load(insecure).notices, [
    {
      level: 'CRITICAL',
      event_type: 'security_warning',
      message: 'DEFECTDOJO_URL uses HTTP — API key will be transmitted in cleartext',
    },
  ])
  t.match(refusal({ ...insecure, ALLOW_INSECURE_HTTP: '1' }).problems, [/TLS is required/])
})

t.test('DefectDojo: slashes and the path of the API are cut off the address', async (t) => {
  const cases: [address: string, url: string][] = [
    ['https://dojo.test///', 'https://dojo.test'],
    ['https://DOJO.test/security/', 'https://dojo.test/security'],
    ['https://dojo.test/api/v2/', 'https://dojo.test'],
    ['https://dojo.test:8443/dd/api', 'https://dojo.test:8443/dd'],
    ['https://[2001:db8::1]/', 'https://[2001:db8::1]'],
  ]

  for (const [address, url] of cases) {
    t.equal(load({ ...stdio, DEFECTDOJO_URL: address }).config.DEFECTDOJO_URL, url)
  }
})

t.test('DefectDojo: two keys count only together', async (t) => {
  const dual = { DEFECTDOJO_READ_API_KEY: 'fake-r', DEFECTDOJO_WRITE_API_KEY: 'fake-w' }

  t.same(load({ ...stdio, ...dual }).config.dojoKeys, { read: 'fake-r', write: 'fake-w' })
  t.same(load({ ...stdio }).config.dojoKeys, { read: dojoKey, write: dojoKey })
  const half = load({ ...stdio, DEFECTDOJO_READ_API_KEY: 'fake-r' })
  t.same(half.config.dojoKeys, { read: dojoKey, write: dojoKey })
  t.same(messages(half.notices), [
    'DEFECTDOJO_READ_API_KEY has no effect without DEFECTDOJO_WRITE_API_KEY',
  ])
})

t.test('the HTTPS receiver must be safe, or allowed to be unsafe by name', async (t) => {
  const plain =
    'AUDIT_LOG_HTTPS_URL uses http:// — log data will be transmitted unencrypted. Use https:// in production.'
  const cases: [address: string, problem: string][] = [
    ['ftp://siem.test', "AUDIT_LOG_HTTPS_URL must use https (or http) scheme, got 'ftp'"],
    ['http://siem.test', `${plain} Set AUDIT_LOG_HTTPS_ALLOW_HTTP=true to allow it.`],
    ['https:///x', 'AUDIT_LOG_HTTPS_URL must contain a valid hostname'],
    [
      'https://u:p@siem.test',
      'AUDIT_LOG_HTTPS_URL must not contain embedded credentials; use AUDIT_LOG_HTTPS_TOKEN',
    ],
  ]

  for (const [address, problem] of cases) {
    t.same(refusal({ ...stdio, AUDIT_LOG_HTTPS_URL: address }).problems, [problem], address)
  }
  t.same(
    load({
      ...stdio,
      AUDIT_LOG_HTTPS_URL: 'http://siem.test',
      AUDIT_LOG_HTTPS_ALLOW_HTTP: 'true',
    }).notices,
    [{ level: 'WARNING', event_type: 'security_warning', message: plain }],
  )
})

t.test('a syslog receiver is read as in the reference', async (t) => {
  const cases: [text: string, receiver: object][] = [
    ['siem.test', { protocol: 'tls', host: 'siem.test', port: 6514 }],
    ['siem.test:1514', { protocol: 'tls', host: 'siem.test', port: 1514 }],
    ['tcp://siem.test', { protocol: 'tcp', host: 'siem.test', port: 514 }],
    ['udp://siem.test:5514', { protocol: 'udp', host: 'siem.test', port: 5514 }],
    ['TLS://siem.test', { protocol: 'tls', host: 'siem.test', port: 6514 }],
    ['tcp+tls://[2001:db8::1]:99', { protocol: 'tls', host: '2001:db8::1', port: 99 }],
    ['udp://', { protocol: 'udp', host: 'localhost', port: 514 }],
    ['relp://siem.test', { protocol: 'tls', host: 'siem.test', port: 6514 }],
  ]

  for (const [text, receiver] of cases) {
    t.same(load({ ...stdio, AUDIT_LOG_SYSLOG: text }).config.syslogReceiver, receiver, text)
  }
  t.same(messages(load({ ...stdio, AUDIT_LOG_SYSLOG: 'relp://siem.test' }).notices), [
    "AUDIT_LOG_SYSLOG has the unknown scheme 'relp' — using tcp+tls",
  ])
})

t.test('what weakens a network transport is said aloud', async (t) => {
  const weak = load({
    ...network,
    AUDIT_LOG_FILE: undefined,
    MCP_ALLOWED_HOSTS: undefined,
    MCP_ROLE_CI: 'fake-short:reader',
    AUDIT_HMAC_KEY: 'short',
  })

  t.match(messages(weak.notices, 'CRITICAL'), [
    "AUDIT_LOG_FILE not set on network transport 'streamable-http' — the audit trail goes to stderr only and is not durable.",
    /^MCP_ROLE_CI has a token of fewer than 16 characters/,
  ])
  t.match(messages(weak.notices, 'WARNING'), [
    /fewer than 32 characters/,
    /^MCP_ALLOWED_HOSTS not set/,
  ])
})

t.test('every problem is reported at once', async (t) => {
  const { problems, message } = refusal({
    MCP_TRANSPORT: 'http',
    MCP_PORT: 'web',
    MUTATION_RATE_LIMIT: '-3',
    AUDIT_LOG_HTTPS_URL: 'ftp://siem.test',
    DEFECTDOJO_URL: 'http://dojo.test',
    MCP_TRUSTED_PROXIES: '0.0.0.0/0',
  })

  t.match(problems, [
    /^MCP_PORT must be a positive integer, got 'web'$/,
    /^MUTATION_RATE_LIMIT must be a positive integer, got -3$/,
    /^AUDIT_HMAC_KEY not set/,
    /^AUDIT_LOG_HTTPS_URL/,
    /^MCP auth is not configured/,
    /^MCP_TRUSTED_PROXIES/,
    /^DEFECTDOJO_URL and DEFECTDOJO_API_KEY/,
    /^DEFECTDOJO_URL uses http/,
  ])
  t.equal(message, problems.join('\n'))
})
