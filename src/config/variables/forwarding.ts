import { Type } from '@sinclair/typebox'
import { flag, headerSecret, integer, number, path, text } from '../variable.js'

const group = 'Forwarding'

/** Where the audit trail is sent (behaviour spec §6). */
export const forwardingVariables = {
  AUDIT_LOG_SYSLOG: Type.Optional(
    text({
      group,
      reference: true,
      expects: '[scheme://]host[:port] with the scheme tcp+tls, tls, tcp or udp',
      description:
        'Syslog receiver, `[scheme://]host[:port]`; `tcp+tls` (port 6514) without a scheme, `tcp` or `udp` (514).',
      example: 'tcp+tls://siem.example.com:6514',
    }),
  ),
  AUDIT_LOG_SYSLOG_CA: Type.Optional(
    path({
      group,
      reference: true,
      description:
        'PEM file of the certificate authorities that the syslog receiver is verified against.',
    }),
  ),
  AUDIT_LOG_HTTPS_URL: Type.Optional(
    text({
      group,
      reference: true,
      description: 'HTTPS receiver; takes a JSON array of records by POST.',
      example: 'https://siem.example.com/ingest',
    }),
  ),
  AUDIT_LOG_HTTPS_TOKEN: Type.Optional(
    headerSecret({
      group,
      reference: true,
      description: 'Bearer token for the HTTPS receiver.',
    }),
  ),
  AUDIT_LOG_HTTPS_BATCH_SIZE: integer({
    group,
    reference: true,
    default: 10,
    maximum: 10_000,
    description: 'Records in one POST.',
  }),
  AUDIT_LOG_HTTPS_FLUSH_SECS: number({
    group,
    reference: true,
    default: 5,
    maximum: 3600,
    description: 'Seconds after which a batch that is not full is sent.',
  }),
  AUDIT_LOG_HTTPS_CA: Type.Optional(
    path({
      group,
      reference: true,
      description:
        'PEM file of the certificate authorities that the HTTPS receiver is verified against.',
    }),
  ),
  AUDIT_LOG_HTTPS_ALLOW_HTTP: flag({
    group,
    default: false,
    description: '`true` allows an `http://` receiver; the trail then travels in clear.',
  }),
}
