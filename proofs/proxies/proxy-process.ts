import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ProxyProgram, type RunningProxy, runProxyProgram } from '../proxy-program.js'
import { lastingPort } from '../receiver-process.js'
import { root } from '../run-command.js'

/** A reverse proxy of another hand, with the configuration that we ship. */
export interface ReverseProxy extends RunningProxy {
  /** `https://localhost:<port>` */
  readonly origin: string
}

export interface ProxyOptions {
  /** For its configuration and everything it writes. */
  readonly folder: string
  /** Where the service listens, on 127.0.0.1. */
  readonly target: number
  /** For localhost; PEM files. */
  readonly certFile: string
  readonly keyFile: string
}

/** Ports for the two that a proxy listens on, the one for those who come without TLS first. */
export const proxyPorts = async (): Promise<[clear: number, tls: number]> => [
  await lastingPort(),
  await lastingPort(),
]

/** A file of `deploy/` with what an operator fills in, and ports that nobody else has. What is replaced must be there. */
export function shipped(file: string, replaced: readonly (readonly [string, string])[]): string {
  return replaced.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`deploy/${file} no longer has '${from}'`)
      return text.replaceAll(from, to)
    },
    readFileSync(join(root, 'deploy', file), 'utf8'),
  )
}

/** Runs a proxy in the foreground until it is ended. */
export async function runProxy(
  program: Omit<ProxyProgram, 'folder' | 'ports'>,
  folder: string,
  [clear, tls]: readonly [number, number],
): Promise<ReverseProxy> {
  const running = await runProxyProgram({ ...program, folder, ports: { clear, tls } })
  return { origin: `https://localhost:${tls}`, log: running.log, end: running.end }
}
