import { createSecureContext } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { formatProblem } from '../forward/https/url-format.js'
import { parseAddress } from './address.js'
import type { Files } from './files.js'
import { configWarning, type Notice, securityWarning } from './notice.js'
import type { Quote } from './quote.js'
import type { Variables } from './schema.js'
import type { Environment } from './secrets.js'

/** A syslog receiver (behaviour spec §6.1). */
export interface SyslogReceiver {
  readonly protocol: 'tls' | 'tcp' | 'udp' | 'relp' | 'relp+tls'
  /** A name or an address, an IPv6 one without its brackets. */
  readonly host: string
  readonly port: number
}

/** Where the trail is forwarded to. */
export interface ForwardingSettings {
  readonly syslog: readonly SyslogReceiver[]
  readonly problems: readonly string[]
  readonly notices: readonly Notice[]
}

interface Protocol {
  readonly protocol: SyslogReceiver['protocol']
  readonly port: number
}

/** By the scheme of an address, with the port when it names none. Without a scheme it is the first. */
const protocols: Readonly<Record<string, Protocol>> = {
  'tcp+tls': { protocol: 'tls', port: 6514 },
  tls: { protocol: 'tls', port: 6514 },
  tcp: { protocol: 'tcp', port: 514 },
  udp: { protocol: 'udp', port: 514 },
  relp: { protocol: 'relp', port: 2514 },
  'relp+tls': { protocol: 'relp+tls', port: 6515 },
}

type HttpsValues = Pick<
  Variables,
  'AUDIT_LOG_HTTPS_ALLOW_HTTP' | 'AUDIT_LOG_HTTPS_FORMAT' | 'AUDIT_LOG_HTTPS_TENANT'
>

/** Schemes that may stand before the token; the other formats have one of their own for it. */
const tokenSchemes: Readonly<Partial<Record<HttpsValues['AUDIT_LOG_HTTPS_FORMAT'], RegExp>>> = {
  elastic_bulk: /^(Basic|Bearer|ApiKey)$/,
  loki: /^(Basic|Bearer)$/,
  otlp: /^(Basic|Bearer)$/,
}

/** The guards on the receivers (behaviour spec §2.4, §6). */
export function readForwardingSettings(
  environment: Environment,
  values: HttpsValues,
  files: Files,
  quote: Quote,
): ForwardingSettings {
  const problems: string[] = []
  const notices: Notice[] = []
  const { AUDIT_LOG_SYSLOG: receivers, AUDIT_LOG_HTTPS_URL: address } = environment
  const syslog: SyslogReceiver[] = []
  for (const receiver of receivers?.split(',').map((each) => each.trim()) ?? []) {
    if (receiver === '') continue
    const read = readSyslog(receiver, quote, notices)
    if (read === null) {
      problems.push(
        `AUDIT_LOG_SYSLOG must be [scheme://]host[:port] with the scheme tcp+tls, tls, tcp, udp, relp or relp+tls, several of them separated by commas, got ${quote(receiver)}`,
      )
    } else if (syslog.some((other) => isDeepStrictEqual(other, read))) {
      problems.push(`AUDIT_LOG_SYSLOG must not name a receiver twice, got ${quote(receiver)}`)
    } else syslog.push(read)
  }
  if (address) judgeHttps(address, values, quote, problems, notices)
  problems.push(...tokenProblems(environment.AUDIT_LOG_HTTPS_TOKEN, values.AUDIT_LOG_HTTPS_FORMAT))
  problems.push(...clientCertificateProblems(environment, files, quote))
  return { syslog, problems, notices }
}

/** A scheme that the format does not know would be sent as part of the token. The token itself is judged with its variable. */
function tokenProblems(
  token: string | undefined,
  format: HttpsValues['AUDIT_LOG_HTTPS_FORMAT'],
): string[] {
  const scheme = /^(Basic|Bearer|ApiKey) [!-~]+$/.exec(token ?? '')?.[1]
  if (scheme === undefined || tokenSchemes[format]?.test(scheme)) return []
  return [
    `AUDIT_LOG_HTTPS_TOKEN must not begin with ${scheme} for AUDIT_LOG_HTTPS_FORMAT=${format}`,
  ]
}

