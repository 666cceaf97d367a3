import { open, rename } from 'node:fs/promises'
import { linkMac } from './chain.js'
import { parseRecord, type SignedRecord } from './signed-record.js'
import { syncDirectoryOf } from './sync-directory.js'
import { linesFromEnd, readBytes } from './tail-lines.js'

/** Copies of the checkpoints, beside the trail: what shows that the trail's end was cut off (docs/audit-format.md §4). */
export interface CheckpointFile {
  /** Resolves when the line, and those that could not be written before, are on disk, or when that is impossible for now. Never rejects. */
  append(line: string): Promise<void>
  /** Drops the copies that `isGone` names. Rejects with the system's error. */
  drop(isGone: (checkpoint: SignedRecord) => boolean): Promise<void>
}

/** Copies kept in memory while the file cannot be written; the trail itself holds them all. */
const maxWaiting = 1_000
const lineFeed = 0x0a

/** Opens and closes the file each time, which is once a minute, or once in a thousand records. `onFailure` is called once per outage. */
export function createCheckpointFile(
  path: string,
  onFailure: (code: string) => void,
): CheckpointFile {
  let waiting: string[] = []
  let failing = false
  let working: Promise<void> = Promise.resolve()

  async function write(): Promise<void> {
    const lines = waiting
    if (lines.length === 0) return
    try {
      await appendLines(path, lines)
      waiting = waiting.slice(lines.length)
      failing = false
    } catch (error) {
      if (!failing) onFailure((error as NodeJS.ErrnoException).code ?? 'UNKNOWN')
      failing = true
    }
  }

  return {
    append(line) {
      waiting = [...waiting, line].slice(-maxWaiting)
      working = working.then(write)
      return working
    },

    drop(isGone) {
      const dropped = working.then(() => rewriteWithout(path, isGone))
      working = dropped.catch(() => {})
      return dropped
    },
  }
}

async function rewriteWithout(
  path: string,
  isGone: (checkpoint: SignedRecord) => boolean,
): Promise<void> {
  const kept: Buffer[] = []
  for await (const entry of checkpointsFromEnd(path)) if (!isGone(entry)) kept.push(entry.line)
  const whole = `${path}.new`
  const file = await open(whole, 'w', 0o600)
  try {
    for (const line of kept.reverse())
      await file.appendFile(Buffer.concat([line, Buffer.from('\n')]))
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(whole, path)
  await syncDirectoryOf(path)
}

async function appendLines(path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, 'a+', 0o600)
  try {
    const { size } = await file.stat()
    // What a crash or a full disk left of a line must not run into the next one.
    if (size > 0 && (await readBytes(file, size - 1, size))[0] !== lineFeed) {
      await file.truncate(await wholeLinesEnd(file, size))
    }
    await file.appendFile(lines.map((line) => `${line}\n`).join(''))
    await file.datasync()
  } finally {
    await file.close()
  }
  await syncDirectoryOf(path)
}

async function wholeLinesEnd(
  file: Awaited<ReturnType<typeof open>>,
  size: number,
): Promise<number> {
  for (let to = size; to > 0; to -= 65_536) {
    const from = Math.max(0, to - 65_536)
    const feed = (await readBytes(file, from, to)).lastIndexOf(lineFeed)
    if (feed >= 0) return from + feed + 1
  }
  return 0
}

/** The key a checkpoint was made with, of those given; undefined if none. It states itself what it follows. */
export const checkpointKey = (
  { signed, record }: SignedRecord,
  keys: readonly Buffer[],
): Buffer | undefined =>
  typeof record.head_hmac === 'string'
    ? keys.find((key) => linkMac(key, String(record.head_hmac), signed.text) === signed.mac)
    : undefined

/** The checkpoints of the file, the last one first; lines that are none are left out. */
export async function* checkpointsFromEnd(path: string): AsyncGenerator<SignedRecord> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (!file) return
  try {
    for await (const { bytes: line } of linesFromEnd(file)) {
      const entry = parseRecord(line)
      if (entry) yield entry
    }
  } finally {
    await file.close()
  }
}
