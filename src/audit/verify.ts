import { open } from 'node:fs/promises'
import { createChainVerifier } from './chain-verifier.js'
import { readLines } from './line-reader.js'
import { parseLine } from './trail-line.js'
import type { VerifyReport } from './verify-report.js'

const unreadable = (file: string, bytes: number, reason: string): VerifyReport => ({
  verdict: 'not_verifiable',
  file,
  bytes,
  records: 0,
  firstTimestamp: null,
  lastTimestamp: null,
  chains: [],
  chainCount: 0,
  tornTail: null,
  foreign: [],
  problem: null,
  reason,
})

/**
 * Checks every line of one file with one key, in constant memory. It stops at the first line that is wrong. Chains of the
 * reference server (behaviour spec §5.3) verify as well. Never rejects: what cannot be read is `not_verifiable`.
 */
export async function verifyTrail(file: string, key: Buffer): Promise<VerifyReport> {
  let size = 0
  try {
    const handle = await open(file, 'r')
    try {
      const stat = await handle.stat()
      if (stat.isDirectory()) return unreadable(file, 0, 'the file is a directory')
      size = stat.size
      const verifier = createChainVerifier(key)
      let empty = true
      for await (const lines of readLines(handle)) {
        empty = false
        for (const line of lines) {
          const entry = parseLine(line)
          if (line.terminated) verifier.feed(entry)
          else verifier.readUnterminated(entry)
          if (verifier.done()) break
        }
        if (verifier.done()) break
      }
      if (empty) return unreadable(file, size, 'the file is empty')
      return { file, bytes: size, ...verifier.finish() }
    } finally {
      await handle.close()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return unreadable(file, size, `the file cannot be read (${code ?? 'unknown error'})`)
  }
}
