import { isIPv6 } from 'node:net'

/** A `Host`, in the one spelling in which it is compared. */
export interface Host {
  /** Lower-case, without a trailing dot; an IPv6 address in brackets and in its shortest form. */
  readonly name: string
  /** Null if none is given. */
  readonly port: number | null
}

/**
 * Takes a `Host` header apart, strictly: what is not plainly a name or an address with perhaps a port is null. Nothing is decoded or
 * repaired, since a reader that repairs (`127.1`, `%6c`, `a@b`) and one that does not see two different hosts.
 */
export function parseHost(text: string): Host | null {
  const match =
    /^(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?)(?::(\d{1,5}))?$/.exec(text)
  if (match === null || text.length > 261) return null
  const [, rawName = '', rawPort] = match
  const port = rawPort === undefined ? null : Number(rawPort)
  if (port !== null && (port < 1 || port > 65_535)) return null
  const name = rawName.startsWith('[')
    ? shortest(rawName)
    : rawName.toLowerCase().replace(/\.$/, '')
  return name === null ? null : { name, port }
}

function shortest(bracketed: string): string | null {
  return isIPv6(bracketed.slice(1, -1)) ? new URL(`http://${bracketed}`).hostname : null
}

const usualPorts: Readonly<Record<string, number>> = { http: 80, https: 443 }

/** An `Origin` in the one spelling in which it is compared; null for `null`, lists, and anything with a path or user name. */
export function parseOrigin(text: string): string | null {
  const match = /^([A-Za-z][A-Za-z0-9+.-]{0,40}):\/\/([^/?#@\\\s]+)$/.exec(text)
  if (match === null) return null
  const [, rawScheme = '', rawHost = ''] = match
  const scheme = rawScheme.toLowerCase()
  const host = parseHost(rawHost)
  if (host === null) return null
  const port = host.port === usualPorts[scheme] ? null : host.port
  return `${scheme}://${host.name}${port === null ? '' : `:${port}`}`
}

/** Whether the name can only mean this machine. */
export const isLoopbackName = (name: string): boolean =>
  name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name)