/** Both files or none, and made for each other. */
function clientCertificateProblems(
  { AUDIT_LOG_SYSLOG_CERT: certPath, AUDIT_LOG_SYSLOG_KEY: keyPath }: Environment,
  files: Files,
  quote: Quote,
): string[] {
  if (!certPath && !keyPath) return []
  if (!certPath || !keyPath) {
    return ['AUDIT_LOG_SYSLOG_CERT and AUDIT_LOG_SYSLOG_KEY must both be set, or neither']
  }
  const [cert, key] = [files.readText(certPath), files.readText(keyPath)]
  try {
    if (cert !== null && key !== null) {
      createSecureContext({ cert, key })
      return []
    }
  } catch {
    // Which of the two is wrong cannot be told, and what OpenSSL says of it helps nobody.
  }
  return [
    `AUDIT_LOG_SYSLOG_CERT and AUDIT_LOG_SYSLOG_KEY must be the paths of a readable PEM certificate and its private key, got ${quote(certPath)} and ${quote(keyPath)}`,
  ]
}

/** Another scheme than those means TLS, as in the reference: wrong, but never in clear. */
function readSyslog(text: string, quote: Quote, notices: Notice[]): SyslogReceiver | null {
  const match =
    /^(?:(?<scheme>[^:/?#]*):\/\/)?(?:\[(?<v6>[0-9a-f:.]+)\]|(?<name>[^\s:/?#@[\]]*))(?::(?<port>\d{1,5}))?\/?$/i.exec(
      text.trim(),
    )
  if (match === null) return null
  const { scheme = 'tcp+tls', v6, name, port } = match.groups ?? {}
  const known = protocols[scheme.toLowerCase()]
  if (known === undefined) {
    notices.push(
      configWarning(`AUDIT_LOG_SYSLOG has the unknown scheme ${quote(scheme)} — using tcp+tls`),
    )
  }
  const { protocol, port: usualPort } = known ?? { protocol: 'tls', port: 6514 }
  const portNumber = port === undefined ? usualPort : Number(port)
  if (portNumber < 1 || portNumber > 65_535) return null
  return { protocol, host: v6 ?? (name || 'localhost'), port: portNumber }
}

function judgeHttps(
  text: string,
  {
    AUDIT_LOG_HTTPS_ALLOW_HTTP: allowHttp,
    AUDIT_LOG_HTTPS_FORMAT: format,
    AUDIT_LOG_HTTPS_TENANT: tenant,
  }: HttpsValues,
  quote: Quote,
  problems: string[],
  notices: Notice[],
): void {
  const { scheme, hasCredentials, hasHostname, url } = parseAddress(text)
  const plain =
    'AUDIT_LOG_HTTPS_URL uses http:// — log data will be transmitted unencrypted. Use https:// in production.'
  if (scheme !== 'http' && scheme !== 'https') {
    problems.push(`AUDIT_LOG_HTTPS_URL must use https (or http) scheme, got ${quote(scheme)}`)
  } else if (hasCredentials) {
    problems.push(
      'AUDIT_LOG_HTTPS_URL must not contain embedded credentials; use AUDIT_LOG_HTTPS_TOKEN',
    )
  } else if (!hasHostname || url === null) {
    problems.push('AUDIT_LOG_HTTPS_URL must contain a valid hostname')
  } else {
    const problem = formatProblem(url, format)
    if (problem !== null) problems.push(problem)
  }
  if (scheme === 'http' && hasHostname) {
    if (allowHttp) notices.push(securityWarning('WARNING', plain))
    else problems.push(`${plain} Set AUDIT_LOG_HTTPS_ALLOW_HTTP=true to allow it.`)
  }
  if (tenant !== undefined && format !== 'loki') {
    notices.push(
      configWarning('AUDIT_LOG_HTTPS_TENANT has no effect without AUDIT_LOG_HTTPS_FORMAT=loki'),
    )
  }
}
