import t from 'tap'
import { stdioEnvironment as stdio, fakeToken as token } from '../helpers/environment.js'
import { load, messages, network, refusal } from './guard-bench.js'

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
