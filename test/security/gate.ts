import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** Stands in front of DefectDojo and lets nothing through until told to. */
export interface Gate {
  readonly url: string
  /** Where requests go once they may pass. */
  leadTo(target: string): void
  /** Resolves when so many requests have arrived in all. */
  arrived(count: number): Promise<void>
  open(): void
}

export async function createGate(t: Test): Promise<Gate> {
  let target = ''
  let count = 0
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const server = createServer(async (incoming, outgoing) => {
    const parts: Buffer[] = []
    for await (const part of incoming) parts.push(part as Buffer)
    count += 1
    server.emit('arrived')
    await opened
    const { host: _, ...headers } = incoming.headers
    const passed = request(new URL(incoming.url ?? '/', target), {
      method: incoming.method ?? 'GET',
      headers,
    })
    passed.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    passed.end(Buffer.concat(parts))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo(url) {
      target = url
    },
    async arrived(wanted) {
      while (count < wanted) await once(server, 'arrived')
    },
    open,
  }
}
