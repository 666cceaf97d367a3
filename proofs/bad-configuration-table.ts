import type { Environment } from '../src/config/secrets.js'

/** Secrets that stand in the configurations, to be looked for in what is said about them. */
export interface ConfigurationSecrets {
  readonly dojoKey: string
  /** 32 characters or so. */
  readonly token: string
  readonly auditKey: string
}

/** A configuration nothing is wrong with. */
export const completeEnvironment = (secrets: ConfigurationSecrets): Environment => ({
  DEFECTDOJO_URL: 'https://dojo.test',
  DEFECTDOJO_API_KEY: secrets.dojoKey,
  AUDIT_HMAC_KEY: secrets.auditKey,
  MCP_TRANSPORT: 'streamable-http',
  MCP_ROLE_CI: `${secrets.token}:scanner`,
  MCP_ALLOWED_HOSTS: 'mcp.test',
})

/**
 * What can be wrong with {@link completeEnvironment}: each changes it in one way, and the name is the variable that must be
 * named. `directory` holds `not-a-certificate.pem`, which is none, and `key`, a file with a good key.
 */
export const badConfigurations = (
  { dojoKey, token, auditKey }: ConfigurationSecrets,
  directory: string,
): readonly (readonly [name: string, change: Environment])[] => [
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: undefined }],
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: 'dojo.test' }],
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: 'gopher://dojo.test' }],
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: 'http://dojo.test' }],
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: `https://user:${dojoKey}@dojo.test` }],
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: 'https:///products' }],
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: `https://dojo.test/?token=${dojoKey}` }],
  ['DEFECTDOJO_URL', { DEFECTDOJO_URL: dojoKey }],
  ['DEFECTDOJO_API_KEY', { DEFECTDOJO_API_KEY: undefined }],
  ['DEFECTDOJO_API_KEY', { DEFECTDOJO_API_KEY: '' }],
  ['DEFECTDOJO_API_KEY', { DEFECTDOJO_API_KEY: `${dojoKey}\n` }],
  ['DEFECTDOJO_API_KEY', { DEFECTDOJO_API_KEY: `Token ${dojoKey}` }],
  ['DEFECTDOJO_CA', { DEFECTDOJO_CA: '/nonexistent/ca.pem' }],
  ['DEFECTDOJO_CA', { DEFECTDOJO_CA: `${directory}/not-a-certificate.pem` }],
  ['DEFECTDOJO_TIMEOUT_SECONDS', { DEFECTDOJO_TIMEOUT_SECONDS: '0' }],
  ['DEFECTDOJO_TIMEOUT_SECONDS', { DEFECTDOJO_TIMEOUT_SECONDS: '30s' }],
  ['DEFECTDOJO_IMPORT_TIMEOUT_SECONDS', { DEFECTDOJO_IMPORT_TIMEOUT_SECONDS: '1e3' }],
  ['DEFECTDOJO_MAX_RESPONSE_BYTES', { DEFECTDOJO_MAX_RESPONSE_BYTES: '32MB' }],
  ['DEFECTDOJO_MAX_RESPONSE_BYTES', { DEFECTDOJO_MAX_RESPONSE_BYTES: '12' }],
  ['DEFECTDOJO_DEFAULT_FOUND_BY_ID', { DEFECTDOJO_DEFAULT_FOUND_BY_ID: 'bandit' }],
  ['HTTPS_PROXY', { HTTPS_PROXY: `socks5://u:${dojoKey}@proxy.test` }],
  ['MCP_TRANSPORT', { MCP_TRANSPORT: 'websocket' }],
  ['MCP_TRANSPORT', { MCP_TRANSPORT: 'HTTP' }],
  ['FASTMCP_TRANSPORT', { MCP_TRANSPORT: undefined, FASTMCP_TRANSPORT: 'tcp' }],
  ['FASTMCP_TRANSPORT', { MCP_TRANSPORT: undefined, FASTMCP_TRANSPORT: '' }],
  ['MCP_PORT', { MCP_PORT: 'web' }],
  ['MCP_PORT', { MCP_PORT: '70000' }],
  ['MCP_PORT', { MCP_PORT: '0' }],
  ['MCP_PORT', { MCP_PORT: dojoKey }],
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
  ['MCP_ROLE_', { MCP_ROLE_CI: `${token}:root` }],
  ['MCP_ROLE_CI', { MCP_MIN_TOKEN_LENGTH: '50' }],
  ['MCP_ROLE_CI', { MCP_ROLE_OTHER: `${token}:admin` }],
  ['MCP_ROLE_CI', { MCP_ROLE_CI: `${dojoKey}:scanner` }],
  ['MCP_AUTH_TOKEN', { MCP_AUTH_TOKEN: `${token} ${token}` }],
  ['AUDIT_HMAC_KEY', { AUDIT_HMAC_KEY: undefined }],
  ['AUDIT_HMAC_KEY_FILE', { AUDIT_HMAC_KEY_FILE: '/nonexistent/key', AUDIT_HMAC_KEY: undefined }],
  ['AUDIT_HMAC_KEY_FILE', { AUDIT_HMAC_KEY_FILE: `${directory}/key` }],
  ['AUDIT_HMAC_KEY_ID', { AUDIT_HMAC_KEY_ID: 'key one' }],
  ['AUDIT_LOG_FILE', { AUDIT_LOG_FILE: '/nonexistent/audit.jsonl' }],
  ['AUDIT_LOG_FILE', { AUDIT_LOG_FILE: directory }],
  ['AUDIT_LOG_QUEUE_SIZE', { AUDIT_LOG_QUEUE_SIZE: '-5' }],
  ['AUDIT_FAILURE_MODE', { AUDIT_FAILURE_MODE: 'ignore' }],
  ['AUDIT_LOG_SYSLOG', { AUDIT_LOG_SYSLOG: 'siem.test:syslog' }],
  ['AUDIT_LOG_SYSLOG', { AUDIT_LOG_SYSLOG: 'siem.test:99999' }],
  ['AUDIT_LOG_SYSLOG_CA', { AUDIT_LOG_SYSLOG_CA: '/nonexistent/ca.pem' }],
  ['AUDIT_LOG_HTTPS_URL', { AUDIT_LOG_HTTPS_URL: 'siem.test/ingest' }],
  ['AUDIT_LOG_HTTPS_URL', { AUDIT_LOG_HTTPS_URL: 'http://siem.test/ingest' }],
  ['AUDIT_LOG_HTTPS_URL', { AUDIT_LOG_HTTPS_URL: `https://x:${auditKey}@siem.test` }],
  ['AUDIT_LOG_HTTPS_TOKEN', { AUDIT_LOG_HTTPS_TOKEN: `${token}\r\nX: y` }],
  ['AUDIT_LOG_HTTPS_BATCH_SIZE', { AUDIT_LOG_HTTPS_BATCH_SIZE: 'ten' }],
  ['AUDIT_LOG_HTTPS_FLUSH_SECS', { AUDIT_LOG_HTTPS_FLUSH_SECS: 'soon' }],
  ['AUDIT_LOG_HTTPS_CA', { AUDIT_LOG_HTTPS_CA: '/nonexistent/ca.pem' }],
  ['MUTATION_RATE_LIMIT', { MUTATION_RATE_LIMIT: 'foo' }],
  ['OPEN_ACCESS_MUTATION_RATE_LIMIT', { OPEN_ACCESS_MUTATION_RATE_LIMIT: '0' }],
  ['MUTATION_RATE_WINDOW', { MUTATION_RATE_WINDOW: '60s' }],
]
