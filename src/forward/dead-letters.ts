import { mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncDirectoryOf } from '../audit/sync-directory.js'
import type { AuditLine } from '../audit/trail-sinks.js'
import { deadLettersSuffix, destinationFileName } from './cursor.js'
import type { Destination } from './destination.js'

/** A record that a destination will never take, and why. */
export interface DeadLetter {
  readonly line: AuditLine
  /** One of few words or a code. */
  readonly reason: string
}

/** The file of what a destination refused for good. */
export const deadLetterFile = (
  directory: string,
  destination: Pick<Destination, 'name' | 'label'>,
): string => join(directory, destinationFileName(destination) + deadLettersSuffix)

/**
 * Appends records to a file, one JSON object a line; `record` is the exact line, so that it can still be verified. Resolves
 * when they are on disk.
 */
export async function writeDeadLetters(
  path: string,
  destination: Pick<Destination, 'label'>,
  letters: readonly DeadLetter[],
): Promise<void> {
  const at = new Date().toISOString()
  const lines = letters
    .map(({ line, reason }) =>
      JSON.stringify({ at, destination: destination.label, reason, record: line.line }),
    )
    .join('\n')
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'a+', 0o600)
  try {
    const { size } = await file.stat()
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
    // What a crash cut off in the middle stays what it is, and does not spoil what follows.
    const separator = size > 0 && buffer[0] !== 0x0a ? '\n' : ''
    try {
      await file.writeFile(`${separator}${lines}\n`)
      await file.datasync()
    } catch (error) {
      await file.truncate(size).catch(() => {})
      throw error
    }
  } finally {
    await file.close()
  }
  await syncDirectoryOf(path)
}
