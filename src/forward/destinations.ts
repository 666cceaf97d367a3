import type { Destination } from './destination.js'
import { createJsonArray } from './https/json-array.js'
import { createSyslogDatagrams } from './syslog/datagram-destination.js'
import type { SyslogOrigin } from './syslog/format.js'
import { createSyslogStream } from './syslog/stream-destination.js'

/** Where the trail goes besides its file; null for nowhere. */
export interface ForwardingTargets {
  readonly syslog: {
    readonly protocol: 'tls' | 'tcp' | 'udp'
    /** A name or an address, an IPv6 one without its brackets. */
    readonly host: string
    readonly port: number
    /** PEM; replaces the system's authorities. */
    readonly ca: string | null
  } | null
  readonly https: {
    readonly url: string
    /** Sent as a bearer token. */
    readonly token: string | null
    readonly batchSize: number
    readonly flushSeconds: number
    readonly ca: string | null
    /** Without it an address in clear text is refused. */
    readonly allowHttp: boolean
  } | null
}

const timeoutMilliseconds = 10_000

/** The destinations that are configured. Throws on an address that must not be used; nothing is connected yet. */
export function createDestinations(
  targets: ForwardingTargets,
  origin: SyslogOrigin,
): Destination[] {
  const { syslog, https } = targets
  const destinations: Destination[] = []
  if (syslog) {
    const { protocol, host, port, ca } = syslog
    destinations.push(
      protocol === 'udp'
        ? createSyslogDatagrams({ host, port, origin })
        : createSyslogStream({ protocol, host, port, ca, origin, timeoutMilliseconds }),
    )
  }
  if (https) {
    const url = new URL(https.url)
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && https.allowHttp)) {
      throw new Error(
        'AUDIT_LOG_HTTPS_URL must use https (or http with AUDIT_LOG_HTTPS_ALLOW_HTTP)',
      )
    }
    destinations.push(
      createJsonArray({
        url,
        token: https.token,
        batchSize: https.batchSize,
        flushMilliseconds: https.flushSeconds * 1_000,
        ca: https.ca,
        timeoutMilliseconds,
      }),
    )
  }
  return destinations
}
