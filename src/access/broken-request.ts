import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'

/** Everything else that is wrong with the bytes of a request is 400. */
const statuses: Readonly<Record<string, 408 | 431>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
}

/**
 * Answers what cannot be read as a request, and ends the connection. The answer says so: a proxy would otherwise send the request of
 * somebody else on it, which would meet the end.
 */
export function refuseBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  // Nobody is there any more.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = statuses[error.code ?? ''] ?? 400
  const reason = STATUS_CODES[status]
  const body = JSON.stringify({
    error: reason,
    message: 'The request cannot be read',
    statusCode: status,
  })
  socket.write(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  socket.destroy(error)
}
