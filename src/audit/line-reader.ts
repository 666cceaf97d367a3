import type { FileHandle } from 'node:fs/promises'

/** A line of a file without its line feed. */
export interface FileLine {
  /** From 1 on. */
  readonly number: number
  readonly byteOffset: number
  readonly bytes: Buffer
  /** False for what stands behind the file's last line feed. */
  readonly terminated: boolean
}

const chunkBytes = 262_144
/** Longer than any record; of a longer line only this much is kept, so that memory stays bounded on any file. */
const maxLineBytes = 8_388_608
const lineFeed = 0x0a

/** The lines of a file in batches, in constant memory. */
export async function* readLines(file: FileHandle): AsyncGenerator<FileLine[]> {
  let number = 0
  let lineOffset = 0
  let offset = 0
  let pieces: Buffer[] = []
  let kept = 0

  function keep(piece: Buffer): void {
    if (kept >= maxLineBytes || piece.length === 0) return
    pieces.push(piece)
    kept += piece.length
  }

  function finish(terminated: boolean): FileLine {
    const bytes = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)
    const line = { number: ++number, byteOffset: lineOffset, bytes, terminated }
    pieces = []
    kept = 0
    return line
  }

  for (;;) {
    // A buffer of its own each time: lines of the last batch may still be in use.
    const buffer = Buffer.allocUnsafe(chunkBytes)
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, null)
    if (bytesRead === 0) break
    const chunk = buffer.subarray(0, bytesRead)
    const lines: FileLine[] = []
    let start = 0
    for (let feed = chunk.indexOf(lineFeed); feed >= 0; feed = chunk.indexOf(lineFeed, start)) {
      keep(chunk.subarray(start, feed))
      lines.push(finish(true))
      start = feed + 1
      lineOffset = offset + start
    }
    keep(chunk.subarray(start))
    offset += bytesRead
    if (lines.length > 0) yield lines
  }
  if (lineOffset < offset) yield [finish(false)]
}
