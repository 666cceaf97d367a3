import { createHmac, randomBytes } from 'node:crypto'

/** The secret a chain is made with, and the name by which records refer to it. */
export interface AuditKey {
  readonly bytes: Buffer
  /** In every record: says which key, reveals nothing about it. */
  readonly id: string
}

/**
 * Eight hex characters that name a key. Made with the key, not from it alone, so that they are of no use against other
 * things the same secret may protect.
 */
export const derivedKeyId = (bytes: Buffer): string =>
  createHmac('sha256', bytes).update('mcp-defectdojo key id').digest('hex').slice(0, 8)

/** `AUDIT_HMAC_KEY` as its UTF-8 bytes (a hex text is not decoded), or 32 random bytes when there is none: then nobody can verify the chain afterwards. */
export function auditKey(options: { readonly key?: string; readonly keyId?: string }): AuditKey {
  const bytes = options.key ? Buffer.from(options.key, 'utf8') : randomBytes(32)
  return { bytes, id: options.keyId || derivedKeyId(bytes) }
}

/** The keys a prior trail may have been made with: the present one first, then those before it. */
export interface KeyRing {
  readonly current: AuditKey
  readonly all: readonly Buffer[]
}

export function keyRing(current: AuditKey, previousKeys: readonly string[]): KeyRing {
  return { current, all: [current.bytes, ...previousKeys.map((key) => Buffer.from(key, 'utf8'))] }
}
