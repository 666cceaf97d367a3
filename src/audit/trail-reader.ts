import { type FileHandle, open } from 'node:fs/promises'
import { levelOf } from './records.js'
import { parseRecord } from './signed-record.js'
import { type TrailFile, trailFiles } from './trail-files.js'
import { textOrNull } from './trail-line.js'
import { findPosition, type TrailPlace, type TrailPosition } from './trail-position.js'
import type { AuditLine } from './trail-sinks.js'

/** A record read back. */
export interface StoredLine extends AuditLine {
  /** The place before it, and the one behind it. */
  readonly before: TrailPosition
  readonly behind: TrailPosition
  /** Records that the trail says its file never got, just before this one. */
  readonly lostBefore: number
}

/** Numbers of a chain that the files do not hold, though they hold those after them. */
export interface TrailGap {
  readonly chainId: string
  readonly fromSeq: number
  readonly toSeq: number
}

export interface TrailReaderOptions {
  /** The file that is written to. */
  readonly file: string
  readonly from: TrailPosition
  /** The chain of this process: as long as none of it is on disk, there is nothing to find of it. */
  readonly ownChainId: string
  /** As the journal says it. */
  readonly syncedBytes: (inode: number) => number | null
}

/** Reads a trail while it is written, from one file to the next, and nothing that is not on disk. */
export interface TrailReader {
  /** The next records, at most so many and about so many bytes; none when there are no more yet. Rejects with the system's error. */
  read(maxRecords: number, maxBytes: number): Promise<{ lines: StoredLine[]; gaps: TrailGap[] }>
  close(): Promise<void>
}

interface Opened {
  readonly handle: FileHandle
  readonly inode: number
  readonly firstRecord: string
  offset: number
}

const windowBytes = 65_536
/** Of a record, on the large side; more is not read than will be taken. */
const usualBytes = 2_000
const lineFeed = 0x0a
/** A file that passes from name to name is looked for so often at once. */
const maxLooks = 10

