import http from 'node:http'
import https from 'node:https'
import { BlockList, isIP } from 'node:net'
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent'

export interface AgentOptions {
  /** Where DefectDojo is. */
  readonly url: string
  /** PEM text; when given, only certificates signed by these authorities are accepted for DefectDojo. */
  readonly ca?: string
  /** An HTTP proxy as `HTTPS_PROXY` names it; `noProxy` is the list of `NO_PROXY`. */
  readonly proxy?: { readonly url: string; readonly noProxy?: string }
}

type AgentPair = { http: http.Agent } | { https: https.Agent }

export interface Agents {
  /** Connections that are kept for the next read. */
  readonly reading: AgentPair
  /**
   * A connection of its own for every write: one that was kept may be closed by the other side at that very moment, and then
   * nobody knows whether the write arrived. Reads are simply repeated.
   */
  readonly writing: AgentPair
  close(): void
}

const socketLimit = 20
/** Shorter than what servers and proxies grant an idle connection, so that reads seldom meet a closed one. */
const idleMilliseconds = 5_000

/** The connections to one DefectDojo: at most 20 for reads and 20 for writes, straight or through a proxy. */
export function createAgents(options: AgentOptions): Agents {
  const url = new URL(options.url)
  const tls = options.ca === undefined ? {} : { ca: options.ca }
  const proxy =
    options.proxy && !bypassesProxy(url, options.proxy.noProxy ?? '')
      ? { proxy: options.proxy.url }
      : undefined

  const pair = (keepAlive: boolean): AgentPair => {
    const common = {
      keepAlive,
      maxSockets: socketLimit,
      maxFreeSockets: socketLimit / 2,
      timeout: idleMilliseconds,
      scheduling: 'lifo' as const,
    }
    if (url.protocol === 'http:') {
      return { http: proxy ? new HttpProxyAgent({ ...common, ...proxy }) : new http.Agent(common) }
    }
    return {
      https: proxy
        ? new HttpsProxyAgent({ ...common, ...tls, ...proxy })
        : new https.Agent({ ...common, ...tls }),
    }
  }

  const reading = pair(true)
  const writing = pair(false)
  return {
    reading,
    writing,
    close() {
      for (const agents of [reading, writing]) {
        for (const agent of Object.values(agents)) agent.destroy()
      }
    },
  }
}

/** Whether `NO_PROXY` takes this address out: `*`, a host, a domain with its subdomains, an IP range; each may name a port. */
export function bypassesProxy(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true
      if (entry.includes('/')) return inRange(host, entry)
      const [, name = entry, onlyPort] = /^(.*?):(\d+)$/.exec(isIP(entry) ? '' : entry) ?? []
      if (onlyPort !== undefined && onlyPort !== port) return false
      const domain = name.replace(/^\*?\./, '').replace(/^\[|\]$/g, '')
      return host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`))
    })
}

function inRange(host: string, range: string): boolean {
  const [network = '', bits = ''] = range.split('/')
  const family = isIP(network)
  const prefix = Number(bits)
  if (family === 0 || family !== isIP(host)) return false
  if (!/^\d+$/.test(bits) || prefix > (family === 4 ? 32 : 128)) return false
  const list = new BlockList()
  const type = family === 4 ? 'ipv4' : 'ipv6'
  list.addSubnet(network, prefix, type)
  return list.check(host, type)
}
