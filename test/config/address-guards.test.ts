import t from 'tap'
import { fakeDojoKey as dojoKey, stdioEnvironment as stdio } from '../helpers/environment.js'
import { load, messages, refusal } from './guard-bench.js'

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
      AUDIT_LOG_FILE: '/var/log/audit.jsonl',
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
    ['beep://siem.test', { protocol: 'tls', host: 'siem.test', port: 6514 }],
  ]

  for (const [text, receiver] of cases) {
    t.same(load({ ...stdio, AUDIT_LOG_SYSLOG: text }).config.syslogReceivers, [receiver], text)
  }
  const { notices } = load({
    ...stdio,
    AUDIT_LOG_FILE: '/var/log/audit.jsonl',
    AUDIT_LOG_SYSLOG: 'beep://siem.test',
  })
  t.same(messages(notices), ["AUDIT_LOG_SYSLOG has the unknown scheme 'beep' — using tcp+tls"])
})
