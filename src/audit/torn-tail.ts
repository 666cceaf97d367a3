import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { readBytes } from './tail-lines.js'

/** The end of a record that a crash cut off; it was moved out of the file. */
export interface TornTail {
  readonly bytes: number
  readonly sha256: string
  readonly movedTo: string
}

const lineFeed = 0x0a
const recordStart = Buffer.from('{"timestamp": "')
/** More than the longest record. */
const maxTailBytes = 8_388_608

/**
 * Whether bytes without a line feed can be what a crash left of a record, so a beginning of one and nothing behind its
 * end. Anything else at the end of a file is not ours to cut off, and not ours to excuse.
 */
export function isTornRecord(bytes: Buffer): boolean {
  const start = bytes.subarray(0, recordStart.length)
  if (!start.equals(recordStart.subarray(0, start.length))) return false
  return !/, "integrity_hmac": "[0-9a-f]{64}"\}/.test(bytes.toString('latin1'))
}

/**
 * Makes a file end in a whole line: what a crash left of a record goes into a file of its own beside it, and anything else gets
 * the line feed it lacks, so that the next record has a line to itself.
 */
export async function mendTail(file: FileHandle, path: string): Promise<TornTail | null> {
  const { size } = await file.stat()
  if (size === 0 || (await readBytes(file, size - 1, size))[0] === lineFeed) return null
  const start = await lastLineStart(file, size)
  const tail = start === null ? null : await readBytes(file, start, size)
  if (start !== null && tail && isTornRecord(tail)) return moveTornTail(file, path, start, tail)
  await file.write('\n', size)
  await file.datasync()
  return null
}

/** Where what stands behind the last line feed begins; null if it is longer than any record. */
async function lastLineStart(file: FileHandle, size: number): Promise<number | null> {
  const window = await readBytes(file, Math.max(0, size - maxTailBytes), size)
  const feed = window.lastIndexOf(lineFeed)
  if (feed >= 0) return size - window.length + feed + 1
  return window.length === size ? 0 : null
}

async function moveTornTail(
  file: FileHandle,
  path: string,
  start: number,
  torn: Buffer,
): Promise<TornTail> {
  const sha256 = createHash('sha256').update(torn).digest('hex')
  const movedTo = `${path}.torn-${sha256.slice(0, 12)}`
  const copy = await open(movedTo, 'w', 0o600)
  try {
    await copy.writeFile(torn)
    await copy.datasync()
  } finally {
    await copy.close()
  }
  await file.truncate(start)
  await file.datasync()
  return { bytes: torn.length, sha256, movedTo }
}
