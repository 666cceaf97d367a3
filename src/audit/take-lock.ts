import { rm } from 'node:fs/promises'
import { type DraftLock, draftLock, type FoundLock, type Link, readLock } from './lock-file.js'
import {
  describeOwner,
  isOtherBoot,
  type LockOwner,
  ownerState,
  type ThisProcess,
} from './lock-owner.js'

/** After that long without a heartbeat, an owner that cannot be looked at may be gone. */
const silentMs = 15_000
/** The same after a restart of the host. Not at once: a host of the same name may be another one. */
const silentAfterRestartMs = 3_000
/** How long a silent owner is then watched. A clock that was set, or a machine that slept, makes every lock look old. */
const watchMs = 2_500
/** Each time, somebody else was quicker. */
const maxAttempts = 20

/** The file cannot be locked; `message` says why, for the person who set AUDIT_LOG_FILE. */
export class LockedError extends Error {
  override readonly name = 'LockedError'
}

export const lockedBy = (owner: LockOwner | null): LockedError =>
  new LockedError(
    `AUDIT_LOG_FILE is written by another process (${describeOwner(owner)}); one process per file: stop it, or give this one a file of its own`,
  )

export interface TakeOptions {
  readonly self: ThisProcess
  readonly pause: (milliseconds: number) => Promise<unknown>
  readonly link: Link | undefined
}

/** Creates the lock, or takes over that of an owner that is gone. Rejects with a {@link LockedError} if another process has it. */
export async function takeLock(
  lock: string,
  owner: LockOwner,
  options: TakeOptions,
): Promise<void> {
  const draft = await draftLock(lock, owner, options.link)
  try {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      if (await draft.create(lock)) return
      const found = await readLock(lock)
      if (found !== null && (await takeOver(lock, found, draft, options))) return
    }
    throw lockedBy(null)
  } finally {
    await draft.discard()
  }
}

/**
 * Succeeds the owner of `head`, if it is gone. Who may do that is decided by `<lock>.after-<id>`, a file that only one process
 * can create; should that process be gone as well, its own successor is decided in the same way. Only the last one in this row
 * replaces the lock, and only if it is still the one they all looked at. Moving the stale lock away first would leave a gap
 * in which others get in. False: it has changed meanwhile, look again.
 */
async function takeOver(
  lock: string,
  head: FoundLock,
  draft: DraftLock,
  options: TakeOptions,
): Promise<boolean> {
  const claims: string[] = []
  let name = lock
  for (let last = head; ; ) {
    const state = await judge(name, last, draft.writtenMs, options)
    if (state === 'changed') return false
    if (state === 'owned') {
      if (name !== lock && !sameLock(await readLock(lock), head)) return false
      throw lockedBy(last.owner)
    }
    name = `${lock}.after-${last.id}`
    claims.push(name)
    if (await draft.create(name)) break
    const next = await readLock(name)
    if (next === null) return false
    last = next
  }
  if (!sameLock(await readLock(lock), head)) {
    await rm(name, { force: true })
    return false
  }
  await draft.replace(lock)
  await Promise.all(claims.map((claim) => rm(claim, { force: true })))
  return true
}

const sameLock = (one: FoundLock | null, other: FoundLock): boolean =>
  one?.id === other.id && one.renewedMs === other.renewedMs

async function judge(
  path: string,
  found: FoundLock,
  nowMs: number,
  { self, pause }: TakeOptions,
): Promise<'owned' | 'stale' | 'changed'> {
  const { owner } = found
  const state = owner ? ownerState(owner, self) : 'unknown'
  if (state !== 'unknown') return state === 'gone' ? 'stale' : 'owned'
  const limitMs = owner && isOtherBoot(owner, self) ? silentAfterRestartMs : silentMs
  // A time in the future is that of a clock which was set back since.
  if (Math.abs(nowMs - found.renewedMs) <= limitMs) return 'owned'
  await pause(watchMs)
  return sameLock(await readLock(path), found) ? 'stale' : 'changed'
}
