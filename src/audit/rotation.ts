import { statSync } from 'node:fs'
import type { Journal } from './journal.js'
import { segmentName } from './segments.js'

/** When a file is closed and a new one begun; null: never for that reason. */
export interface RotationLimits {
  readonly maxBytes: number | null
  readonly maxAgeMs: number | null
}

/** Our own rotation of the audit file. */
export interface Rotation {
  /** Whether the present file is large or old enough. */
  due(): boolean
  /** Closes the file, whose last record is `lastSeq`; returns the path it has now, or the system's code when that is impossible. */
  rotate(lastSeq: number): { readonly closedPath: string } | { readonly failure: string }
  /** A new file was begun, for whatever reason. */
  began(): void
}

/** After a rotation that failed, the file goes on growing for so long. */
const retryMs = 60_000

export function createRotation(options: {
  readonly file: string
  readonly journal: Journal
  readonly limits: RotationLimits
  readonly clock: () => Date
}): Rotation {
  const { file, journal, clock } = options
  const { maxBytes, maxAgeMs } = options.limits
  // Not when the process began: one that is restarted often would never find its file old.
  let beganAt = statSync(file).birthtimeMs
  let notBefore = 0

  function began(): void {
    beganAt = clock().getTime()
  }

  return {
    due() {
      if (!journal.durable || !journal.writable()) return false
      const now = clock().getTime()
      const tooOld = maxAgeMs !== null && now - beganAt >= maxAgeMs
      const tooLarge = maxBytes !== null && journal.size() >= maxBytes
      return (tooOld || tooLarge) && now >= notBefore
    },

    rotate(lastSeq) {
      const closedPath = segmentName(file, clock(), lastSeq)
      const failure = journal.rotate(closedPath)
      if (failure !== null) {
        notBefore = clock().getTime() + retryMs
        return { failure }
      }
      began()
      return { closedPath }
    },

    began,
  }
}
