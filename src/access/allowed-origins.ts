import { isLoopbackName, parseHost, parseOrigin } from './host-names.js'

/** A list of names that cannot be used: what was expected, and the entry that is not it. */
export interface BadEntry {
  readonly expects: string
  readonly got: string
}

/** What decides which names and pages may reach the service. */
export interface OriginOptions {
  /** `MCP_ALLOWED_HOSTS`: `name` (any port), `name:port`, or `*`. */
  readonly allowedHosts: readonly string[]
  /** `MCP_ALLOWED_ORIGINS`: `scheme://name[:port]`. */
  readonly allowedOrigins: readonly string[]
  /** The address the server is bound to. */
  readonly bindHost: string
  readonly authEnabled: boolean
}

/** Why a request is turned away before anything of it is read. */
export interface OriginRefusal {
  readonly status: 400 | 403
  readonly error: 'invalid_host' | 'host_not_allowed' | 'origin_not_allowed'
  readonly description: string
}

/** Null: come in. */
export type OriginCheck = (
  hostHeader: string | undefined,
  originHeader: string | undefined,
) => OriginRefusal | null

/**
 * Keeps web pages of others away, also those that point their own name at our address (DNS rebinding). A browser cannot leave
 * out or forge either header, so: a present `Origin` has to be listed, and the `Host` has to be a name of ours. Without
 * `MCP_ALLOWED_HOSTS` that means loopback names if the server is bound to loopback or asks for no token, otherwise any name.
 */
export function createOriginCheck(options: OriginOptions): OriginCheck {
  const hosts = options.allowedHosts.map((entry) => (entry === '*' ? entry : parseHost(entry)))
  const origins = new Set(options.allowedOrigins.map(parseOrigin))
  const anyHost = hosts.includes('*') || (hosts.length === 0 && !loopbackOnly(options))
  const hostAllowed = (header: string): boolean => {
    const host = parseHost(header)
    if (host === null) return false
    if (anyHost) return true
    if (hosts.length === 0) return isLoopbackName(host.name)
    return hosts.some(
      (entry) =>
        entry !== null &&
        entry !== '*' &&
        entry.name === host.name &&
        (entry.port === null || entry.port === host.port),
    )
  }
  return (hostHeader, originHeader) => {
    if (hostHeader === undefined || parseHost(hostHeader) === null) return invalidHost
    if (!hostAllowed(hostHeader)) return foreignHost
    if (originHeader === undefined) return null
    const origin = parseOrigin(originHeader)
    return origin !== null && origins.has(origin) ? null : foreignOrigin
  }
}

const loopbackOnly = ({ bindHost, authEnabled }: OriginOptions): boolean => {
  const bound = parseHost(
    bindHost.includes(':') ? `[${bindHost.replace(/^\[|\]$/g, '')}]` : bindHost,
  )
  return !authEnabled || (bound !== null && isLoopbackName(bound.name))
}

const invalidHost: OriginRefusal = {
  status: 400,
  error: 'invalid_host',
  description: 'The Host header is missing or malformed.',
}
// 403 rather than 421, which would invite a client to try again over another connection.
const foreignHost: OriginRefusal = {
  status: 403,
  error: 'host_not_allowed',
  description: 'The Host header is not a name of this server. MCP_ALLOWED_HOSTS lists them.',
}
const foreignOrigin: OriginRefusal = {
  status: 403,
  error: 'origin_not_allowed',
  description:
    'Pages of this Origin may not call this server. MCP_ALLOWED_ORIGINS lists those that may.',
}

/** The first entry of `MCP_ALLOWED_HOSTS` that is no host; null if all are. */
export function checkAllowedHosts(entries: readonly string[]): BadEntry | null {
  const got = entries.find((entry) => entry !== '*' && parseHost(entry) === null)
  return got === undefined ? null : { expects: 'a list of host or host:port, or *', got }
}

/** The first entry of `MCP_ALLOWED_ORIGINS` that is no origin; null if all are. */
export function checkAllowedOrigins(entries: readonly string[]): BadEntry | null {
  const got = entries.find((entry) => parseOrigin(entry) === null)
  return got === undefined
    ? null
    : { expects: 'a list of origins, scheme://host[:port] without a path', got }
}
