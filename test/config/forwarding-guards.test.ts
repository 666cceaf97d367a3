import t from 'tap'
import type { Files } from '../../src/config/files.js'
import { loadConfig } from '../../src/config/load.js'
import { certificate } from '../forward/loopback.js'
import { refusalOf } from '../helpers/environment.js'
import { load, messages, network, refusal } from './guard-bench.js'

const https = 'https://siem.test/ingest'

t.test('RELP is a scheme of its own, with TLS or without', async (t) => {
  const cases: [text: string, receiver: object][] = [
    ['relp://siem.test', { protocol: 'relp', host: 'siem.test', port: 2514 }],
    ['relp+tls://siem.test', { protocol: 'relp+tls', host: 'siem.test', port: 6515 }],
    ['RELP+TLS://[2001:db8::1]:20514', { protocol: 'relp+tls', host: '2001:db8::1', port: 20514 }],
  ]

  for (const [text, receiver] of cases) {
    const { config, notices } = load({ ...network, AUDIT_LOG_SYSLOG: text })
    t.same(config.syslogReceivers, [receiver], text)
    t.same(notices, [], text)
  }
})

t.test('several receivers are separated by commas, and each is judged', async (t) => {
  const withReceivers = (text: string) => ({ ...network, AUDIT_LOG_SYSLOG: text })

  t.same(load(withReceivers('relp://a.test, udp://b.test:5514 ,c.test,')).config.syslogReceivers, [
    { protocol: 'relp', host: 'a.test', port: 2514 },
    { protocol: 'udp', host: 'b.test', port: 5514 },
    { protocol: 'tls', host: 'c.test', port: 6514 },
  ])
  for (const twice of ['relp://a.test,relp://a.test:2514', 'tls://a.test,a.test']) {
    t.same(refusal(withReceivers(twice)).problems, [
      `AUDIT_LOG_SYSLOG must not name a receiver twice, got '${twice.split(',')[1]}'`,
    ])
  }
  t.same(refusal(withReceivers('relp://a.test,tcp://b.test:0,udp://c d')).problems, [
    "AUDIT_LOG_SYSLOG must be [scheme://]host[:port] with the scheme tcp+tls, tls, tcp, udp, relp or relp+tls, several of them separated by commas, got 'tcp://b.test:0'",
    "AUDIT_LOG_SYSLOG must be [scheme://]host[:port] with the scheme tcp+tls, tls, tcp, udp, relp or relp+tls, several of them separated by commas, got 'udp://c d'",
  ])
})

t.test('the client certificate and its key come together, and fit together', async (t) => {
  const [ours, others] = [certificate(t), certificate(t, 'DNS:other.test')]
  const texts: Readonly<Record<string, string>> = {
    'ours.pem': ours.cert,
    'ours.key': ours.key,
    'others.key': others.key,
    'prose.pem': 'not a certificate',
  }
  const files: Files = { readText: (path) => texts[path] ?? null, canAppend: () => true }
  const start = (cert: string | undefined, key: string | undefined) =>
    loadConfig(
      {
        ...network,
        AUDIT_LOG_SYSLOG: 'relp+tls://siem.test',
        AUDIT_LOG_SYSLOG_CERT: cert,
        AUDIT_LOG_SYSLOG_KEY: key,
      },
      files,
    )

  const { config } = start('ours.pem', 'ours.key')

  t.match(config, { AUDIT_LOG_SYSLOG_CERT: 'ours.pem', AUDIT_LOG_SYSLOG_KEY: 'ours.key' })
  for (const [cert, key] of [
    ['ours.pem', undefined],
    [undefined, 'ours.key'],
  ]) {
    t.same(refusalOf(() => start(cert, key)).problems, [
      'AUDIT_LOG_SYSLOG_CERT and AUDIT_LOG_SYSLOG_KEY must both be set, or neither',
    ])
  }
  for (const [cert, key] of [
    ['ours.pem', 'gone.key'],
    ['gone.pem', 'ours.key'],
    ['ours.pem', 'others.key'],
    ['prose.pem', 'ours.key'],
  ] as const) {
    t.same(refusalOf(() => start(cert, key)).problems, [
      `AUDIT_LOG_SYSLOG_CERT and AUDIT_LOG_SYSLOG_KEY must be the paths of a readable PEM certificate and its private key, got '${cert}' and '${key}'`,
    ])
  }
})

