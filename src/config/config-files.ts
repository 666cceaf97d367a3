import { createCheckpointSigner } from '../audit/checkpoint-signer.js'
import { type Files, holdsCertificates } from './files.js'
import type { Quote } from './quote.js'
import type { Environment } from './secrets.js'

/** The variables that name a file of certificate authorities. */
export const caVariables = ['DEFECTDOJO_CA', 'AUDIT_LOG_SYSLOG_CA', 'AUDIT_LOG_HTTPS_CA'] as const
export type CaVariable = (typeof caVariables)[number]

/** The key of the chain: the variable's text, or the file's without the line break that editors add. Null if neither is set. */
export function readAuditKey(
  environment: Environment,
  files: Files,
  quote: Quote,
): { key: string | null; problems: string[] } {
  const { AUDIT_HMAC_KEY: inline, AUDIT_HMAC_KEY_FILE: path } = environment
  if (!path) return { key: inline || null, problems: [] }
  if (inline) {
    return {
      key: null,
      problems: ['AUDIT_HMAC_KEY and AUDIT_HMAC_KEY_FILE must not both be set'],
    }
  }
  const text = files.readText(path)
  if (text === null) {
    const problem = `AUDIT_HMAC_KEY_FILE must be the path of a readable file of text, got ${quote(path)}`
    return { key: null, problems: [problem] }
  }
  const key = text.replace(/\r?\n$/, '')
  return key === ''
    ? {
        key: null,
        problems: [`AUDIT_HMAC_KEY_FILE must name a file that is not empty, got ${quote(path)}`],
      }
    : { key, problems: [] }
}

/** Keys of the chain that were used before: the lines of the file that hold anything. */
export function readPreviousKeys(
  { AUDIT_HMAC_PREVIOUS_KEYS_FILE: path }: Environment,
  files: Files,
  quote: Quote,
): { keys: string[]; problems: string[] } {
  if (!path) return { keys: [], problems: [] }
  const keys = files
    .readText(path)
    ?.split(/\r?\n/)
    .filter((line) => line !== '')
  if (keys !== undefined && keys.length > 0) return { keys, problems: [] }
  const problem = `AUDIT_HMAC_PREVIOUS_KEYS_FILE must be the path of a readable file with a key per line, got ${quote(path)}`
  return { keys: [], problems: [problem] }
}

/** The PEM text of the key that signs checkpoints, checked; null if none is set. */
export function readSigningKey(
  { AUDIT_CHECKPOINT_SIGNING_KEY_FILE: path }: Environment,
  files: Files,
  quote: Quote,
): { pem: string | null; problems: string[] } {
  if (!path) return { pem: null, problems: [] }
  const pem = files.readText(path)
  let reason = 'cannot be read'
  try {
    if (pem !== null) {
      createCheckpointSigner(pem)
      return { pem, problems: [] }
    }
  } catch (error) {
    reason = (error as Error).message
  }
  return {
    pem: null,
    problems: [
      `AUDIT_CHECKPOINT_SIGNING_KEY_FILE must be the path of a readable Ed25519 private key in PEM format, got ${quote(path)}, which ${reason}`,
    ],
  }
}

/** The contents of the CA files, checked as far as their first certificate. */
export function readCertificates(
  environment: Environment,
  files: Files,
  quote: Quote,
): { certificates: Record<CaVariable, string | null>; problems: string[] } {
  const certificates = {
    DEFECTDOJO_CA: null,
    AUDIT_LOG_SYSLOG_CA: null,
    AUDIT_LOG_HTTPS_CA: null,
  } as Record<CaVariable, string | null>
  const problems: string[] = []
  for (const name of caVariables) {
    const path = environment[name]
    if (!path) continue
    const pem = files.readText(path)
    if (pem !== null && holdsCertificates(pem)) certificates[name] = pem
    else {
      problems.push(
        `${name} must be the path of a readable PEM file of certificates, got ${quote(path)}`,
      )
    }
  }
  return { certificates, problems }
}
