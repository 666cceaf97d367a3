/** A line of a file without its line feed. */
export interface FileLine {
  /** From 1 on. */
  readonly number: number
  readonly byteOffset: number
  readonly bytes: Buffer
  /** With it, if there is one. */
  readonly whole: Buffer
  /** False for what stands behind the file's last line feed. */
  readonly terminated: boolean
}

/** Longer than any record; of a longer line only this much is kept, so that memory stays bounded on any file. */
const maxLineBytes = 8_388_608
const lineFeed = 0x0a

/** The lines of a file in batches, in constant memory. */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<FileLine[]> {
  let number = 0
  let lineOffset = 0
  let offset = 0
  let pieces: Buffer[] = []
  let kept = 0

  function keep(piece: Buffer): void {
    if (kept > maxLineBytes || piece.length === 0) return
    pieces.push(piece)
    kept += piece.length
  }

  function finish(terminated: boolean): FileLine {
    const whole = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)
    const bytes = terminated ? whole.subarray(0, -1) : whole
    const line = { number: ++number, byteOffset: lineOffset, bytes, whole, terminated }
    pieces = []
    kept = 0
    return line
  }

  for await (const chunk of chunks) {
    const lines: FileLine[] = []
    let start = 0
    for (let feed = chunk.indexOf(lineFeed); feed >= 0; feed = chunk.indexOf(lineFeed, start)) {
      keep(chunk.subarray(start, feed + 1))
      lines.push(finish(true))
      start = feed + 1
      lineOffset = offset + start
    }
    keep(chunk.subarray(start))
    offset += chunk.length
    if (lines.length > 0) yield lines
  }
  if (lineOffset < offset) yield [finish(false)]
}

/** Whether a line is too long to be a record; then not all of it was kept. */
export const isTooLong = (line: FileLine): boolean => line.bytes.length > maxLineBytes
