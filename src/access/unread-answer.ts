import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'

/** How long nothing of an answer that waits may be taken. Node looks at the end of each such time, so it may be twice as long. */
const unreadMs = 30_000

/**
 * Ends the connection of a client that reads nothing of its answer for so many milliseconds; what waits for it would stay in memory
 * as long as it likes (CVE-2026-25224). However slowly it reads, and however long a stream has nothing to say, it is left alone.
 */
export function cutOffUnread(response: ServerResponse, milliseconds = unreadMs): void {
  const { socket } = response
  // A request that was injected comes over none.
  if (!(socket instanceof Socket)) return
  socket.setTimeout(milliseconds)
  // Node counts what the system takes of a write that is under way as activity, and says so when there was none.
  response.on('timeout', () => {
    if (socket.writableLength > 0) socket.destroy()
  })
}
