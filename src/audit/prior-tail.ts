import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { genesis, linkMac, splitLine } from './chain.js'
import { recordOf, textOrNull } from './trail-line.js'

/** How the file's end was found at start (behaviour spec §5.4; `unverifiable`: the end was not made with this key). */
export type PriorTailStatus =
  | 'resumed'
  | 'no_prior_file'
  | 'empty_file'
  | 'unreadable'
  | 'unverifiable'

export interface PriorTail {
  readonly status: PriorTailStatus
  /** Where to go on; only when `resumed`. A record of the reference server has neither number nor chain id. */
  readonly position: {
    readonly mac: string
    readonly seq: number
    readonly chainId: string | null
  } | null
  /** The MAC the last record states, whether or not it is right. */
  readonly claimedMac: string | null
  /** The end of a record that a crash cut off: it was moved out of the file. */
  readonly torn: {
    readonly bytes: number
    readonly sha256: string
    readonly movedTo: string
  } | null
}

/** More than two of the longest records. */
const windowBytes = 1_048_576
const lineFeed = 0x0a
const recordStart = Buffer.from('{"timestamp": "')

/**
 * Whether bytes without a line feed can be what a crash left of a record, so a beginning of one and nothing behind its
 * end. Anything else at the end of a file is not ours to cut off, and not ours to excuse.
 */
export function isTornRecord(bytes: Buffer): boolean {
  const start = bytes.subarray(0, recordStart.length)
  if (!start.equals(recordStart.subarray(0, start.length))) return false
  return !/, "integrity_hmac": "[0-9a-f]{64}"\}/.test(bytes.toString('latin1'))
}

function verifiedPosition(key: Buffer, last: Buffer, before: Buffer | null): PriorTail['position'] {
  const signed = splitLine(last)
  const record = signed && recordOf(last)
  if (!record) return null
  const candidates = [before && splitLine(before)?.mac, genesis, record.previous_hmac]
  const fits = candidates.some(
    (previous) =>
      typeof previous === 'string' && linkMac(key, previous, signed.text) === signed.mac,
  )
  const seq = typeof record.seq === 'number' ? record.seq : 0
  return fits ? { mac: signed.mac, seq, chainId: textOrNull(record.chain_id) } : null
}

/** Moves the bytes from `start` on out of the log, into a file of their own beside it. */
async function moveTornTail(file: FileHandle, path: string, start: number, torn: Buffer) {
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

/**
 * Reads the end of the log, makes it end in a whole line, and checks the last record with the key before it is adopted:
 * a forged last line cannot become the past of a new run. Rejects with the system's error when the file cannot be opened.
 */
export async function readPriorTail(path: string, key: Buffer): Promise<PriorTail> {
  const none = { position: null, claimedMac: null, torn: null }
  let file: FileHandle
  try {
    file = await open(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return { status: 'no_prior_file', ...none }
    throw error
  }
  try {
    const stat = await file.stat()
    if (!stat.isFile()) return { status: 'no_prior_file', ...none }
    if (stat.size === 0) return { status: 'empty_file', ...none }

    const from = Math.max(0, stat.size - windowBytes)
    const window = Buffer.alloc(stat.size - from)
    // One read may bring less than was asked for; zeros in its place would pass for a foreign end.
    for (let at = 0; at < window.length; ) {
      const { bytesRead } = await file.read(window, at, window.length - at, from + at)
      if (bytesRead === 0) throw new Error('the audit file shrank while it was read')
      at += bytesRead
    }

    let end = window.lastIndexOf(lineFeed) + 1
    let torn: PriorTail['torn'] = null
    if (end < window.length) {
      const tail = window.subarray(end)
      if ((end > 0 || from === 0) && isTornRecord(tail)) {
        torn = await moveTornTail(file, path, from + end, tail)
      } else {
        // A whole record whose line feed is missing, or something foreign: either way the next record gets its own line.
        await file.write('\n', stat.size)
        await file.datasync()
        end = window.length + 1
      }
    }

    const lines = splitLines(window.subarray(0, end), from > 0)
    const last = lines.at(-1)
    if (!last) return { ...none, status: torn && from === 0 ? 'empty_file' : 'unreadable', torn }
    const position = verifiedPosition(key, last, lines.at(-2) ?? null)
    const claimedMac = splitLine(last)?.mac ?? null
    const status = position ? 'resumed' : claimedMac ? 'unverifiable' : 'unreadable'
    return { status, position, claimedMac, torn }
  } finally {
    await file.close()
  }
}

/** The last two lines of a window; the first piece is left out when the window begins within a line. */
function splitLines(window: Buffer, beginsWithinLine: boolean): Buffer[] {
  const lines: Buffer[] = []
  let end = window.at(-1) === lineFeed ? window.length - 1 : window.length
  while (lines.length < 2 && end > 0) {
    const feed = window.lastIndexOf(lineFeed, end - 1)
    if (feed < 0 && beginsWithinLine) break
    lines.unshift(window.subarray(feed + 1, end))
    end = feed
  }
  return lines
}
