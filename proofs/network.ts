import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { lastingPort } from './receiver-process.js'

/** A network between a client and a receiver, in this process, that can fail. */
export interface Relay {
  readonly port: number
  /** Connections that were made so far. */
  readonly connections: number
  /** From now on nothing arrives on the other side, also not the end of a connection; new connections are taken. */
  blackHole(): void
  /** Every connection is reset (RST), those of now and those that come. */
  reset(): void
  /** What was held back arrives, and everything passes again. */
  heal(): void
  end(): Promise<void>
}

export interface RelayOptions {
  readonly port?: number
  /** Sees what the receiver sends before it is passed on. */
  readonly onAnswer?: (bytes: Buffer) => void
}

/** A relay on 127.0.0.1 to `targetPort`. It passes on that one side has ended while the other still sends. */
export async function startRelay(targetPort: number, options: RelayOptions = {}): Promise<Relay> {
  const links = new Set<ReturnType<typeof link>>()
  let state: 'passing' | 'black-hole' | 'resetting' = 'passing'
  let connections = 0

  function link(client: Socket) {
    let server: Socket | null = null
    const resetBoth = (): void => {
      links.delete(own)
      client.resetAndDestroy()
      // To reset what is not connected yet leaves a handle behind over which Node spins at its end.
      if (server?.connecting) server.destroy()
      else server?.resetAndDestroy()
    }
    function passOn(from: Socket, to: Socket): void {
      from.on('data', (bytes) => {
        if (to.write(bytes)) return
        from.pause()
        to.once('drain', () => {
          if (state === 'passing') from.resume()
        })
      })
      from.on('end', () => to.end())
      from.on('error', resetBoth)
      from.on('close', () => {
        if (client.destroyed && server?.destroyed) links.delete(own)
      })
    }
    const own = {
      hold(): void {
        client.pause()
        server?.pause()
      },
      pass(): void {
        if (server === null) {
          server = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true })
          server.setNoDelay(true)
          if (options.onAnswer) server.on('data', options.onAnswer)
          passOn(server, client)
          passOn(client, server)
        }
        client.resume()
        server.resume()
      },
      resetBoth,
    }
    return own
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    connections++
    client.pause()
    client.on('error', () => {})
    if (state === 'resetting') {
      client.resetAndDestroy()
      return
    }
    const made = link(client)
    links.add(made)
    if (state === 'passing') made.pass()
  })
  server.listen(options.port ?? (await lastingPort()), '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    blackHole() {
      state = 'black-hole'
      for (const each of links) each.hold()
    },
    reset() {
      state = 'resetting'
      for (const each of [...links]) each.resetBoth()
    },
    heal() {
      state = 'passing'
      for (const each of links) each.pass()
    },
    async end() {
      for (const each of [...links]) each.resetBoth()
      server.close()
      await once(server, 'close')
    },
  }
}
