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
 * Finds a position among the files of a trail: where it says it is, or else by reading the trail back from its end. When its record is
 * lost, it is behind the last one before it, or else before the first one after it. A position whose chain is in none of the files is
 * taken for the beginning of what is there: rather twice than never. Null when there is no record at all.
 */
export async function findPosition(
  files: readonly TrailFile[],
  position: TrailPosition,
): Promise<TrailPlace | null> {
  const named = files.find(({ inode }) => inode === position.inode)
  if (named && (await endsThere(named, position))) {
    return { file: named, offset: position.offset, found: true }
  }
  let before: TrailPlace | null = null
  let after: TrailPlace | null = null
  // The record itself may be lost; where it goes on then is certain once no file has it.
  for (const file of files.toReversed()) {
    const border = await borderIn(file, position)
    if (!border) continue
    const place = { file, offset: border.offset, found: true }
    if (border.is === 'exact') return place
    if (border.is === 'before') before ??= place
    else after = place
  }
  const [oldest] = files
  return before ?? after ?? (oldest ? { file: oldest, offset: 0, found: false } : null)
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

interface Border {
  readonly offset: number
  /** Behind the very record, behind an earlier one of its chain, or before a later one. */
  readonly is: 'exact' | 'before' | 'after'
}

/** The byte of a file where its records of the chain up to `position` end; null when it has none of the chain. */
async function borderIn(
  { path }: TrailFile,
  { chainId, seq }: TrailPosition,
): Promise<Border | null> {
  const file = await open(path, 'r').catch(() => null)
  if (!file) return null
  let first: number | null = null
  try {
    for await (const { bytes, end } of linesFromEnd(file)) {
      const record = parseRecord(bytes)
      if (record?.chainId !== chainId || record.seq === null) continue
      if (record.seq <= seq) return { offset: end, is: record.seq === seq ? 'exact' : 'before' }
      first = end - bytes.length - 1
      // What is behind the position begins here.
      if (record.seq === seq + 1) return { offset: first, is: 'exact' }
    }
    return first === null ? null : { offset: first, is: 'after' }
  } finally {
    await file.close()
  }
}
