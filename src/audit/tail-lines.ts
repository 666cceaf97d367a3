import type { FileHandle } from 'node:fs/promises'

const windowBytes = 262_144
/** No record is longer; what is, is none, and nothing before it is read. */
const maxLineBytes = 8_388_608
const lineFeed = 0x0a

/** Reads exactly the bytes from `from` to `to`. One read may bring less than was asked for; zeros in its place would pass for content. */
export async function readBytes(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from)
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at)
    if (bytesRead === 0) throw new Error('the file shrank while it was read')
    at += bytesRead
  }
  return bytes
}

/** A whole line of a file, and where in the file the byte behind its line feed is. */
export interface PlacedLine {
  /** Without its line feed. */
  readonly bytes: Buffer
  readonly end: number
}

/** The whole lines of a file, the last one first; what stands behind the last line feed is left out. */
export async function* linesFromEnd(file: FileHandle): AsyncGenerator<PlacedLine> {
  let from = (await file.stat()).size
  let rest: Buffer = Buffer.alloc(0)
  let atEnd = true
  while (from > 0) {
    const to = from
    from = Math.max(0, to - windowBytes)
    let window = Buffer.concat([await readBytes(file, from, to), rest])
    for (let feed = window.lastIndexOf(lineFeed); feed >= 0; feed = window.lastIndexOf(lineFeed)) {
      const bytes = window.subarray(feed + 1)
      // The piece behind the file's last line feed is no whole line.
      if (!atEnd) yield { bytes, end: from + window.length + 1 }
      atEnd = false
      window = window.subarray(0, feed)
    }
    if (window.length > maxLineBytes) return
    rest = window
  }
  if (!atEnd) yield { bytes: rest, end: rest.length + 1 }
}
