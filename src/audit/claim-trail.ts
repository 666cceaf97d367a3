import type { KeyRing } from './keys.js'
import { type PriorTrail, readPriorTrail } from './prior-trail.js'
import { brokenTrail, expectNewKeyId, namingAuditFile } from './start-refusals.js'
import { acquireWriterLock, type WriterLock } from './writer-lock.js'

export interface ClaimOptions {
  readonly keys: KeyRing
  /** What to do when records are missing that a checkpoint names. */
  readonly onBreak: 'refuse' | 'new_chain'
  /** Another process has taken the file over. */
  readonly onLost: (owner: string) => void
}

/** A file that is ours to write, and what stands in it. */
export interface ClaimedTrail {
  readonly lock: WriterLock
  readonly prior: PriorTrail | null
}

/** Locks the file and reads how its trail ended. Rejects with an error that names AUDIT_LOG_FILE, and then holds no lock. */
export async function claimTrail(file: string, options: ClaimOptions): Promise<ClaimedTrail> {
  const { keys, onBreak, onLost } = options
  const lock = await namingAuditFile(() =>
    acquireWriterLock(file, { command: 'mcp-defectdojo', onLost }),
  )
  try {
    const prior = await namingAuditFile(() => readPriorTrail(file, keys.all))
    if (prior?.break && onBreak === 'refuse') throw brokenTrail(prior)
    if (prior?.resumption) expectNewKeyId(prior.resumption, keys.current)
    return { lock, prior }
  } catch (error) {
    await lock.release()
    throw error
  }
}
