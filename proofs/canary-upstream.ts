import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { findingRecord } from './recording-upstream.js'

/** A DefectDojo in which everything is called after its id, so that an answer tells for whom it was meant. */
export interface CanaryUpstream {
  readonly url: string
  /** Lets an import end. */
  release(number: number): void
  close(): Promise<void>
}

const callsPerClient = 100_000

/** The id that only the call `call` of `client` asks for. */
export const canaryNumber = (client: number, call: number): number => client * callsPerClient + call
/** How the thing with this id is called. */
export const canaryName = (number: number): string =>
  `canary-${Math.floor(number / callsPerClient)}-${number % callsPerClient}.`
/** The clients that a text names. */
export const clientsIn = (text: string): number[] =>
  [...text.matchAll(/canary-(\d+)-\d+\./g)].map(([, client]) => Number(client))

/** An import is not answered before it is released, or so much later. */
const longestImportMs = 20_000

/** @param delayMs how long it takes to answer, asked for each request */
export async function startCanaryUpstream(delayMs: () => number): Promise<CanaryUpstream> {
  const held = new Map<string, () => void>()

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const [, kind, id] = /^\/api\/v2\/(findings|products)\/(\d+)\/$/.exec(request.url ?? '') ?? []
    const number = Number(id)
    await pause(delayMs())
    if (request.url === '/api/v2/import-scan/') return answerImport(body, response)
    if (kind === 'findings') return answer(response, findingRecord(number, canaryName(number)))
    if (kind === 'products') {
      const name = canaryName(number)
      return answer(response, { id: number, name, description: name, prod_type: 1 })
    }
    answer(response, { count: 0, next: null, previous: null, results: [] })
  }

  async function answerImport(body: string, response: ServerResponse): Promise<void> {
    const scan_type = /canary-\d+-\d+\./.exec(body)?.[0] ?? ''
    await Promise.race([
      new Promise<void>((resolve) => held.set(scan_type, resolve)),
      pause(longestImportMs, undefined, { ref: false }),
    ])
    answer(response, { test: 1, test_id: 1, scan_type }, 201)
  }

  function answer(response: ServerResponse, body: unknown, status = 200): void {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }

  const server = createServer((request, response) => {
    // A call that was given up is no affair of this side.
    respond(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    release: (number) => held.get(canaryName(number))?.(),
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