export function createTrailReader(options: TrailReaderOptions): TrailReader {
  const { file, syncedBytes, ownChainId } = options
  let position = options.from
  let timestamp = ''
  let current: Opened | null = null
  /** Files that were read to their end, by their first records: an inode may be given to another file. */
  const finished = new Set<string>()

  /** False when the name has been given to another file since it was looked at. */
  async function openAt({ file, offset }: TrailPlace): Promise<boolean> {
    const { path, inode } = file
    const handle = await openThere(path)
    if (!handle) return false
    if ((await handle.stat()).ino !== inode) {
      await handle.close()
      return false
    }
    await current?.handle.close()
    current = { handle, inode, firstRecord: firstRecordOf(file), offset }
    return true
  }

  async function begin(): Promise<void> {
    for (let look = 0; look < maxLooks; look++) {
      const place = await findPosition(await trailFiles(file), position)
      if (!place || (!place.found && position.chainId === ownChainId)) return
      // No record behind the position is older than the first of its file.
      timestamp = place.file.timestamp
      if (await openAt(place)) return
    }
  }

  /**
   * Goes on where the position is now: whoever emptied the file may have left a copy of it. False when that cannot be opened at
   * present.
   */
  async function relocate(opened: Opened): Promise<boolean> {
    for (let look = 0; look < maxLooks; look++) {
      const place = await findPosition(await trailFiles(file), position)
      if (!place?.found || place.file.inode === opened.inode) {
        const { size } = await opened.handle.stat()
        // What was read before is known by its number.
        opened.offset = place?.found && place.offset <= size ? place.offset : 0
        return true
      }
      if (await openAt(place)) return true
    }
    return false
  }

  /** Goes on in the file that continues what was read, if there is one. */
  async function openNext(done: Opened): Promise<boolean> {
    const files = (await trailFiles(file)).filter(
      (other) => other.inode !== done.inode && !finished.has(firstRecordOf(other)),
    )
    const next = nextOf(files, position, timestamp) ?? files.find(({ path }) => path === file)
    if (!next) return false
    finished.add(done.firstRecord)
    await openAt({ file: next, offset: 0, found: true })
    return true
  }

  /**
   * Bytes from where we stand to the last line feed that is on disk, at least one whole line if there is one. Null when somebody
   * emptied the file under us.
   */
  async function window(opened: Opened, wantedBytes: number): Promise<Buffer | null> {
    const { size } = await opened.handle.stat()
    if (size < opened.offset) return null
    const end = Math.min(size, syncedBytes(opened.inode) ?? size)
    const left = end - opened.offset
    for (let length = Math.min(Math.max(windowBytes, wantedBytes), left); length > 0; ) {
      const bytes = Buffer.allocUnsafe(length)
      const { bytesRead } = await opened.handle.read(bytes, 0, length, opened.offset)
      const feed = bytes.subarray(0, bytesRead).lastIndexOf(lineFeed)
      if (feed >= 0) return bytes.subarray(0, feed + 1)
      if (length >= left) break
      length = Math.min(length * 4, left)
    }
    return Buffer.alloc(0)
  }

  /**
   * Null when something else stands where we were than what comes next, unless `trusted`: the file was perhaps emptied and
   * has grown again.
   */
  function take(
    opened: Opened,
    bytes: Buffer,
    maxRecords: number,
    maxBytes: number,
    trusted: boolean,
  ) {
    const lines: StoredLine[] = []
    const gaps: TrailGap[] = []
    const from = opened.offset
    let at = 0
    while (at < bytes.length && lines.length < maxRecords && (at === 0 || at < maxBytes)) {
      const feed = bytes.indexOf(lineFeed, at)
      const begin = at
      const entry = parseRecord(bytes.subarray(begin, feed))
      at = feed + 1
      if (!entry && lines.length === 0 && from > 0 && !trusted) return null
      if (!entry || entry.chainId === null || entry.seq === null) continue
      const { chainId, seq, record } = entry
      // Read before: a copy of the file that has its name now, or one that was found by its beginning only.
      if (chainId === position.chainId && seq <= position.seq) continue
      const expected = chainId === position.chainId ? position.seq + 1 : seq
      if (seq > expected && !trusted) {
        if (lines.length === 0) return null
        at = begin
        break
      }
      if (seq > expected) gaps.push({ chainId, fromSeq: expected, toSeq: seq - 1 })
      const before = position
      position = { chainId, seq, inode: opened.inode, offset: from + at }
      timestamp = textOrNull(record.timestamp) ?? timestamp
      lines.push({
        line: entry.line.toString('latin1'),
        seq,
        chainId,
        mac: entry.signed.mac,
        level: levelOf(record.level),
        timestamp,
        eventType: textOrNull(record.event_type) ?? '',
        before,
        behind: position,
        lostBefore:
          record.chain_event === 'chain_start' && typeof record.lost_records === 'number'
            ? record.lost_records
            : 0,
      })
    }
    opened.offset = from + at
    return { lines, gaps }
  }

  return {
    async read(maxRecords, maxBytes) {
      if (!current) await begin()
      // Once is enough: the next record is taken as it is, whatever is missing before it.
      let relocated = false
      while (current) {
        const opened: Opened = current
        // Asked before reading: what is written to it later is seen next time.
        const written = syncedBytes(opened.inode) !== null
        const bytes = await window(opened, Math.min(maxBytes, maxRecords * usualBytes))
        const taken = bytes && take(opened, bytes, maxRecords, maxBytes, relocated)
        if (!bytes || !taken) {
          relocated = await relocate(opened)
          if (relocated) continue
          break
        }
        if (taken.lines.length > 0) return taken
        if (bytes.length > 0) continue
        if (written || !(await openNext(opened))) break
      }
      return { lines: [], gaps: [] }
    },

    async close() {
      await current?.handle.close()
      current = null
    },
  }
}

/** The file whose first record comes next: the same chain goes on in it, or else it is the oldest of those begun later. */
function nextOf(
  files: readonly TrailFile[],
  { chainId, seq }: TrailPosition,
  timestamp: string,
): TrailFile | undefined {
  const going = files
    .filter((file) => file.chainId === chainId && file.seq !== null && file.seq > seq)
    .sort((one, other) => (one.seq ?? 0) - (other.seq ?? 0) || other.bytes - one.bytes)
  return going[0] ?? files.find((file) => file.chainId !== chainId && file.timestamp >= timestamp)
}

const firstRecordOf = ({ chainId, seq, timestamp }: TrailFile): string =>
  `${chainId} ${seq} ${timestamp}`

/** Null for a name that is just passing to another file. */
const openThere = (path: string): Promise<FileHandle | null> =>
  open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
