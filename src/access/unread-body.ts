import type { IncomingMessage, ServerResponse } from 'node:http'

/** How long a client gets to take its answer and go. */
const lingerMs = 1_000

/**
 * Takes no more of a request's body, whose answer is about to be sent and ends the connection. By itself Node reads on once the
 * answer is out, and closes while bytes still come; that makes a reset of the end, and a reset can overtake the answer.
 */
export function leaveUnread(request: IncomingMessage, { socket }: ServerResponse): void {
  // The client has gone.
  if (socket === null) return
  socket.pause()
  // Node's own name for reading what nobody has read.
  Object.assign(request, { _dump() {} })
  socket.destroySoon = () => {
    // The client sees the end behind the answer; what it still sends waits at its own side.
    socket.end()
    const timer = setTimeout(() => socket.destroy(), lingerMs)
    timer.unref()
    socket.once('close', () => clearTimeout(timer))
  }
}
