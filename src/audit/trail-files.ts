import { statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { lastSeqInName, rotatedFiles } from './segments.js'
import { parseRecord, type SignedRecord } from './signed-record.js'
import { linesFromEnd } from './tail-lines.js'
import { textOrNull } from './trail-line.js'

/** A file of a trail, and what its first record says of its place. */
export interface TrailFile {
  readonly path: string
  readonly inode: number
  readonly bytes: number
  /** Null in a file of the reference server. */
  readonly chainId: string | null
  readonly seq: number | null
  readonly timestamp: string
}

/** No first record is longer. */
const maxLineBytes = 8_388_608
const windowBytes = 65_536
const lineFeed = 0x0a

const maxLooks = 10

/**
 * The files that hold the trail, whoever rotated them, in the order of their first records; one without a whole record is left
 * out. Rejects with the system's error when the directory cannot be read.
 */
export async function trailFiles(file: string): Promise<TrailFile[]> {
  for (let look = 1; ; look++) {
    const names = namesOf(file)
    const files: (TrailFile | null)[] = []
    for (const path of [...rotatedFiles(file), file]) files.push(await describe(path))
    // A file that was renamed meanwhile may have been seen under neither name.
    if (names === namesOf(file) || look === maxLooks) return inOrder(files)
  }
}

/** Which file has which name. */
const namesOf = (file: string): string =>
  [...rotatedFiles(file), file]
    .map((path) => `${path} ${statSync(path, { throwIfNoEntry: false })?.ino}`)
    .join('\n')

const inOrder = (files: readonly (TrailFile | null)[]): TrailFile[] =>
  files
    .filter((described) => described !== null)
    .sort(
      (one, other) =>
        compare(one.timestamp, other.timestamp) ||
        (one.seq ?? 0) - (other.seq ?? 0) ||
        (lastSeqInName(one.path) ?? Infinity) - (lastSeqInName(other.path) ?? Infinity),
    )

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

const notThere: ReadonlySet<string | undefined> = new Set(['ENOENT', 'EACCES', 'EPERM', 'ENXIO'])

/** Null for what is no trail, and for what was renamed or removed while we looked. A file that cannot be read now is not passed over. */
async function describe(path: string): Promise<TrailFile | null> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (notThere.has(error.code)) return null
    throw error
  })
  if (!file) return null
  try {
    const stat = await file.stat()
    if (!stat.isFile()) return null
    const first = await firstRecord(file, stat.size)
    if (!first) return null
    return {
      path,
      inode: stat.ino,
      bytes: stat.size,
      chainId: first.chainId,
      seq: first.seq,
      timestamp: textOrNull(first.record.timestamp) ?? '',
    }
  } finally {
    await file.close()
  }
}

async function firstRecord(
  file: Awaited<ReturnType<typeof open>>,
  size: number,
): Promise<SignedRecord | null> {
  for (let length = windowBytes; ; length *= 4) {
    const window = Buffer.alloc(Math.min(length, size))
    const { bytesRead } = await file.read(window, 0, window.length, 0)
    const bytes = window.subarray(0, bytesRead)
    for (let from = 0, to = bytes.indexOf(lineFeed); to >= 0; to = bytes.indexOf(lineFeed, from)) {
      const record = parseRecord(bytes.subarray(from, to))
      if (record) return record
      from = to + 1
    }
    if (length >= size || length > maxLineBytes) return null
  }
}

/** The last whole record of a file; null when it holds none, or is not there. Rejects with the system's error otherwise. */
export async function lastRecordOf(path: string): Promise<SignedRecord | null> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (!file) return null
  try {
    for await (const { bytes } of linesFromEnd(file)) {
      const record = parseRecord(bytes)
      if (record) return record
    }
    return null
  } finally {
    await file.close()
  }
}