t.test('the format is one of seven words', async (t) => {
  const words = ['json_array', 'ndjson', 'splunk_hec', 'elastic_bulk', 'datadog', 'loki', 'otlp']

  for (const word of words) {
    const env = { ...network, AUDIT_LOG_HTTPS_URL: https, AUDIT_LOG_HTTPS_FORMAT: word }
    t.equal(load(env).config.AUDIT_LOG_HTTPS_FORMAT, word)
  }
  t.equal(load({ ...network, AUDIT_LOG_HTTPS_URL: https }).config.AUDIT_LOG_HTTPS_FORMAT, words[0])
  const [problem, ...others] = refusal({ ...network, AUDIT_LOG_HTTPS_FORMAT: 'syslog' }).problems
  t.match(problem, /^AUDIT_LOG_HTTPS_FORMAT must be .*got 'syslog'/)
  for (const word of words) t.match(problem, word)
  t.same(others, [])
})

t.test('an address that is plainly of another format is refused, with the right one', async (t) => {
  const cases: [path: string, given: string, problem: string][] = [
    [
      '/services/collector/event',
      'json_array',
      'AUDIT_LOG_HTTPS_URL is the address of a Splunk HTTP Event Collector; set AUDIT_LOG_HTTPS_FORMAT=splunk_hec',
    ],
    [
      '/proxy/loki/api/v1/push',
      'ndjson',
      'AUDIT_LOG_HTTPS_URL is the address of a Grafana Loki push interface; set AUDIT_LOG_HTTPS_FORMAT=loki',
    ],
    [
      '/',
      'splunk_hec',
      'AUDIT_LOG_HTTPS_URL has no path; for AUDIT_LOG_HTTPS_FORMAT=splunk_hec it is usually /services/collector/event',
    ],
    [
      '',
      'otlp',
      'AUDIT_LOG_HTTPS_URL has no path; for AUDIT_LOG_HTTPS_FORMAT=otlp it is usually /v1/logs',
    ],
  ]

  for (const [path, given, problem] of cases) {
    const { problems } = refusal({
      ...network,
      AUDIT_LOG_HTTPS_URL: `https://siem.test${path}`,
      AUDIT_LOG_HTTPS_FORMAT: given,
    })
    t.same(problems, [problem], path)
  }
  t.same(load({ ...network, AUDIT_LOG_HTTPS_URL: 'https://siem.test/' }).notices, [])
})

t.test('a tenant means something to Loki only', async (t) => {
  const withTenant = (tenant: string, format: string) => ({
    ...network,
    AUDIT_LOG_HTTPS_URL: https,
    AUDIT_LOG_HTTPS_FORMAT: format,
    AUDIT_LOG_HTTPS_TENANT: tenant,
  })

  t.same(load(withTenant('security', 'loki')).notices, [])
  t.same(messages(load(withTenant('security', 'ndjson')).notices), [
    'AUDIT_LOG_HTTPS_TENANT has no effect without AUDIT_LOG_HTTPS_FORMAT=loki',
  ])
  t.match(refusal(withTenant('a|b', 'loki')).problems, [
    /^AUDIT_LOG_HTTPS_TENANT must be a tenant ID of Loki/,
  ])
})

t.test('a token may name its scheme, and is a secret with it', async (t) => {
  const withToken = (token: string, format = 'elastic_bulk') => ({
    ...network,
    AUDIT_LOG_HTTPS_URL: https,
    AUDIT_LOG_HTTPS_FORMAT: format,
    AUDIT_LOG_HTTPS_TOKEN: token,
  })

  for (const token of ['not-a-real-token', 'Basic xyz', 'Bearer xyz', 'ApiKey xyz']) {
    const { config } = load(withToken(token))
    t.equal(config.AUDIT_LOG_HTTPS_TOKEN, token)
    t.ok(config.secrets.includes(token))
  }
  for (const format of ['loki', 'otlp']) {
    t.equal(load(withToken('Basic xyz', format)).config.AUDIT_LOG_HTTPS_TOKEN, 'Basic xyz')
  }
  for (const [format, scheme] of [
    ['json_array', 'Basic'],
    ['ndjson', 'Bearer'],
    ['splunk_hec', 'Bearer'],
    ['datadog', 'Basic'],
    ['loki', 'ApiKey'],
  ]) {
    t.same(refusal(withToken(`${scheme} xyz`, format)).problems, [
      `AUDIT_LOG_HTTPS_TOKEN must not begin with ${scheme} for AUDIT_LOG_HTTPS_FORMAT=${format}`,
    ])
  }
  for (const token of ['Digest not-shown', 'Basic  not-shown', 'Basic not-shown again']) {
    const { problems } = refusal(withToken(token))
    t.match(problems, [/^AUDIT_LOG_HTTPS_TOKEN must be made of visible ASCII characters/])
    t.notMatch(problems[0], 'not-shown')
  }
})

