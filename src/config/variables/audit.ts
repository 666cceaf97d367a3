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
  AUDIT_HMAC_PREVIOUS_KEYS_FILE: Type.Optional(
    path({
      group,
      description:
        'File with the keys that were used before, one per line: a trail that ends under one of them goes on under the new key.',
      example: '/run/secrets/audit_hmac_previous_keys',
    }),
  ),
  AUDIT_CHECKPOINT_SIGNING_KEY_FILE: Type.Optional(
    path({
      group,
      expects: 'the path of a readable Ed25519 private key in PEM format',
      description:
        'Ed25519 private key (PEM) that signs checkpoints, so that an auditor verifies with the public key alone.',
      example: '/run/secrets/audit_signing_key.pem',
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
  AUDIT_LOG_MAX_BYTES: Type.Optional(
    integer({
      group,
      minimum: 4_096,
      maximum: 1_099_511_627_776,
      description:
        'Bytes, 4096 or more, at which the file is closed and a new one begun. Not set: no limit.',
      example: '104857600',
    }),
  ),
  AUDIT_LOG_MAX_AGE_HOURS: Type.Optional(
    integer({
      group,
      maximum: 87_600,
      description:
        'Age at which the file is closed and a new one begun, at the next record. Not set: no limit.',
      example: '24',
    }),
  ),
  AUDIT_LOG_RETENTION_DAYS: Type.Optional(
    integer({
      group,
      maximum: 36_500,
      description:
        'Days after which a closed file is deleted, once every receiver has it. Not set: nothing is deleted.',
      example: '365',
    }),
  ),
  AUDIT_CHAIN_BREAK: word(['refuse', 'new_chain'], {
    group,
    default: 'refuse',
    description:
      'At start, when records are missing that a checkpoint names: `refuse` to start, or begin a `new_chain` that records the break.',
  }),
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
