import { parseAddress } from './address.js'
import { configWarning, type Notice, securityWarning } from './notice.js'
import type { Quote } from './quote.js'
import type { Environment } from './secrets.js'

/** A syslog receiver (behaviour spec §6.1). */
export interface SyslogReceiver {
  readonly protocol: 'tls' | 'tcp' | 'udp'
  /** A name or an address, an IPv6 one without its brackets. */
  readonly host: string
  readonly port: number
}

/** Where the trail is forwarded to. */
export interface ForwardingSettings {
  readonly syslog: SyslogReceiver | null
  readonly problems: readonly string[]
  readonly notices: readonly Notice[]
}

const protocols: Readonly<Record<string, SyslogReceiver['protocol']>> = {
  tcp: 'tcp',
  udp: 'udp',
  tls: 'tls',
  'tcp+tls': 'tls',
}

/** The guards on the receivers (behaviour spec §2.4, §6). */
export function readForwardingSettings(
  environment: Environment,
  allowHttp: boolean,
  quote: Quote,
): ForwardingSettings {
  const problems: string[] = []
  const notices: Notice[] = []
  const { AUDIT_LOG_SYSLOG: receiver, AUDIT_LOG_HTTPS_URL: address } = environment
  const syslog = receiver ? readSyslog(receiver, quote, notices) : null
  if (receiver && syslog === null) {
    problems.push(
      `AUDIT_LOG_SYSLOG must be [scheme://]host[:port] with the scheme tcp+tls, tls, tcp or udp, got ${quote(receiver)}`,
    )
  }
  if (address) judgeHttps(address, allowHttp, quote, problems, notices)
  return { syslog, problems, notices }
}

/** Another scheme than the four means TLS, as in the reference: wrong, but never in clear. */
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
  const protocol = known ?? 'tls'
  const portNumber = port === undefined ? (protocol === 'tls' ? 6514 : 514) : Number(port)
  if (portNumber < 1 || portNumber > 65_535) return null
  return { protocol, host: v6 ?? (name || 'localhost'), port: portNumber }
}

function judgeHttps(
  text: string,
  allowHttp: boolean,
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
  } else if (scheme === 'http') {
    if (allowHttp) notices.push(securityWarning('WARNING', plain))
    else problems.push(`${plain} Set AUDIT_LOG_HTTPS_ALLOW_HTTP=true to allow it.`)
  }
}
