import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectoryOf } from '../audit/sync-directory.js'
import type { TrailPosition } from '../audit/trail-position.js'
import type { Destination } from './destination.js'
import type { Gap } from './record-source.js'

/** How far a destination has got. */
export interface Cursor {
  /** It has everything up to here, but for gaps and dead letters. */
  readonly position: TrailPosition
  /** Chains of the same files that it has behind it, newest last; all of them, or their files would be kept for it. */
  readonly passedChains: readonly string[]
  /** Records it will never get, which the trail does not say yet. */
  readonly gaps: readonly Gap[]
}

/** A cursor that is not known by its place in a file yet. */
export const cursorBehind = (
  chainId: string,
  seq: number,
  passedChains: readonly string[] = [],
): Cursor => ({ position: { chainId, seq, inode: null, offset: 0 }, passedChains, gaps: [] })

/** The cursor of one destination, in a file of its own. */
export interface CursorFile {
  /** Null when there is none; rejects with an error that names the file when it cannot be understood. */
  load(): Promise<Cursor | null>
  /** Resolves when a power failure cannot take it back. */
  save(cursor: Cursor): Promise<void>
}

const suffix = '.cursor.json'
/** Beside the cursor of a destination: what it refused. */
export const deadLettersSuffix = '.dead-letters.jsonl'
/** A cursor file as anybody can read it. */
interface Stored {
  readonly destination: string
  readonly chain_id: string
  readonly seq: number
  readonly inode: number | null
  readonly offset: number
  readonly passed_chains: readonly string[]
  readonly gaps: readonly {
    readonly chain_id: string
    readonly from_seq: number
    readonly to_seq: number
    readonly reason: Gap['reason']
  }[]
  readonly saved_at: string
}

/** What files call a destination: readable, and never the same for two. */
export function destinationFileName({ name, label }: Pick<Destination, 'name' | 'label'>): string {
  const readable = label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 80)
  const digest = createHash('sha256').update(label).digest('hex').slice(0, 8)
  return `${name}-${readable}-${digest}`
}

/** The cursor of a destination in `directory`, which is made if it is missing. */
export function createCursorFile(
  directory: string,
  destination: Pick<Destination, 'name' | 'label'>,
): CursorFile {
  const path = join(directory, destinationFileName(destination) + suffix)
  return {
    load: () => readCursor(path).then((stored) => stored && fromStored(stored)),

    async save({ position, passedChains, gaps }) {
      const stored: Stored = {
        destination: destination.label,
        chain_id: position.chainId,
        seq: position.seq,
        inode: position.inode,
        offset: position.offset,
        passed_chains: passedChains,
        gaps: gaps.map(({ chainId, fromSeq, toSeq, reason }) => ({
          chain_id: chainId,
          from_seq: fromSeq,
          to_seq: toSeq,
          reason,
        })),
        saved_at: new Date().toISOString(),
      }
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const file = await open(`${path}.new`, 'w', 0o600)
      try {
        await file.writeFile(`${JSON.stringify(stored)}\n`)
        // The name must not get to the disk before what it stands for.
        await file.datasync()
      } finally {
        await file.close()
      }
      await rename(`${path}.new`, path)
      await syncDirectoryOf(path)
    },
  }
}

/** A cursor as `audit status` shows it. */
export interface NamedCursor extends Cursor {
  readonly destination: string
  readonly savedAt: string
  /** The file of what the destination refused, if there is one. */
  readonly deadLettersPath: string
}

/** Every cursor in a directory; none when there is no such directory. Rejects like {@link CursorFile.load}. */
export async function allCursors(directory: string): Promise<NamedCursor[]> {
  const names = await readdir(directory).catch(() => [])
  const cursors: NamedCursor[] = []
  for (const name of names.filter((other) => other.endsWith(suffix)).sort()) {
    const path = join(directory, name)
    const stored = await readCursor(path)
    if (!stored) continue
    const { destination, saved_at: savedAt } = stored
    const deadLettersPath = path.slice(0, -suffix.length) + deadLettersSuffix
    cursors.push({ ...fromStored(stored), destination, savedAt, deadLettersPath })
  }
  return cursors
}

/**
 * Gives a destination that is new here the cursor of one that is configured no more, if it is clear which: a receiver that has
 * moved to another address still gets what waited for it. Resolves to the labels of both, or null.
 */
export async function adoptCursor(
  directory: string,
  destinations: readonly Pick<Destination, 'name' | 'label'>[],
): Promise<{ readonly from: string; readonly to: string } | null> {
  const names = new Map(
    destinations.map((destination) => [destinationFileName(destination) + suffix, destination]),
  )
  const present = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith(suffix))
  const [orphan, ...otherOrphans] = present.filter((name) => !names.has(name))
  const [heir, ...otherHeirs] = [...names.keys()].filter((name) => !present.includes(name))
  if (!orphan || !heir || otherOrphans.length > 0 || otherHeirs.length > 0) return null
  const stored = await readCursor(join(directory, orphan))
  const destination = names.get(heir)
  if (!stored || !destination) return null
  await createCursorFile(directory, destination).save(fromStored(stored))
  const letters = (name: string): string =>
    join(directory, name.slice(0, -suffix.length) + deadLettersSuffix)
  await rename(letters(orphan), letters(heir)).catch(() => {})
  await unlink(join(directory, orphan))
  return { from: stored.destination, to: destination.label }
}

async function readCursor(path: string): Promise<Stored | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const stored = parsed(text)
  if (!stored) throw new Error(`${path} is no cursor`)
  return stored
}

function parsed(text: string): Stored | null {
  try {
    const value = JSON.parse(text) as Partial<Stored>
    const { chain_id: chainId, seq, offset, passed_chains: passed, gaps } = value
    const whole =
      typeof chainId === 'string' &&
      Number.isSafeInteger(seq) &&
      Number.isSafeInteger(offset) &&
      Array.isArray(passed) &&
      Array.isArray(gaps)
    return whole ? (value as Stored) : null
  } catch {
    return null
  }
}

const fromStored = ({ chain_id, seq, inode, offset, passed_chains, gaps }: Stored): Cursor => ({
  position: { chainId: chain_id, seq, inode, offset },
  passedChains: passed_chains,
  gaps: gaps.map(({ chain_id: chainId, from_seq: fromSeq, to_seq: toSeq, reason }) => ({
    chainId,
    fromSeq,
    toSeq,
    reason,
  })),
})
