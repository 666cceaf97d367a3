import { trailFiles } from '../audit/trail-files.js'
import { findPosition, type TrailPosition } from '../audit/trail-position.js'
import { createTrailReader, type TrailReader } from '../audit/trail-reader.js'
import type { TrailStore } from '../audit/trail-writer.js'
import { gapSize, type RecordSource } from './record-source.js'

/** The trail itself as a source. */
export function createTrailSource(reader: TrailReader): RecordSource {
  return {
    async read(maxRecords, maxBytes) {
      const { lines, gaps } = await reader.read(maxRecords, maxBytes)
      return { lines, gaps: gaps.map((gap) => ({ ...gap, reason: 'records_missing' as const })) }
    },
    close: reader.close,
  }
}

/**
 * How much of a trail stands behind a position: bytes in files, and records of the chains before `ownChainId`, which are read
 * for it. Those of that chain can be told by their numbers.
 */
export async function countBehind(
  store: Pick<TrailStore, 'file' | 'syncedBytes'>,
  from: TrailPosition,
  ownChainId: string,
): Promise<{ olderRecords: number; bytes: number }> {
  const bytes = await bytesBehind(store.file, from, ownChainId)
  if (from.chainId === ownChainId) return { olderRecords: 0, bytes }
  const reader = createTrailReader({ ...store, from, ownChainId })
  let olderRecords = 0
  try {
    for (;;) {
      const { lines, gaps } = await reader.read(1_000, 1_000_000)
      olderRecords += gaps
        .filter(({ chainId }) => chainId !== ownChainId)
        .reduce((sum, gap) => sum + gapSize(gap), 0)
      const older = lines.filter(({ chainId }) => chainId !== ownChainId).length
      olderRecords += older
      if (older < lines.length || lines.length === 0) return { olderRecords, bytes }
    }
  } finally {
    await reader.close()
  }
}

async function bytesBehind(file: string, from: TrailPosition, ownChainId: string): Promise<number> {
  const files = await trailFiles(file)
  const place = await findPosition(files, from)
  if (!place || (!place.found && from.chainId === ownChainId)) return 0
  const later = files.slice(files.findIndex(({ path }) => path === place.file.path))
  return Math.max(0, later.reduce((sum, { bytes }) => sum + bytes, 0) - place.offset)
}
