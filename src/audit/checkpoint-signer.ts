import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'

/** Signs checkpoints, so that they can be verified without the key of the chain. */
export interface CheckpointSigner {
  /** The first 16 hex digits of the SHA-256 of the public key (DER, SubjectPublicKeyInfo). */
  readonly keyId: string
  /** Ed25519 (RFC 8032) over the UTF-8 bytes of the text, in base64. */
  sign(text: string): string
}

/** How checkpoints name a public key. */
export const signingKeyId = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)

/** Reads an Ed25519 private key in PEM (PKCS #8). Throws an error that says what is wrong with it, and nothing of its content. */
export function createCheckpointSigner(pem: string): CheckpointSigner {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw new Error('is not a private key in PEM format')
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new Error(`is not an Ed25519 key but ${key.asymmetricKeyType ?? 'another kind'}`)
  }
  return {
    keyId: signingKeyId(createPublicKey(key)),
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), key).toString('base64'),
  }
}
