import type { Destination } from './destination.js'
import type { HttpsFormatName } from './https/format.js'
import { createHttpsDestination } from './https/https-destination.js'
import { createSyslogCycles } from './syslog/cycles.js'
import { createSyslogDatagrams } from './syslog/datagrams.js'
import type { SyslogOrigin } from './syslog/format.js'
import { createRelp } from './syslog/relp.js'
import type { TlsFiles } from './syslog/tls-files.js'

/** A syslog receiver. */
export interface SyslogTarget {
  readonly protocol: 'tls' | 'tcp' | 'udp' | 'relp' | 'relp+tls'
  /** A name or an address, an IPv6 one without its brackets. */
  readonly host: string
  readonly port: number
}

/** Where the trail goes besides its file. */
export interface ForwardingTargets {
  readonly syslog: readonly SyslogTarget[]
  /** For every syslog receiver with TLS. */
  readonly syslogTls: TlsFiles
  /** Null for none. */
  readonly https: {
    readonly url: string
    readonly format: HttpsFormatName
    readonly token: string | null
    readonly tenant: string | null
    readonly batchSize: number
    readonly flushSeconds: number
    /** PEM file; replaces the system's authorities. */
    readonly caFile: string | null
  } | null
}

const timeoutMilliseconds = 10_000

/** The destinations that are configured; nothing is connected yet. The configuration has judged their addresses. */
export function createDestinations(
  { syslog, syslogTls, https }: ForwardingTargets,
  origin: SyslogOrigin,
): Destination[] {
  const destinations = syslog.map((target) => createSyslog(target, syslogTls, origin))
  if (https) {
    destinations.push(
      createHttpsDestination({
        url: new URL(https.url),
        format: https.format,
        token: https.token,
        tenant: https.tenant,
        batchSize: https.batchSize,
        flushMilliseconds: https.flushSeconds * 1_000,
        caFile: https.caFile,
        timeoutMilliseconds,
        hostname: origin.hostname,
      }),
    )
  }
  return destinations
}

function createSyslog(
  { protocol, host, port }: SyslogTarget,
  tls: TlsFiles,
  origin: SyslogOrigin,
): Destination {
  const common = { host, port, origin, tls, timeoutMilliseconds }
  switch (protocol) {
    case 'udp':
      return createSyslogDatagrams({ host, port, origin })
    case 'tcp':
    case 'tls':
      return createSyslogCycles({ ...common, protocol })
    case 'relp':
    case 'relp+tls':
      return createRelp({ ...common, secure: protocol === 'relp+tls' })
  }
}
