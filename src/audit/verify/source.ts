import { createReadStream, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { createGunzip } from 'node:zlib'
import { checkpointsFile, isClosedSegment } from '../segments.js'

/** A file of records, or its content. */
export type TrailSource = string | { readonly name: string; readonly bytes: Buffer }

export const nameOf = (source: TrailSource): string =>
  typeof source === 'string' ? source : source.name

/** The content in pieces; throws the system's error when it cannot be read. */
export async function* chunksOf(source: TrailSource): AsyncIterable<Buffer> {
  if (typeof source !== 'string') {
    yield source.bytes
    return
  }
  const file = createReadStream(source, { highWaterMark: 262_144 })
  if (!source.endsWith('.gz')) {
    yield* file as AsyncIterable<Buffer>
    return
  }
  const plain = createGunzip()
  file.once('error', (error) => plain.destroy(error))
  yield* file.pipe(plain) as AsyncIterable<Buffer>
}

/** How logrotate names what it moved away: `audit.jsonl.1`, `audit.jsonl-20260102`, each perhaps compressed. */
const rotatedName = /^(\.\d{1,4}|-\d{8,14})(\.gz)?$/

/** The parts of a trail that were closed before `file`, found by name beside it. */
function partsBeside(file: string): string[] {
  const directory = dirname(file)
  const name = basename(file)
  try {
    return readdirSync(directory)
      .filter((other) => other.startsWith(name))
      .filter((other) => isClosedSegment(other) || rotatedName.test(other.slice(name.length)))
      .map((other) => join(directory, other))
  } catch {
    // Whatever is wrong with the directory is said of the file itself.
    return []
  }
}

/** What stands before the ending that closing added. */
const activeOf = (file: string): string => file.replace(/\.\d{8}T\d{6}Z-\d{12,}(\.gz)?$/, '')

/** Every file that naming these means, and the checkpoints beside them. In memory there is nothing beside anything. */
export function withSiblings(named: readonly TrailSource[]): {
  readonly files: TrailSource[]
  readonly checkpoints: TrailSource[]
  /** Whether files were named that are no closed segments, so that the trail should reach its end. */
  readonly whole: boolean
} {
  const files = new Map<string, TrailSource>()
  const checkpoints = new Set<string>()
  let whole = false
  for (const source of named) {
    const name = nameOf(source)
    const closed = isClosedSegment(basename(name).replace(/\.gz$/, ''))
    if (!closed) whole = true
    if (typeof source === 'string') {
      if (!closed) for (const part of partsBeside(source)) files.set(part, part)
      const beside = checkpointsFile(activeOf(source))
      if (statSync(beside, { throwIfNoEntry: false })?.isFile()) checkpoints.add(beside)
    }
    files.set(name, source)
  }
  return { files: [...files.values()], checkpoints: [...checkpoints], whole }
}
