import { Type } from '@sinclair/typebox'
import { flag, integer, path, text, word } from '../variable.js'

const group = 'Audit trail'

/** The audit trail (behaviour spec §5) and the service's own diagnostics. */
export const auditVariables = {
  AUDIT_HMAC_KEY: Type.Optional(
    text({
      group,
      reference: true,
      secret: true,
      description:
        'Key of the chain that makes tampering visible; any text, 32 random characters or more. Not set: a new one at every start.',
    }),
  ),
  AUDIT_HMAC_KEY_FILE: Type.Optional(
    path({
      group,
      description: 'File that holds the key instead; one line break at its end does not count.',
      example: '/run/secrets/audit_hmac_key',
    }),
  ),
  AUDIT_HMAC_KEY_ID: Type.Optional(
    text({
      group,
      pattern: '^[A-Za-z0-9._-]{1,64}$',
      expects: '1 to 64 letters, digits, dots, underscores or hyphens',
      description: 'Name of the key in the records, so that a verifier knows which key to use.',
      example: '2026-01',
    }),
  ),
  REQUIRE_AUDIT_HMAC_KEY: flag({
    group,
    reference: true,
    default: true,
    description:
      '`false` lets a network transport start without a key; the chain cannot be verified after a restart.',
  }),
  AUDIT_LOG_FILE: Type.Optional(
    text({
      group,
      reference: true,
      expects: 'a file in an existing directory that can be written',
      description: 'File the trail is appended to. Not set: stderr only, which is not durable.',
      example: '/var/log/mcp-defectdojo/audit.jsonl',
    }),
  ),
  AUDIT_LOG_QUEUE_SIZE: integer({
    group,
    reference: true,
    default: 10_000,
    maximum: 1_000_000,
    description: 'Records that may wait at once to be written.',
  }),
  AUDIT_FAILURE_MODE: word(['closed', 'open'], {
    group,
    default: 'closed',
    description:
      'When the trail cannot be written: `closed` refuses changes, `open` lets them through.',
  }),
  LOG_LEVEL: word(['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'], {
    group: 'Logging',
    reference: true,
    lenient: true,
    emptyIsUnset: true,
    default: 'INFO',
    description:
      'Diagnostics on stderr: DEBUG, INFO, WARNING, ERROR or CRITICAL. The audit trail is never filtered.',
  }),
}
