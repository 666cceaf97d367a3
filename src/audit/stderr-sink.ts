import { writeSync } from 'node:fs'

const waitCell = new Int32Array(new SharedArrayBuffer(4))
const waitMilliseconds = 2
const maxWaits = 100

/**
 * Writes lines to a file descriptor before it returns; throws the system's error when the descriptor takes no more. A full pipe
 * is waited for up to 0.2 s, but only once: until its reader takes a line again, the following ones do not wait at all.
 */
export function createDescriptorSink(descriptor: number): (line: string) => void {
  let waitsLeft = maxWaits

  return (line) => {
    const bytes = Buffer.from(`${line}\n`, 'latin1')
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(descriptor, bytes, at)
      } catch (error) {
        // A full pipe whose other end set it non-blocking: wait for its reader, but not for ever.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || waitsLeft === 0) throw error
        waitsLeft--
        Atomics.wait(waitCell, 0, 0, waitMilliseconds)
      }
    }
    waitsLeft = maxWaits
  }
}
