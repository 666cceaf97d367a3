/** The parts of an address that the start-up guards judge. */
export interface Address {
  /** Lower-case; empty if there is none. */
  readonly scheme: string
  readonly hasCredentials: boolean
  readonly hasHostname: boolean
  /** Null if the whole is no usable http(s) address. */
  readonly url: URL | null
}

/**
 * Takes an address apart as the reference does (behaviour spec §2.4). Not `new URL` alone: that repairs `https:///x` into the
 * host `x`, and says nothing about what was wrong with the rest.
 */
export function parseAddress(text: string): Address {
  const trimmed = text.trim()
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(trimmed)?.[1] ?? ''
  const authority = /^[^:/?#]+:\/\/([^/?#\\]*)/.exec(trimmed)?.[1] ?? ''
  const hostname = authority.slice(authority.lastIndexOf('@') + 1).replace(/:[^:\]]*$/, '')
  return {
    scheme: scheme.toLowerCase(),
    hasCredentials: authority.includes('@'),
    hasHostname: hostname !== '' && hostname !== '[]',
    url: URL.canParse(trimmed) ? new URL(trimmed) : null,
  }
}
