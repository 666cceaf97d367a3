import { Type } from '@sinclair/typebox'
import { flag, integer, number, path, text, word } from '../variable.js'

const group = 'Forwarding'

/** Where the audit trail is sent (behaviour spec §6). */
export const forwardingVariables = {
  AUDIT_LOG_SYSLOG: Type.Optional(
    text({
      group,
      reference: true,
      expects: '[scheme://]host[:port] with the scheme tcp+tls, tls, tcp, udp, relp or relp+tls',
      description:
        'Syslog receivers, `[scheme://]host[:port]`, separated by commas: `tcp+tls` (port 6514) without a scheme, `relp+tls` (6515), `relp` (2514), `tcp` or `udp` (514). Only RELP confirms each record.',
      example: 'relp+tls://siem.example.com:6515',
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
  AUDIT_LOG_SYSLOG_CERT: Type.Optional(
    path({
      group,
      description: 'PEM file of the client certificate shown to syslog receivers.',
      example: '/run/secrets/syslog_client.pem',
    }),
  ),
  AUDIT_LOG_SYSLOG_KEY: Type.Optional(
    path({
      group,
      description: 'PEM file of the private key of that certificate.',
      example: '/run/secrets/syslog_client.key',
    }),
  ),
  AUDIT_LOG_HTTPS_URL: Type.Optional(
    text({
      group,
      reference: true,
      description: 'HTTPS receiver; takes records by POST in `AUDIT_LOG_HTTPS_FORMAT`.',
      example: 'https://siem.example.com/ingest',
    }),
  ),
  AUDIT_LOG_HTTPS_FORMAT: word(
    ['json_array', 'ndjson', 'splunk_hec', 'elastic_bulk', 'datadog', 'loki', 'otlp'],
    {
      group,
      default: 'json_array',
      description:
        'What the receiver takes: a JSON array, a line per record, or the format of a product.',
    },
  ),
  AUDIT_LOG_HTTPS_TOKEN: Type.Optional(
    text({
      group,
      reference: true,
      secret: true,
      pattern: '^(?:(?:Basic|Bearer|ApiKey) )?[\\x21-\\x7e]+$',
      expects:
        'made of visible ASCII characters, without blanks or line breaks, perhaps behind Basic, Bearer or ApiKey and one blank',
      description:
        'Token for the HTTPS receiver, sent as its format wants it: Bearer, Splunk, ApiKey or DD-API-KEY.',
    }),
  ),
  AUDIT_LOG_HTTPS_TENANT: Type.Optional(
    text({
      group,
      pattern: "^[A-Za-z0-9!._*'()-]{1,150}$",
      expects: "a tenant ID of Loki: letters, digits and !._*'()-",
      description: 'Tenant of the records (`X-Scope-OrgID`), for Loki with several.',
      example: 'security',
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
  AUDIT_SPOOL_DIR: Type.Optional(
    text({
      group,
      expects: 'an existing directory that can be written',
      description:
        'Directory of what receivers have not got yet, for a service without `AUDIT_LOG_FILE`; with it, the log is the spool.',
      example: '/var/spool/mcp-defectdojo',
    }),
  ),
  AUDIT_SPOOL_MAX_BYTES: Type.Optional(
    integer({
      group,
      minimum: 65_536,
      maximum: 1_099_511_627_776,
      description:
        'Bytes that may wait for one receiver. Not set: no limit with `AUDIT_LOG_FILE`, 1 GiB in `AUDIT_SPOOL_DIR`.',
      example: '1073741824',
    }),
  ),
  AUDIT_SPOOL_FULL: word(['block', 'drop_oldest'], {
    group,
    default: 'block',
    description:
      'When more waits: `block` refuses changes until the receiver has caught up, `drop_oldest` skips the oldest records for it and records the gap.',
  }),
}
