import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyPair } from '../certificates.js'
import { startRelay } from '../network.js'
import { startHaproxy } from './haproxy.js'
import { startNginx } from './nginx.js'
import type { ProxyOptions, ReverseProxy } from './proxy-process.js'

/** The proxies, each with the configuration that we ship, and nginx also as it is where nobody turned its buffers off. */
export const kinds = [
  {
    key: 'nginx',
    name: 'nginx',
    start: (options: ProxyOptions) => startNginx({ ...options, buffering: 'off' }),
  },
  {
    key: 'buffering',
    name: 'nginx, proxy_buffering on',
    start: (options: ProxyOptions) => startNginx({ ...options, buffering: 'on' }),
  },
  { key: 'haproxy', name: 'HAProxy', start: startHaproxy },
] as const

export type Kind = (typeof kinds)[number]

/** Two proxies of one kind: a service has one transport, and there are two to be reached. */
export interface Passage {
  readonly kind: Kind
  /** Where streamable HTTP is. */
  readonly mcp: string
  /** Where HTTP+SSE is. */
  readonly sse: string
  readonly origin: string
  /** What the proxies said. */
  log(): string
  close(): Promise<void>
}

export interface PassageOptions {
  readonly folder: string
  readonly certificate: KeyPair
  /** Of the service in each transport. */
  readonly ports: { readonly http: number; readonly sse: number }
  /** Sees what streamable HTTP sends to the proxy. */
  readonly onAnswer: (bytes: Buffer) => void
}

/** Starts the two, with somebody watching between the first and the service. */
export async function openPassage(
  kind: Kind,
  { folder, certificate, ports, onAnswer }: PassageOptions,
): Promise<Passage> {
  const relay = await startRelay(ports.http, { onAnswer })
  const started: ReverseProxy[] = []
  async function start(transport: string, target: number): Promise<ReverseProxy> {
    const own = join(folder, `${kind.key}-${transport}`)
    mkdirSync(own)
    const proxy = await kind.start({ folder: own, target, ...certificate })
    started.push(proxy)
    return proxy
  }
  const [http, sse] = [await start('http', relay.port), await start('sse', ports.sse)]
  return {
    kind,
    mcp: `${http.origin}/mcp`,
    sse: `${sse.origin}/sse`,
    origin: http.origin,
    log: () => started.map(({ log }) => log()).join(''),
    async close() {
      for (const proxy of started) await proxy.end()
      await relay.end()
    },
  }
}
