import { writeSync } from 'node:fs'

const waitCell = new Int32Array(new SharedArrayBuffer(4))
const waitMilliseconds = 2
const maxWaits = 100

/** Writes lines to a file descriptor before it returns; throws the system's error when the descriptor takes no more. */
export function createDescriptorSink(descriptor: number): (line: string) => void {
  return (line) => {
    const bytes = Buffer.from(`${line}\n`, 'latin1')
    let waits = 0
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(descriptor, bytes, at)
      } catch (error) {
        // A full pipe whose other end set it non-blocking: wait for its reader, but not for ever.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || waits++ >= maxWaits) throw error
        Atomics.wait(waitCell, 0, 0, waitMilliseconds)
      }
    }
  }
}
