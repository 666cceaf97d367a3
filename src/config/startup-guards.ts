import { type Endpoint, isLoopback } from './endpoint.js'
import type { Files } from './files.js'
import { configWarning, type Notice, securityWarning } from './notice.js'
import type { Quote } from './quote.js'
import type { RoleBinding } from './role-binding.js'
import type { Variables } from './schema.js'

/** What a guard says: reasons not to start, and what is allowed but has to be known. */
export interface GuardResult {
  readonly problems: readonly string[]
  readonly notices: readonly Notice[]
}

const nothing: GuardResult = { problems: [], notices: [] }
const refuse = (...problems: string[]): GuardResult => ({ problems, notices: [] })
const warn = (...notices: Notice[]): GuardResult => ({ problems: [], notices })

/** Without a key of its own the chain proves nothing after a restart (behaviour spec §2.4). */
export function guardAuditKey(
  endpoint: Endpoint,
  auditHmacKey: string | null,
  keyRequired: boolean,
): GuardResult {
  if (auditHmacKey !== null) {
    // The examples write what is to be filled in as <…>: a key that everybody can read proves nothing.
    if (/^<.*>$/s.test(auditHmacKey)) {
      return refuse(
        'AUDIT_HMAC_KEY must be a key of your own, not the placeholder of an example. Make one with: openssl rand -hex 32',
      )
    }
    return [...auditHmacKey].length >= 32
      ? nothing
      : warn(
          securityWarning(
            'WARNING',
            'The audit HMAC key has fewer than 32 characters — whoever guesses it can forge the trail. Use 32 random characters or more.',
          ),
        )
  }
  if (endpoint.onNetwork && keyRequired) {
    return refuse(
      `AUDIT_HMAC_KEY not set on network transport '${endpoint.transportName}' — set REQUIRE_AUDIT_HMAC_KEY=false to opt out (not recommended).`,
    )
  }
  return warn(
    securityWarning(
      'CRITICAL',
      'AUDIT_HMAC_KEY not set — using ephemeral key. Log integrity chain will be unverifiable after restart.',
    ),
  )
}

/** A trail on stderr alone is lost with the process that should have kept it; one that cannot be written is none. */
export function guardAuditFile(
  endpoint: Endpoint,
  path: string | undefined,
  files: Files,
  quote: Quote,
): GuardResult {
  if (path !== undefined) {
    return files.canAppend(path)
      ? nothing
      : refuse(
          `AUDIT_LOG_FILE must be a file in an existing directory that can be written, got ${quote(path)}`,
        )
  }
  return endpoint.onNetwork
    ? warn(
        securityWarning(
          'CRITICAL',
          `AUDIT_LOG_FILE not set on network transport '${endpoint.transportName}' — the audit trail goes to stderr only and is not durable.`,
        ),
      )
    : nothing
}

/** What the guard on authentication looks at. */
export interface AuthSetup {
  readonly bindings: readonly RoleBinding[]
  /** At least one `MCP_ROLE_*` variable exists; if none of them is well-formed, that is another guard's text. */
  readonly anyRoleVariable: boolean
  readonly variables: Pick<Variables, 'REQUIRE_AUTH' | 'MCP_ALLOWED_HOSTS' | 'MCP_STDIO_ROLE'>
}

/** Nobody gets in without a token unless the operator says so in so many words (behaviour spec §2.4). */
export function guardAuthentication(
  endpoint: Endpoint,
  { bindings, anyRoleVariable, variables }: AuthSetup,
): GuardResult {
  if (!endpoint.onNetwork) return stdioNotices(bindings, variables.MCP_STDIO_ROLE)
  const { host, transportName: transport } = endpoint
  const roleWithoutUse = variables.MCP_STDIO_ROLE
    ? [configWarning(`MCP_STDIO_ROLE has no effect on network transport '${transport}'`)]
    : []
  if (bindings.length > 0 || anyRoleVariable) {
    return warn(...roleWithoutUse, ...anyHostNotice(endpoint, variables.MCP_ALLOWED_HOSTS))
  }
  if (variables.REQUIRE_AUTH) {
    return refuse(
      `MCP auth is not configured on network transport '${transport}'. Set MCP_ROLE_*, MCP_AUTH_TOKEN, or MCP_READ_TOKEN to configure auth. Set REQUIRE_AUTH=false to allow unauthenticated access (not recommended).`,
    )
  }
  const open = securityWarning(
    'CRITICAL',
    `MCP auth is disabled on network transport '${transport}' — all callers have full read+write access`,
  )
  const exposed = securityWarning(
    'CRITICAL',
    `MCP auth is disabled and the server listens on '${host}' — everyone who can reach this machine has full read+write access. Set MCP_HOST=127.0.0.1 or configure tokens.`,
    { host, transport, require_auth: false },
  )
  return warn(...roleWithoutUse, open, ...(isLoopback(host) ? [] : [exposed]))
}

function stdioNotices(
  bindings: readonly RoleBinding[],
  stdioRole: Variables['MCP_STDIO_ROLE'],
): GuardResult {
  return bindings.length === 0 || stdioRole !== undefined
    ? nothing
    : warn(
        configWarning(
          'The tokens have no effect on stdio: the caller may do everything. MCP_STDIO_ROLE narrows it to a role.',
        ),
      )
}

/** With tokens a foreign web page cannot call, but it should not even reach the door. */
const anyHostNotice = (endpoint: Endpoint, allowedHosts: readonly string[]): Notice[] =>
  allowedHosts.length > 0 || isLoopback(endpoint.host)
    ? []
    : [
        securityWarning(
          'WARNING',
          'MCP_ALLOWED_HOSTS not set — requests for any Host name are served. Set it to the names under which clients reach this server.',
        ),
      ]
