import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import type { BadEntry } from './allowed-origins.js'

/**
 * Who sent a request, behind proxies that are known.
 *
 * @param remoteAddress the other end of the connection
 * @param forwardedFor the `X-Forwarded-For` header
 * @returns an address without port; an IPv4 address also where it was written as IPv6
 */
export type ClientAddress = (
  remoteAddress: string | undefined,
  forwardedFor: string | readonly string[] | undefined,
) => string | null

/** More hops than this are an attack or a mistake, and reading them is work. */
const mostHops = 16

/**
 * `X-Forwarded-For` is written by everyone a request comes through, the client first: only what trusted hops have written counts.
 *
 * @param trusted `MCP_TRUSTED_PROXIES`: addresses and networks of proxies, or their number as the only entry
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const hops = hopCount(trusted)
  const isTrusted = hops === null ? addressTest(trusted) : null
  return (remoteAddress, forwardedFor) => {
    let client: string | null = normalised(remoteAddress ?? '')
    if (client === null) return null
    const written = [forwardedFor ?? []].flat().join(',').split(',').slice(-mostHops).reverse()
    for (const [index, entry] of written.entries()) {
      const trust: boolean = isTrusted === null ? index < (hops ?? 0) : isTrusted(client)
      const before: string | null = trust ? normalised(entry) : null
      // A trusted proxy that wrote something unreadable is itself the last address we can vouch for.
      if (before === null) return client
      client = before
    }
    return client
  }
}

/** The entry of `MCP_TRUSTED_PROXIES` that is no address or network, or that would trust half the world; null if there is none. */
export function checkTrustedProxies(entries: readonly string[]): BadEntry | null {
  const hops = hopCount(entries)
  if (hops !== null) {
    return hops <= mostHops
      ? null
      : { expects: `at most ${mostHops} as a number of proxies`, got: entries[0] ?? '' }
  }
  for (const got of entries) {
    const network = parseNetwork(got)
    if (network === null) {
      return { expects: 'a list of addresses and networks, or a number of proxies', got }
    }
    if (tooWide(network)) return { expects: 'narrower: these networks are believed blindly', got }
  }
  return null
}

const hopCount = (entries: readonly string[]): number | null =>
  entries.length === 1 && /^\d{1,4}$/.test(entries[0] ?? '') ? Number(entries[0]) : null

interface Network {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

function parseNetwork(text: string): Network | null {
  const [address = '', prefixText, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return null
  if (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) return null
  const bits = version === 4 ? 32 : 128
  const prefix = prefixText === undefined ? bits : Number(prefixText)
  return prefix > bits ? null : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/**
 * `::ffff:10.0.0.0/8` looks like a private network and is the whole of IPv4 and more: a prefix that begins where the mapped addresses are
 * has to be as narrow as it would have to be in IPv4.
 */
function tooWide({ address, prefix, family }: Network): boolean {
  if (family === 'ipv4') return prefix < 8
  if (spelled(address).startsWith('::')) return prefix < 96 + 8
  return prefix < (/^f[cd]/i.test(address) ? 7 : 16)
}

function addressTest(entries: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const entry of entries) {
    const network = parseNetwork(entry)
    if (network === null) continue
    const plain = network.family === 'ipv6' ? mapped(network.address) : null
    if (plain !== null) list.addSubnet(plain, network.prefix - 96, 'ipv4')
    else list.addSubnet(network.address, network.prefix, network.family)
  }
  return (address) => list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

/** The IPv4 address inside an IPv6 one (`::ffff:…`), if there is one. */
function mapped(address: string): string | null {
  const match = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(spelled(address))
  if (match === null) return null
  const [high, low] = [Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** An address without blanks, port, brackets and zone, in one spelling; null if it is none. */
function normalised(text: string): string | null {
  const bare = text
    .trim()
    .replace(/^\[([^\]]*)\](:\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1')
    .replace(/%[\w.-]+$/, '')
  if (isIPv4(bare)) return bare
  if (!isIPv6(bare)) return null
  return mapped(bare) ?? spelled(bare)
}

/** An IPv6 address in its shortest spelling. */
const spelled = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1)
