import { existsSync } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { forwardingDirectory } from '../audit/segments.js'
import { lastRecordOf, trailFiles } from '../audit/trail-files.js'
import { createTrailReader } from '../audit/trail-reader.js'
import { allCursors } from './cursor.js'
import { countBehind } from './trail-source.js'

/** How far one destination has got, from the files alone. */
export interface DestinationStatus {
  readonly destination: string
  /** The last record that it has. */
  readonly chainId: string
  readonly seq: number
  readonly savedAt: string
  readonly waitingRecords: number
  readonly waitingBytes: number
  /** When the oldest of those was made; null if none waits. */
  readonly oldestTimestamp: string | null
  readonly deadLetters: number
}

/**
 * Looks at a trail and the cursors beside it, with or without a server that runs. Rejects with the system's error when the trail
 * cannot be read, and with one that names the file when a cursor cannot be understood.
 */
export async function forwardingStatus(file: string): Promise<DestinationStatus[]> {
  const newest = await newestFile(file)
  await access(newest)
  const end = await lastRecordOf(newest)
  const store = { file, syncedBytes: () => null }
  const ownChainId = end?.chainId ?? ''
  const cursors = await allCursors(forwardingDirectory(file))
  return Promise.all(
    cursors.map(async ({ destination, position, savedAt, deadLettersPath }) => {
      const reader = createTrailReader({ ...store, from: position, ownChainId })
      const { lines } = await reader.read(1, 1)
      await reader.close()
      const { olderRecords, bytes } =
        lines.length === 0
          ? { olderRecords: 0, bytes: 0 }
          : await countBehind(store, position, ownChainId)
      const ownRecords =
        end?.seq == null || lines.length === 0
          ? 0
          : end.seq - (position.chainId === ownChainId ? position.seq : 0)
      return {
        destination,
        chainId: position.chainId,
        seq: position.seq,
        savedAt,
        waitingRecords: olderRecords + ownRecords,
        waitingBytes: bytes,
        oldestTimestamp: lines[0]?.timestamp ?? null,
        deadLetters: await lineCount(deadLettersPath),
      }
    }),
  )
}

/** Between a rename by others and the next record there is no file of this name. */
async function newestFile(file: string): Promise<string> {
  if (existsSync(file)) return file
  return (await trailFiles(file)).at(-1)?.path ?? file
}

async function lineCount(path: string): Promise<number> {
  const text = await readFile(path, 'latin1').catch(() => '')
  return text.split('\n').length - 1
}
