import type { AuditKey } from './keys.js'
import type { PriorTrail, Resumption } from './prior-trail.js'
import { LockedError } from './writer-lock.js'

/** A name stands for one key: a verifier that met it with two would call one of them wrong. Throws when that would happen. */
export function expectNewKeyId({ key: before }: Resumption, now: AuditKey): void {
  if (before.id === now.id && !before.bytes.equals(now.bytes)) {
    throw new Error(
      `AUDIT_HMAC_KEY_ID must change with the key: the trail was made with another key under the name '${now.id}'`,
    )
  }
}

/** Why the service does not start on a trail that lacks records. */
export function brokenTrail({ break: at, claimedMac }: PriorTrail): Error {
  const named =
    at?.checkpointSeq == null
      ? ''
      : ` up to seq ${at.checkpointSeq} of chain ${at.checkpointChainId}`
  const found = claimedMac === null ? 'the file is gone or empty' : 'the file ends before that'
  return new Error(
    `AUDIT_LOG_FILE lacks records that its checkpoints name${named}: ${found}. Put the file back, or, if the loss is known, start once with AUDIT_CHAIN_BREAK=new_chain; the trail records the break.`,
  )
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist',
  ENOTDIR: 'its directory is not a directory',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
}

/** Runs `open`; the error of a file that cannot be opened becomes one for the person who set the variable. */
export async function namingAuditFile<T>(open: () => T | Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    if (error instanceof LockedError) throw error
    const { code = 'UNKNOWN' } = error as NodeJS.ErrnoException
    throw new Error(`AUDIT_LOG_FILE cannot be opened: ${reasons[code] ?? code}`, { cause: error })
  }
}
