import type { Level } from '../../audit/audit-log.js'
import type { AuditLine } from '../../audit/trail-writer.js'

/** Facility local0 (16) times eight. */
const facility = 128
const severities: Readonly<Record<Level, number>> = {
  CRITICAL: 2,
  ERROR: 3,
  WARNING: 4,
  INFO: 6,
  DEBUG: 7,
}

/** Who a message says it is from. */
export interface SyslogOrigin {
  readonly hostname: string
  readonly pid: number
}

/** RFC 5424 allows printable ASCII in a host name; `-` stands for none. */
const hostnameField = (hostname: string): string =>
  hostname.replace(/[^!-~]/g, '').slice(0, 255) || '-'

/** One message of RFC 5424 (behaviour spec §6.1); the audit line is its text, without a byte order mark. */
export const syslogMessage = (line: AuditLine, { hostname, pid }: SyslogOrigin): string =>
  `<${facility + severities[line.level]}>1 ${line.timestamp} ${hostnameField(hostname)} mcp-defectdojo ${pid} - - ${line.line}`

/** The message with its length in bytes before it: octet counting of RFC 6587, for TCP and TLS. */
export const syslogFrame = (message: string): string => `${Buffer.byteLength(message)} ${message}`
