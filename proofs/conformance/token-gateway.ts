import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Stands between a client that has no token and a server that wants one. */
export interface TokenGateway {
  /** Scheme, host and port, as a client addresses it. */
  readonly origin: string
  close(): Promise<void>
}

/** The runner cannot send a token, so this adds it to each request and leaves all else as it came, `Host` and `Origin` included. */
export async function startTokenGateway(port: number, token: string): Promise<TokenGateway> {
  const gateway = createServer((request, response) => {
    const onward = send({
      host: '127.0.0.1',
      port,
      method: request.method,
      path: request.url,
      headers: [...request.rawHeaders, 'Authorization', `Bearer ${token}`],
      agent: false,
    })
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      // The head of a stream may come long before its first event.
      response.flushHeaders()
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    // A client that leaves a stream ends it on the other side too.
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  })
  gateway.listen(0, '127.0.0.1')
  await once(gateway, 'listening')
  return {
    origin: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`,
    async close() {
      gateway.close()
      gateway.closeAllConnections()
      await once(gateway, 'close')
    },
  }
}
