import type { AuditLine } from '../../audit/trail-sinks.js'
import { messageParts } from './parts.js'

/** Facility local0 (16) times eight. */
const facility = 128
const severities: ReadonlyMap<string, number> = new Map([
  ['CRITICAL', 2],
  ['ERROR', 3],
  ['WARNING', 4],
  ['INFO', 6],
  ['DEBUG', 7],
])
const otherSeverity = 6

/** What rsyslog takes of a message by default; it cuts a longer one and takes the rest for messages of their own. */
const maxMessageBytes = 8_096
/** `8091 `, with TCP before each message. Without it there would be room for more, but a record is cut alike everywhere. */
const countBytes = 5

/** Who a message says it is from. */
export interface SyslogOrigin {
  readonly hostname: string
  readonly pid: number
}

/** RFC 5424 allows printable ASCII in a field; `-` stands for none. */
const field = (text: string, maxLength: number): string =>
  text.replace(/[^!-~]/g, '').slice(0, maxLength) || '-'

/**
 * Lines of the trail are printable ASCII. If one ever was not, a line feed in it would be a message of its own for some
 * receivers, and its length would not be its number of bytes; so each such unit becomes one byte.
 */
const printable = (text: string): string => text.replace(/[^ -~]/g, '?')

/**
 * A line as messages of RFC 5424 (behaviour spec §6.1): one whose text is the line, without a byte order mark, or, if that
 * would be too long, one for each of its parts. A message is printable ASCII, so its length is its number of bytes.
 */
export function syslogMessages(line: AuditLine, { hostname, pid }: SyslogOrigin): string[] {
  const priority = facility + (severities.get(line.level) ?? otherSeverity)
  const header = `<${priority}>1 ${field(line.timestamp, 64)} ${field(hostname, 255)} mcp-defectdojo ${pid} - - `
  const parts = messageParts(line, maxMessageBytes - countBytes - header.length)
  return parts.map((part) => printable(header + part))
}

/** A message with its length before it: octet counting of RFC 6587, for TCP and TLS. */
export const syslogFrame = (message: string): string => `${message.length} ${message}`
