import { checkAllowedHosts, checkAllowedOrigins } from '../access/allowed-origins.js'
import { checkTrustedProxies } from '../access/client-address.js'
import type { DojoKeys } from '../dojo/credentials.js'
import { parseAddress } from './address.js'
import { ConfigError } from './config-error.js'
import {
  type CaVariable,
  readAuditKey,
  readCertificates,
  readPreviousKeys,
  readSigningKey,
} from './config-files.js'
import { readDojoSettings } from './dojo-settings.js'
import { type Endpoint, endpointOf } from './endpoint.js'
import { type Files, systemFiles } from './files.js'
import { readForwardingSettings, type SyslogReceiver } from './forwarding-settings.js'
import { nearMisses } from './near-misses.js'
import type { Notice } from './notice.js'
import { type Quote, quoteWithout } from './quote.js'
import { readAll, withAliases } from './read-all.js'
import type { RoleBinding } from './role-binding.js'
import { readRoleBindings } from './role-bindings.js'
import type { Variables } from './schema.js'
import { type Environment, secretsOf } from './secrets.js'
import {
  type GuardResult,
  guardAuditFile,
  guardAuditKey,
  guardAuditSettings,
  guardAuthentication,
  guardSpool,
  spoolFile,
} from './startup-guards.js'
import { judgeTokens } from './token-strength.js'

/** The value of every variable under its own name, and what follows from several of them together. Frozen. */
export type Config = Readonly<Variables> &
  Endpoint & {
    /** Tokens are needed: a network transport with at least one token configured. */
    readonly authRequired: boolean
    /** Who may call, legacy tokens included. */
    readonly roleBindings: readonly RoleBinding[]
    readonly dojoKeys: DojoKeys
    /** From `AUDIT_HMAC_KEY` or its file; used as its UTF-8 bytes. Null: make a key for this process. */
    readonly auditHmacKey: string | null
    /** Keys the chain was made with before. */
    readonly auditPreviousKeys: readonly string[]
    /** From `AUDIT_CHECKPOINT_SIGNING_KEY_FILE` (PEM, Ed25519). */
    readonly auditSigningKey: string | null
    /** Contents (PEM) of the CA files that are configured. */
    readonly certificates: Readonly<Record<CaVariable, string | null>>
    readonly syslogReceivers: readonly SyslogReceiver[]
    /** What plays the part of `AUDIT_LOG_FILE` without one: a file in `AUDIT_SPOOL_DIR`. */
    readonly auditSpoolFile: string | null
    /** Every secret of the environment, longest first: what redaction takes out of all that is written. */
    readonly secrets: readonly string[]
  }

/**
 * The environment as a configuration, with what has to be said at start.
 *
 * @throws ConfigError with every problem at once, in the order in which the reference checks (behaviour spec §2.4).
 */
export function loadConfig(
  given: Environment,
  files: Files = systemFiles,
): { config: Config; notices: readonly Notice[] } {
  const environment = withAliases(given)
  const known = secretsOf(environment)
  const quote = quoteWithout(known)

  const tokens = readRoleBindings(environment, quote)
  const read = readAll(environment, quote)
  const { values } = read
  const listening = endpointOf(values, (name) => Boolean(environment[name]))
  const { endpoint } = listening
  const audit = readAuditKey(environment, files, quote)
  const previousKeys = readPreviousKeys(environment, files, quote)
  const signingKey = readSigningKey(environment, files, quote)
  const forwarding = readForwardingSettings(environment, values, files, quote)
  const forwards = forwarding.syslog.length > 0 || Boolean(environment.AUDIT_LOG_HTTPS_URL)
  const dojo = readDojoSettings(environment, values.ALLOW_INSECURE_HTTP, quote)
  const { certificates, problems: certificateProblems } = readCertificates(
    environment,
    files,
    quote,
  )

  const results: Partial<GuardResult>[] = [
    { notices: nearMisses(given) },
    tokens,
    read,
    { notices: listening.notices },
    audit.problems.length > 0
      ? audit
      : guardAuditKey(endpoint, audit.key, values.REQUIRE_AUDIT_HMAC_KEY),
    previousKeys,
    signingKey,
    guardAuditFile(
      endpoint,
      { file: values.AUDIT_LOG_FILE, spooled: spoolFile(values, forwards) !== null },
      files,
      quote,
    ),
    guardAuditSettings(values),
    forwarding,
    guardSpool(values, forwards, files, quote),
    guardAuthentication(endpoint, {
      bindings: tokens.bindings,
      anyRoleVariable: tokens.anyRoleVariable,
      variables: values,
    }),
    judgeTokens(tokens.bindings, {
      minimumLength: values.MCP_MIN_TOKEN_LENGTH,
      onNetwork: endpoint.onNetwork,
      dojoKeys: dojoKeyNames.map((name) => ({ name, value: environment[name] ?? '' })),
      auditKey: audit.key,
    }),
    { problems: listProblems(values, quote) },
    dojo,
    { problems: certificateProblems },
    { problems: proxyProblems(environment) },
  ]
  const problems = results.flatMap((result) => result.problems ?? [])
  const notices = results.flatMap((result) => result.notices ?? [])
  if (problems.length > 0 || dojo.url === null || dojo.keys === null) {
    throw new ConfigError(problems, notices)
  }

  const secrets = new Set([...known, ...previousKeys.keys])
  if (audit.key !== null) secrets.add(audit.key)
  const config: Config = {
    ...values,
    ...endpoint,
    DEFECTDOJO_URL: dojo.url,
    authRequired: endpoint.onNetwork && tokens.bindings.length > 0,
    roleBindings: Object.freeze(tokens.bindings),
    dojoKeys: dojo.keys,
    auditHmacKey: audit.key,
    auditPreviousKeys: Object.freeze(previousKeys.keys),
    auditSigningKey: signingKey.pem,
    certificates: Object.freeze(certificates),
    syslogReceivers: Object.freeze(forwarding.syslog),
    auditSpoolFile: spoolFile(values, forwards),
    secrets: Object.freeze([...secrets].sort((a, b) => b.length - a.length)),
  }
  return { config: Object.freeze(config), notices }
}

const dojoKeyNames = [
  'DEFECTDOJO_API_KEY',
  'DEFECTDOJO_READ_API_KEY',
  'DEFECTDOJO_WRITE_API_KEY',
] as const

/** The lists are judged by those who use them, so that start-up and use cannot differ. */
function listProblems(values: Variables, quote: Quote): string[] {
  const checks = [
    ['MCP_ALLOWED_HOSTS', checkAllowedHosts],
    ['MCP_ALLOWED_ORIGINS', checkAllowedOrigins],
    ['MCP_TRUSTED_PROXIES', checkTrustedProxies],
  ] as const
  return checks.flatMap(([name, check]) => {
    const bad = check(values[name])
    return bad === null ? [] : [`${name} must be ${bad.expects}, got ${quote(bad.got)}`]
  })
}

function proxyProblems({ HTTPS_PROXY: proxy }: Environment): string[] {
  if (!proxy) return []
  const { scheme, url } = parseAddress(proxy)
  // Not shown: it may hold a password.
  return url !== null && (scheme === 'http' || scheme === 'https')
    ? []
    : ['HTTPS_PROXY must be an http:// or https:// address']
}
