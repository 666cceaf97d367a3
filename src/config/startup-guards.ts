import { type Endpoint, isLoopback } from './endpoint.js'
import type { Files } from './files.js'
import { configWarning, type Notice, securityWarning } from './notice.js'
import type { Quote } from './quote.js'
import type { RoleBinding } from './role-binding.js'
import type { Variables } from './schema.js'
import { spoolFileIn } from './spool-file.js'

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
  { file: path, spooled }: { readonly file: string | undefined; readonly spooled: boolean },
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
  if (spooled) {
    return warn(
      securityWarning(
        'WARNING',
        'AUDIT_LOG_FILE not set — the audit trail is kept in AUDIT_SPOOL_DIR only until every receiver has it.',
      ),
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

/** Settings of the audit file, which mean nothing without one. */
const ofAuditFile = [
  'AUDIT_LOG_MAX_BYTES',
  'AUDIT_LOG_MAX_AGE_HOURS',
  'AUDIT_LOG_RETENTION_DAYS',
] as const

/** What the operator chose against the trail, or in vain. */
export function guardAuditSettings(
  values: Pick<
    Variables,
    'AUDIT_FAILURE_MODE' | 'AUDIT_LOG_FILE' | 'AUDIT_CHAIN_BREAK' | (typeof ofAuditFile)[number]
  >,
): GuardResult {
  const notices: Notice[] = []
  if (values.AUDIT_FAILURE_MODE === 'open') {
    notices.push(
      securityWarning(
        'CRITICAL',
        'AUDIT_FAILURE_MODE=open — while the audit trail cannot be written, changes are made that nothing proves.',
      ),
    )
  }
  if (values.AUDIT_CHAIN_BREAK === 'new_chain') {
    notices.push(
      securityWarning(
        'WARNING',
        'AUDIT_CHAIN_BREAK=new_chain — a start on a trail that lacks records is allowed. Take it out again when it has served.',
      ),
    )
  }
  if (values.AUDIT_LOG_FILE === undefined) {
    for (const name of ofAuditFile) {
      if (values[name] === undefined) continue
      notices.push(configWarning(`${name} has no effect without AUDIT_LOG_FILE`))
    }
  } else if (
    values.AUDIT_LOG_RETENTION_DAYS !== undefined &&
    values.AUDIT_LOG_MAX_BYTES === undefined &&
    values.AUDIT_LOG_MAX_AGE_HOURS === undefined
  ) {
    notices.push(
      configWarning(
        'AUDIT_LOG_RETENTION_DAYS deletes only files that this service closed; set AUDIT_LOG_MAX_BYTES or AUDIT_LOG_MAX_AGE_HOURS',
      ),
    )
  }
  return warn(...notices)
}

type SpoolValues = Pick<
  Variables,
  'AUDIT_LOG_FILE' | 'AUDIT_SPOOL_DIR' | 'AUDIT_SPOOL_MAX_BYTES' | 'AUDIT_SPOOL_FULL'
>

/** The file of the spool, if there is to be one. */
export const spoolFile = (
  { AUDIT_LOG_FILE: file, AUDIT_SPOOL_DIR: directory }: SpoolValues,
  forwards: boolean,
): string | null =>
  file === undefined && directory !== undefined && forwards ? spoolFileIn(directory) : null

/** What waits for receivers must have a place, and settings of that place must have an effect. */
export function guardSpool(
  values: SpoolValues,
  forwards: boolean,
  files: Files,
  quote: Quote,
): GuardResult {
  const { AUDIT_LOG_FILE: file, AUDIT_SPOOL_DIR: directory } = values
  if (!forwards) {
    const inVain = (['AUDIT_SPOOL_DIR', 'AUDIT_SPOOL_MAX_BYTES'] as const).filter(
      (name) => values[name] !== undefined,
    )
    return warn(
      ...inVain.map((name) =>
        configWarning(`${name} has no effect without AUDIT_LOG_SYSLOG or AUDIT_LOG_HTTPS_URL`),
      ),
    )
  }
  if (file !== undefined) {
    return directory === undefined
      ? nothing
      : warn(
          configWarning('AUDIT_SPOOL_DIR has no effect with AUDIT_LOG_FILE: the log is the spool'),
        )
  }
  const spool = spoolFile(values, forwards)
  if (spool === null) {
    const inMemory = securityWarning(
      'WARNING',
      'Neither AUDIT_LOG_FILE nor AUDIT_SPOOL_DIR is set — records that a receiver does not take are kept in memory only, 10,000 of them.',
    )
    return values.AUDIT_SPOOL_MAX_BYTES === undefined
      ? warn(inMemory)
      : warn(
          inMemory,
          configWarning(
            'AUDIT_SPOOL_MAX_BYTES has no effect without AUDIT_LOG_FILE or AUDIT_SPOOL_DIR',
          ),
        )
  }
  return files.canAppend(spool)
    ? nothing
    : refuse(
        `AUDIT_SPOOL_DIR must be an existing directory that can be written, got ${quote(directory ?? '')}`,
      )
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
