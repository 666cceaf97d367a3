import { isIP } from 'node:net'
import type { Destination } from '../destination.js'

/** How messages travel, as in the address of the receiver. */
export type SyslogScheme = 'udp' | 'tcp' | 'tcp+tls' | 'relp' | 'relp+tls'

/** What is said of a syslog receiver, whatever the transport. */
export const syslogDescription = (
  scheme: SyslogScheme,
  host: string,
  port: number,
): Pick<Destination, 'name' | 'label' | 'where' | 'enabled'> => ({
  name: 'syslog',
  label: `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
  where: { host, port },
  enabled: {
    message: 'Syslog forwarding enabled',
    fields: { syslog_host: host, syslog_port: port, syslog_transport: scheme },
  },
})
