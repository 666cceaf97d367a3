import { once } from 'node:events'
import { createServer, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { buildTestApp, type TestApp, type TestAppOptions } from '../helpers/test-app.js'

/** One request that DefectDojo has and does not answer. */
export interface Held {
  /** Resolves when all of it is there. */
  readonly arrived: Promise<void>
  /** Resolves when whoever asked is gone. */
  readonly closed: Promise<void>
  /** Lets DefectDojo answer. */
  release(): void
  /** Ends the connection without an answer. */
  drop(): void
}

/** Stands in front of DefectDojo and passes everything on but what it is told to hold back or to answer itself. */
export interface HeldDojo {
  /** `METHOD path` of all that arrived, without `/api/v2/` and the query. */
  readonly seen: string[]
  /** Holds the next request that is `METHOD path`. */
  hold(wanted: string): Held
  /** Answers the next such request in DefectDojo's place. */
  answer(wanted: string, answer: (response: ServerResponse) => void): void
}

type Handle = (response: ServerResponse, pass: () => void) => void

/** The service in front of a DefectDojo that holds what it is told to hold. */
export async function buildHeldApp(
  t: Test,
  options: TestAppOptions = {},
): Promise<TestApp & { readonly dojo: HeldDojo }> {
  const seen: string[] = []
  const next = new Map<string, Handle>()
  let target = ''
  const server = createServer(async (incoming, outgoing) => {
    const parts: Buffer[] = []
    for await (const part of incoming) parts.push(part as Buffer)
    const { method = '', url = '' } = incoming
    const what = `${method} ${url.slice('/api/v2/'.length).split('?')[0]}`
    seen.push(what)
    const pass = (): void => {
      const { host: _, ...headers } = incoming.headers
      send(new URL(url, target), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      }).end(Buffer.concat(parts))
    }
    const handle = next.get(what)
    next.delete(what)
    if (handle) handle(outgoing, pass)
    else pass()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })

  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const service = await buildTestApp(t, {
    ...options,
    env: { DEFECTDOJO_URL: url, ...options.env },
  })
  target = service.sandbox.url
  return Object.assign(service, {
    dojo: {
      seen,
      answer: (wanted: string, answer: (response: ServerResponse) => void) =>
        void next.set(wanted, answer),
      hold(wanted: string): Held {
        let release = (): void => {}
        let drop = (): void => {}
        let close = (): void => {}
        const closed = new Promise<void>((resolve) => {
          close = resolve
        })
        const arrived = new Promise<void>((resolve) => {
          next.set(wanted, (response, pass) => {
            response.once('close', close)
            release = pass
            drop = () => response.destroy()
            resolve()
          })
        })
        return { arrived, closed, release: () => release(), drop: () => drop() }
      },
    },
  })
}
