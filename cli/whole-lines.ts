import { Transform } from 'node:stream'

/**
 * Passes bytes on in whole lines. The SDK copies all it has with every piece that comes, which for a report of 50 MiB in pieces of
 * 64 KiB means tens of gigabytes and no other work for many seconds. Fails on a line of more than `maxBytes`.
 */
export function wholeLines(maxBytes: number): Transform {
  let parts: Buffer[] = []
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const end = chunk.lastIndexOf('\n') + 1
      if (end > 0) {
        this.push(Buffer.concat([...parts, chunk.subarray(0, end)]))
        parts = []
        bytes = 0
      }
      if (end < chunk.length) {
        parts.push(chunk.subarray(end))
        bytes += chunk.length - end
      }
      done(bytes > maxBytes ? new Error(`a line of more than ${maxBytes} bytes on stdin`) : null)
    },
  })
}