t.test('without a file and a spool, what waits is in memory, and that is said', async (t) => {
  const unfiled = { ...network, AUDIT_LOG_FILE: undefined, AUDIT_LOG_HTTPS_URL: https }
  const inMemory =
    'Neither AUDIT_LOG_FILE nor AUDIT_SPOOL_DIR is set — records that a receiver does not take are kept in memory only, 10,000 of them.'

  t.same(messages(load(unfiled).notices, 'WARNING'), [inMemory])
  t.same(messages(load({ ...unfiled, AUDIT_SPOOL_MAX_BYTES: '65536' }).notices, 'WARNING'), [
    inMemory,
    'AUDIT_SPOOL_MAX_BYTES has no effect without AUDIT_LOG_FILE or AUDIT_SPOOL_DIR',
  ])
})

t.test('a spool stands in for the file, in a directory that can be written', async (t) => {
  const spooled = {
    ...network,
    AUDIT_LOG_FILE: undefined,
    AUDIT_LOG_SYSLOG: 'relp+tls://siem.test',
    AUDIT_SPOOL_DIR: '/var/log/spool',
  }

  const { config, notices } = load(spooled)

  t.equal(config.auditSpoolFile, '/var/log/spool/audit-spool.jsonl')
  t.same(messages(notices), [
    'AUDIT_LOG_FILE not set — the audit trail is kept in AUDIT_SPOOL_DIR only until every receiver has it.',
  ])
  t.same(refusal({ ...spooled, AUDIT_SPOOL_DIR: '/nowhere' }).problems, [
    "AUDIT_SPOOL_DIR must be an existing directory that can be written, got '/nowhere'",
  ])
})

t.test('settings of a spool that have no effect are named', async (t) => {
  const spool = { AUDIT_SPOOL_DIR: '/var/log/spool', AUDIT_SPOOL_MAX_BYTES: '65536' }

  const filed = load({ ...network, ...spool, AUDIT_LOG_SYSLOG: 'relp+tls://siem.test' })
  const unsent = load({ ...network, ...spool })

  t.equal(filed.config.auditSpoolFile, null)
  t.same(messages(filed.notices), [
    'AUDIT_SPOOL_DIR has no effect with AUDIT_LOG_FILE: the log is the spool',
  ])
  t.equal(unsent.config.auditSpoolFile, null)
  t.same(messages(unsent.notices), [
    'AUDIT_SPOOL_DIR has no effect without AUDIT_LOG_SYSLOG or AUDIT_LOG_HTTPS_URL',
    'AUDIT_SPOOL_MAX_BYTES has no effect without AUDIT_LOG_SYSLOG or AUDIT_LOG_HTTPS_URL',
  ])
})

t.test('the limit of what waits has bounds, and its policy is one of two words', async (t) => {
  const limited = (bytes: string) => ({
    ...network,
    AUDIT_LOG_HTTPS_URL: https,
    AUDIT_SPOOL_MAX_BYTES: bytes,
  })

  for (const bytes of ['65536', '1099511627776']) {
    t.equal(load(limited(bytes)).config.AUDIT_SPOOL_MAX_BYTES, Number(bytes))
  }
  for (const bytes of ['65535', '1099511627777', '0', '1e9', '64k']) {
    t.match(refusal(limited(bytes)).problems, [/^AUDIT_SPOOL_MAX_BYTES must be /], bytes)
  }
  t.equal(load(network).config.AUDIT_SPOOL_FULL, 'block')
  t.match(refusal({ ...network, AUDIT_SPOOL_FULL: 'drop' }).problems, [
    /^AUDIT_SPOOL_FULL must be .*block.*drop_oldest.*got 'drop'/,
  ])
})
