import { type FileHandle, link, open, rename, rm } from 'node:fs/promises'
import { type LockOwner, parseOwner } from './lock-owner.js'

/** A lock as it was found. */
export interface FoundLock {
  /** Distinguishes it from every other lock, and can stand in a file's name. */
  readonly id: string
  /** Null: the file is empty, or holds something else. */
  readonly owner: LockOwner | null
  /** When it was last renewed, by the clock of the file system. */
  readonly renewedMs: number
}

/** A lock that has no name yet under which others look for it. Its whole content is there before it gets one. */
export interface DraftLock {
  /** The time on the clock of the file system; ours may be wrong. */
  readonly writtenMs: number
  /** Gives it the name; false if something else has it. */
  create(name: string): Promise<boolean>
  /** Gives it the name of another lock, which is gone then. At no moment there is none. */
  replace(name: string): Promise<void>
  /** What is left of it besides the names it was given. */
  discard(): Promise<void>
}

export type Link = typeof link

/** What file systems without hard links answer. */
const noLinks = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'])
const maxLockBytes = 4_096

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'UNKNOWN'

/** Opens a file that may be gone: then null. */
async function openIfThere(path: string, flags: string): Promise<FileHandle | null> {
  try {
    return await open(path, flags)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

async function foundIn(file: FileHandle): Promise<FoundLock & { readonly bytes: number }> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(maxLockBytes), 0, maxLockBytes, 0)
  const owner = parseOwner(buffer.toString('utf8', 0, bytesRead))
  const { ino, mtimeMs, size } = await file.stat()
  const id = owner?.instance ?? `unknown-${ino}-${Math.trunc(mtimeMs)}`
  return { id, owner, renewedMs: mtimeMs, bytes: size }
}

/** Null: there is none. It is opened rather than looked at, because a network file system then asks its server. */
export async function readLock(path: string): Promise<FoundLock | null> {
  const file = await openIfThere(path, 'r')
  if (file === null) return null
  try {
    return await foundIn(file)
  } finally {
    await file.close()
  }
}

/**
 * Renews the lock if it is still `owner`'s and returns what was there. What is written goes to the file that was looked at,
 * so it never harms a lock that took its name in between. `repair` overwrites a file that names no owner.
 */
export async function renewLock(
  path: string,
  owner: LockOwner,
  repair: boolean,
): Promise<FoundLock | null> {
  const file = await openIfThere(path, 'r+')
  if (file === null) return null
  try {
    const found = await foundIn(file)
    if (found.owner ? found.owner.instance === owner.instance : repair) {
      // Written again instead of touched, so that the file system's clock sets the time.
      const bytes = Buffer.from(textOf(owner))
      await file.write(bytes, 0, bytes.length, 0)
      if (found.bytes !== bytes.length) await file.truncate(bytes.length)
    }
    return found
  } finally {
    await file.close()
  }
}

const textOf = (owner: LockOwner): string => `${JSON.stringify(owner)}\n`

async function writeNew(path: string, owner: LockOwner): Promise<number> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(textOf(owner))
    return (await file.stat()).mtimeMs
  } finally {
    await file.close()
  }
}

/** Writes the lock beside `path`, under a name of its own. */
export async function draftLock(
  path: string,
  owner: LockOwner,
  giveName: Link = link,
): Promise<DraftLock> {
  const draft = `${path}.${owner.instance}`
  const discard = (): Promise<void> => rm(draft, { force: true })
  let writtenMs: number
  try {
    writtenMs = await writeNew(draft, owner)
  } catch (error) {
    // A full disk gives a name and then takes no content.
    await discard().catch(() => {})
    throw error
  }

  return {
    writtenMs,
    replace: (name) => rename(draft, name),
    discard,

    async create(name) {
      try {
        try {
          await giveName(draft, name)
        } catch (error) {
          if (!noLinks.has(codeOf(error))) throw error
          // Others may see it without content for a moment; they take that for an unknown owner.
          await writeNew(name, owner)
        }
        return true
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error
        // A network file system may repeat a request whose answer was lost, and then find its own work.
        return (await readLock(name))?.owner?.instance === owner.instance
      }
    },
  }
}
