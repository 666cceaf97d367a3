import { open } from 'node:fs/promises'
import { parseRecord } from './signed-record.js'
import { linesFromEnd } from './tail-lines.js'
import type { TrailFile } from './trail-files.js'

/** A place in a trail: behind a record. */
export interface TrailPosition {
  readonly chainId: string
  /** 0: before the first record of the chain. */
  readonly seq: number
  /** The file and the byte behind the record, when it was written down; files may have been renamed or copied since. */
  readonly inode: number | null
  readonly offset: number
}

/** A byte of a file of the trail. */
export interface TrailPlace {
  readonly file: TrailFile
  readonly offset: number
  /** Whether that is where the position was; else it is where the trail begins. */
  readonly found: boolean
}

/** No record is longer. */
const maxLineBytes = 8_388_608

/**
 * Finds a position among the files of a trail: where it says it is, or else by reading the trail back from its end. A position that is
 * in none of them is taken for the beginning of what is there: rather twice than never. Null when there is no record at all.
 */
export async function findPosition(
  files: readonly TrailFile[],
  position: TrailPosition,
): Promise<TrailPlace | null> {
  const named = files.find(({ inode }) => inode === position.inode)
  if (named && (await endsThere(named, position))) {
    return { file: named, offset: position.offset, found: true }
  }
  let nearest: TrailPlace | null = null
  for (const file of files.toReversed()) {
    const last = await lastUpTo(file, position)
    if (last?.exact) return { file, offset: last.offset, found: true }
    // The record itself may be lost; then it goes on behind the one before it, once it is certain that no file has it.
    if (last) nearest ??= { file, offset: last.offset, found: true }
  }
  const [oldest] = files
  return nearest ?? (oldest ? { file: oldest, offset: 0, found: false } : null)
}

async function endsThere({ path, bytes }: TrailFile, position: TrailPosition): Promise<boolean> {
  const { offset } = position
  if (offset === 0 || offset > bytes) return false
  const file = await open(path, 'r')
  try {
    for (let length = 16_384; ; length *= 4) {
      const from = Math.max(0, offset - length)
      const window = Buffer.alloc(offset - from)
      await file.read(window, 0, window.length, from)
      const begin = window.lastIndexOf('\n', -2) + 1
      if (begin > 0 || from === 0) {
        const record = parseRecord(window.subarray(begin, -1))
        return record?.chainId === position.chainId && record.seq === position.seq
      }
      if (length > maxLineBytes) return false
    }
  } finally {
    await file.close()
  }
}

/** The byte behind the last record of the chain up to `position`, and whether it is that one; null when the file has none. */
async function lastUpTo(
  { path }: TrailFile,
  { chainId, seq }: TrailPosition,
): Promise<{ offset: number; exact: boolean } | null> {
  const file = await open(path, 'r').catch(() => null)
  if (!file) return null
  try {
    for await (const { bytes, end } of linesFromEnd(file)) {
      const record = parseRecord(bytes)
      if (record?.chainId !== chainId || record.seq === null) continue
      if (record.seq <= seq) return { offset: end, exact: record.seq === seq }
      // What is behind the position begins here.
      if (record.seq === seq + 1) return { offset: end - bytes.length - 1, exact: true }
    }
    return null
  } finally {
    await file.close()
  }
}
