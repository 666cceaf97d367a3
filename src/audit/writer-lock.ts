import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { realpath, rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, draftLock, type Link, readLock, renewLock } from './lock-file.js'
import {
  describeOwner,
  type LockOwner,
  ownerState,
  parseOwner,
  type ThisProcess,
  thisProcess,
} from './lock-owner.js'
import { LockedError, lockedBy, takeLock } from './take-lock.js'

export { LockedError } from './take-lock.js'

/** The right to write one audit file. */
export interface WriterLock {
  /** False once another process has it, or after the release. */
  held(): boolean
  /** Lets the next process in; without effect on a lock that another process has. Never rejects. */
  release(): Promise<void>
}

export interface WriterLockOptions {
  /** For whoever is refused: the program and its subcommand, without anything that could be secret. */
  readonly command: string
  /** Another process, named in `owner`, took the lock: from now on this one must not write. Called at most once. */
  readonly onLost?: (owner: string) => void
  readonly clock?: () => Date
  readonly self?: ThisProcess
  /** Runs `callback` again and again, without keeping the process alive; returns how to stop. */
  readonly every?: (milliseconds: number, callback: () => Promise<void>) => () => void
  readonly pause?: (milliseconds: number) => Promise<unknown>
  /** Milliseconds that no setting of a clock changes. */
  readonly elapsedMs?: () => number
  /** Gives a file a second name; some file systems cannot. */
  readonly link?: Link
}

const heartbeatMs = 1_000
/** After that long the last heartbeat no longer shows that the lock is ours. */
const confirmMs = 5_000

/**
 * Locks the audit file at `path` for this process, with `<path>.lock` beside it. Rejects with a {@link LockedError}, or with the
 * system's error if there is no such directory.
 */
export async function acquireWriterLock(
  path: string,
  options: WriterLockOptions,
): Promise<WriterLock> {
  const { clock = () => new Date(), self = thisProcess() } = options
  const owner: LockOwner = {
    ...self.identity,
    instance: randomUUID(),
    command: options.command,
    acquired_at: clock().toISOString(),
  }
  try {
    const file = await lockable(path)
    // A pipe or a device keeps no chain that a second writer could break.
    if (file === null) return { held: () => true, release: async () => {} }
    const lock = `${file}.lock`
    await takeLock(lock, owner, { self, pause: options.pause ?? sleep, link: options.link })
    return keepLock(lock, owner, options)
  } catch (error) {
    const code = codeOf(error)
    if (error instanceof LockedError || code === 'ENOENT' || code === 'ENOTDIR') throw error
    throw new LockedError(
      `AUDIT_LOG_FILE cannot be locked: ${basename(path)}.lock cannot be written beside it (${reasons[code] ?? code})`,
      { cause: error },
    )
  }
}

/**
 * Rejects with a {@link LockedError} while a process that is known to run has the lock; takes nothing. For a start that should end
 * before everything else is loaded.
 */
export async function expectUnlocked(path: string, self = thisProcess()): Promise<void> {
  const file = await lockable(path).catch(() => null)
  const found = file === null ? null : await readLock(`${file}.lock`).catch(() => null)
  if (found?.owner && ownerState(found.owner, self) === 'running') throw lockedBy(found.owner)
}

/** Where the file really is, so that two names of it have one lock; null if it is none. */
async function lockable(path: string): Promise<string | null> {
  try {
    return (await stat(path)).isFile() ? await realpath(path) : null
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return path
    throw error
  }
}

function keepLock(lock: string, owner: LockOwner, options: WriterLockOptions): WriterLock {
  let state: 'held' | 'lost' | 'released' = 'held'
  let wasUnreadable = false
  let beating: Promise<void> | null = null
  let releasing: Promise<void> | null = null
  const { elapsedMs = () => performance.now() } = options
  let confirmedMs = elapsedMs()

  function lose(to: LockOwner): void {
    if (state !== 'held') return
    state = 'lost'
    stop()
    options.onLost?.(describeOwner(to))
  }

  async function beat(lookAgain = true): Promise<void> {
    if (state !== 'held') return
    const found = await renewLock(lock, owner, wasUnreadable)
    if (found === null) {
      // If somebody else was quicker, that has to be known now.
      if (!(await recreate()) && lookAgain) return beat(false)
    } else if (found.owner && found.owner.instance !== owner.instance) {
      lose(found.owner)
    }
    confirmedMs = elapsedMs()
    // It could be a lock that is just being written; the next time it is not.
    wasUnreadable = found !== null && found.owner === null && !wasUnreadable
  }

  async function recreate(): Promise<boolean> {
    const draft = await draftLock(lock, owner, options.link)
    try {
      return await draft.create(lock)
    } finally {
      await draft.discard()
    }
  }

  const stop = (options.every ?? startInterval)(heartbeatMs, () => {
    // What the file system refuses now, it may allow a second later.
    beating ??= beat()
      .catch(() => {})
      .finally(() => {
        beating = null
      })
    return beating
  })

  /** A process that was stopped for a while may want to write before its heartbeat runs again. */
  function confirm(): void {
    confirmedMs = elapsedMs()
    try {
      const found = parseOwner(readFileSync(lock, 'utf8'))
      if (found && found.instance !== owner.instance) lose(found)
    } catch {
      // As in a heartbeat.
    }
  }

  async function remove(): Promise<void> {
    const found = await readLock(lock)
    if (found?.owner?.instance === owner.instance) await rm(lock, { force: true })
  }

  return {
    held() {
      if (state === 'held' && elapsedMs() - confirmedMs > confirmMs) confirm()
      return state === 'held'
    },

    release() {
      releasing ??= (async () => {
        stop()
        await beating
        if (state === 'lost') return
        state = 'released'
        // A lock that cannot be removed is stale as soon as this process has ended.
        await remove().catch(() => {})
      })()
      return releasing
    },
  }
}

function startInterval(milliseconds: number, callback: () => Promise<void>): () => void {
  const timer = setInterval(() => void callback(), milliseconds).unref()
  return () => clearInterval(timer)
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
}
