import { ToolError } from '../errors.js'

/** Keeps the reports that are being uploaded, each of them held in memory for minutes, from filling it together. */
export interface UploadRoom {
  /**
   * Takes room for a report until the returned function is called. A single report is always let in.
   * @throws ToolError `rate_limited` while the others need the room
   */
  take(bytes: number): () => void
}

const retryAfterSeconds = 5

/** @param maxBytes of all reports together */
export function createUploadRoom(maxBytes: number): UploadRoom {
  let taken = 0
  return {
    take(bytes) {
      if (taken > 0 && taken + bytes > maxBytes) {
        throw new ToolError(
          'rate_limited',
          `Other large imports are under way. Try again in ${retryAfterSeconds} seconds or later; nothing was sent.`,
          { retryAfterSeconds },
        )
      }
      taken += bytes
      let held = true
      return () => {
        if (held) taken -= bytes
        held = false
      }
    },
  }
}
