import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.js'
import type { Environment } from '../../src/config/secrets.js'
import {
  fakeAuditKey,
  fakeDojoKey,
  fakeToken,
  networkEnvironment,
  refusalOf,
} from '../helpers/environment.js'

/** Each changes one complete configuration; the name is the variable that has to be named. */
const bad: [name: string, change: Environment][] = [
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: undefined }],
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: 'dojo.test' }],
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: 'gopher://dojo.test' }],
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: 'http://dojo.test' }],
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: `https://user:${fakeDojoKey}@dojo.test` }],
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: 'https:///products' }],
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: `https://dojo.test/?token=${fakeDojoKey}` }],
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: fakeDojoKey }],
  ['DEFECTDOJO_API_KEY', { DEFECTDOJO_API_KEY: undefined }],
  ['DEFECTDOJO_API_KEY', { DEFECTDOJO_API_KEY: '' }],
  ['DEFECTDOJO_API_KEY', { DEFECTDOJO_API_KEY: `${fakeDojoKey}\n` }],
  ['DEFECTDOJO_API_KEY', { DEFECTDOJO_API_KEY: `Token ${fakeDojoKey}` }],
  ['DEFECTDOJO_CA', { DEFECTDOJO_CA: '/nonexistent/ca.pem' }],
  ['DEFECTDOJO_CA', { DEFECTDOJO_CA: '$DIR/not-a-certificate.pem' }],
  ['DEFECTDOJO_TIMEOUT_SECONDS', { DEFECTDOJO_TIMEOUT_SECONDS: '0' }],
  ['DEFECTDOJO_TIMEOUT_SECONDS', { DEFECTDOJO_TIMEOUT_SECONDS: '30s' }],
  ['DEFECTDOJO_IMPORT_TIMEOUT_SECONDS', { DEFECTDOJO_IMPORT_TIMEOUT_SECONDS: '1e3' }],
  ['DEFECTDOJO_MAX_RESPONSE_BYTES', { DEFECTDOJO_MAX_RESPONSE_BYTES: '32MB' }],
  ['DEFECTDOJO_MAX_RESPONSE_BYTES', { DEFECTDOJO_MAX_RESPONSE_BYTES: '12' }],
  ['DEFECTDOJO_DEFAULT_FOUND_BY_ID', { DEFECTDOJO_DEFAULT_FOUND_BY_ID: 'bandit' }],
  ['HTTPS_PROXY', { HTTPS_PROXY: `socks5://u:${fakeDojoKey}@proxy.test` }],
  ['MCP_TRANSPORT', { MCP_TRANSPORT: 'websocket' }],
  ['MCP_TRANSPORT', { MCP_TRANSPORT: 'HTTP' }],
  ['FASTMCP_TRANSPORT', { MCP_TRANSPORT: undefined, FASTMCP_TRANSPORT: 'tcp' }],
  ['FASTMCP_TRANSPORT', { MCP_TRANSPORT: undefined, FASTMCP_TRANSPORT: '' }],
  ['MCP_PORT', { MCP_PORT: 'web' }],
  ['MCP_PORT', { MCP_PORT: '70000' }],
  ['MCP_PORT', { MCP_PORT: '0' }],
  ['MCP_PORT', { MCP_PORT: fakeDojoKey }],
  ['FASTMCP_PORT', { FASTMCP_PORT: '-1' }],
  ['MCP_ALLOWED_HOSTS', { MCP_ALLOWED_HOSTS: 'https://mcp.test' }],
  ['MCP_ALLOWED_HOSTS', { MCP_ALLOWED_HOSTS: 'mcp.test,*.mcp.test' }],
  ['MCP_ALLOWED_ORIGINS', { MCP_ALLOWED_ORIGINS: '*' }],
  ['MCP_ALLOWED_ORIGINS', { MCP_ALLOWED_ORIGINS: 'console.test' }],
  ['MCP_ALLOWED_ORIGINS', { MCP_ALLOWED_ORIGINS: 'https://console.test/app' }],
  ['MCP_TRUSTED_PROXIES', { MCP_TRUSTED_PROXIES: '0.0.0.0/0' }],
  ['MCP_TRUSTED_PROXIES', { MCP_TRUSTED_PROXIES: '::/0' }],
  ['MCP_TRUSTED_PROXIES', { MCP_TRUSTED_PROXIES: '10.0.0.1, ::ffff:10.0.0.0/8' }],
  ['MCP_TRUSTED_PROXIES', { MCP_TRUSTED_PROXIES: 'true' }],
  ['MCP_TRUSTED_PROXIES', { MCP_TRUSTED_PROXIES: '99' }],
  ['MCP_MAX_BODY_BYTES', { MCP_MAX_BODY_BYTES: '256k' }],
  ['MCP_MAX_IMPORT_BODY_BYTES', { MCP_MAX_IMPORT_BODY_BYTES: '999999999999' }],
  ['MCP_LEGACY_SESSIONS', { MCP_LEGACY_SESSIONS: 'true' }],
  ['MCP_SESSION_IDLE_SECONDS', { MCP_SESSION_IDLE_SECONDS: '1.5' }],
  ['MCP_MAX_SESSIONS', { MCP_MAX_SESSIONS: '' }],
  ['MCP_STDIO_ROLE', { MCP_STDIO_ROLE: 'root' }],
  ['MCP_MIN_TOKEN_LENGTH', { MCP_MIN_TOKEN_LENGTH: 'long' }],
  ['MCP_ROLE_', { MCP_ROLE_CI: undefined }],
  ['MCP_ROLE_', { MCP_ROLE_CI: `${fakeToken}:root` }],
  ['MCP_ROLE_CI', { MCP_MIN_TOKEN_LENGTH: '50' }],
  ['MCP_ROLE_CI', { MCP_ROLE_OTHER: `${fakeToken}:admin` }],
  ['MCP_ROLE_CI', { MCP_ROLE_CI: `${fakeDojoKey}:scanner` }],
  ['MCP_AUTH_TOKEN', { MCP_AUTH_TOKEN: `${fakeToken} ${fakeToken}` }],
  ['AUDIT_HMAC_KEY', { AUDIT_HMAC_KEY: undefined }],
  ['AUDIT_HMAC_KEY_FILE', { AUDIT_HMAC_KEY_FILE: '/nonexistent/key', AUDIT_HMAC_KEY: undefined }],
  ['AUDIT_HMAC_KEY_FILE', { AUDIT_HMAC_KEY_FILE: '$DIR/key' }],
  ['AUDIT_HMAC_KEY_ID', { AUDIT_HMAC_KEY_ID: 'key one' }],
  ['AUDIT_LOG_FILE', { AUDIT_LOG_FILE: '/nonexistent/audit.jsonl' }],
  ['AUDIT_LOG_FILE', { AUDIT_LOG_FILE: '$DIR' }],
  ['AUDIT_LOG_QUEUE_SIZE', { AUDIT_LOG_QUEUE_SIZE: '-5' }],
  ['AUDIT_FAILURE_MODE', { AUDIT_FAILURE_MODE: 'ignore' }],
  ['AUDIT_LOG_SYSLOG', { AUDIT_LOG_SYSLOG: 'siem.test:syslog' }],
  ['AUDIT_LOG_SYSLOG', { AUDIT_LOG_SYSLOG: 'siem.test:99999' }],
  ['AUDIT_LOG_SYSLOG_CA', { AUDIT_LOG_SYSLOG_CA: '/nonexistent/ca.pem' }],
  ['AUDIT_LOG_HTTPS_URL', { AUDIT_LOG_HTTPS_URL: 'siem.test/ingest' }],
  ['AUDIT_LOG_HTTPS_URL', { AUDIT_LOG_HTTPS_URL: 'http://siem.test/ingest' }],
  ['AUDIT_LOG_HTTPS_URL', { AUDIT_LOG_HTTPS_URL: `https://x:${fakeAuditKey}@siem.test` }],
  ['AUDIT_LOG_HTTPS_TOKEN', { AUDIT_LOG_HTTPS_TOKEN: `${fakeToken}\r\nX: y` }],
  ['AUDIT_LOG_HTTPS_BATCH_SIZE', { AUDIT_LOG_HTTPS_BATCH_SIZE: 'ten' }],
  ['AUDIT_LOG_HTTPS_FLUSH_SECS', { AUDIT_LOG_HTTPS_FLUSH_SECS: 'soon' }],
  ['AUDIT_LOG_HTTPS_CA', { AUDIT_LOG_HTTPS_CA: '/nonexistent/ca.pem' }],
  ['MUTATION_RATE_LIMIT', { MUTATION_RATE_LIMIT: 'foo' }],
  ['OPEN_ACCESS_MUTATION_RATE_LIMIT', { OPEN_ACCESS_MUTATION_RATE_LIMIT: '0' }],
  ['MUTATION_RATE_WINDOW', { MUTATION_RATE_WINDOW: '60s' }],
]

t.test(
  'each bad configuration is one line that names its variable and holds no secret',
  async (t) => {
    const directory = t.testdir({ 'not-a-certificate.pem': 'hello' })
    writeFileSync(join(directory, 'key'), fakeAuditKey)
    t.ok(bad.length >= 40)

    for (const [name, change] of bad) {
      const replaced = Object.fromEntries(
        Object.entries(change).map(([key, value]) => [key, value?.replace('$DIR', directory)]),
      )
      const { problems, notices } = refusalOf(() =>
        loadConfig({ ...networkEnvironment, ...replaced }),
      )

      const label = JSON.stringify(change)
      t.equal(problems.length, 1, `${label}: ${problems.join(' | ')}`)
      t.match(problems[0], new RegExp(`\\b${name}`), label)
      t.notMatch(problems[0], /[\r\n]/)
      const written = [...problems, ...notices.map(({ message }) => message)].join('\n')
      for (const secret of [fakeDojoKey, fakeToken, fakeAuditKey]) {
        t.notOk(written.includes(secret), `${label} shows no secret`)
      }
    }
  },
)
