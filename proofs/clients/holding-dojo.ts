import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Sandbox, startSandbox } from '../../sandbox/server.js'

/** A request that DefectDojo does not answer yet. */
export interface HeldRequest {
  /** Resolves when it is there. */
  readonly arrived: Promise<void>
  /** Resolves when the connection it came on has been closed before it was answered. */
  readonly abandoned: Promise<void>
  /** Has it answered, now or when it comes. */
  release(): void
}

/** The embedded DefectDojo behind a door that can be held shut. */
export interface HoldingDojo {
  readonly url: string
  readonly apiKey: string
  /** Holds the request that has `word` in its address or body. */
  hold(word: string): HeldRequest
  close(): Promise<void>
}

/** Starts DefectDojo with the demo's findings. */
export async function startHoldingDojo(): Promise<HoldingDojo> {
  const sandbox = await startSandbox({ seed: 'demo' })
  const held = new Map<string, ReturnType<typeof createHold>>()

  async function respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const word = [...held.keys()].find(
      (each) => incoming.url?.includes(each) || body.includes(each),
    )
    const hold = word === undefined ? undefined : held.get(word)
    if (hold) {
      response.once('close', () => {
        if (!response.writableEnded) hold.gone()
      })
      hold.came()
      await hold.released
    }
    if (!response.destroyed) passOn(sandbox, incoming, body, response)
  }

  const server = createServer((incoming, response) => {
    // A client that went away in the middle is its own affair.
    respond(incoming, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: sandbox.apiKey,
    hold(word) {
      const hold = createHold()
      held.set(word, hold)
      return hold
    },
    async close() {
      for (const hold of held.values()) hold.release()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
      await sandbox.close()
    },
  }
}

function createHold() {
  const [arrived, abandoned, released] = [moment(), moment(), moment()]
  return {
    arrived: arrived.come,
    abandoned: abandoned.come,
    released: released.come,
    came: arrived.now,
    gone: abandoned.now,
    release: released.now,
  }
}

/** Something that happens once. */
function moment(): { readonly come: Promise<void>; readonly now: () => void } {
  let now = (): void => {}
  const come = new Promise<void>((resolve) => {
    now = resolve
  })
  return { come, now }
}

function passOn(
  { port }: Sandbox,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const { 'transfer-encoding': _, ...kept } = headers
  const passed = request(
    {
      host: '127.0.0.1',
      port,
      method,
      path: url,
      headers: { ...kept, 'content-length': body.length },
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    },
  )
  passed.on('error', () => response.destroy())
  passed.end(body)
}
