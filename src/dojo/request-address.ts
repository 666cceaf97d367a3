import type { Query } from './dojo-call.js'

// A resource and below it only ids, fixed words and closing slashes: nothing that could climb, be decoded or carry a query.
const canonicalPath = /^[a-z][a-z_-]{0,63}\/(?:(?:[a-z_]{1,64}|[1-9][0-9]{0,14})\/){0,4}$/
const parameterName = /^[a-z][a-z0-9_]{0,63}$/

/**
 * The path and query of a request, relative to `/api/v2/`. `''` is the index of the API.
 * @throws TypeError for anything but a canonical path, a plain parameter name and a finite number: a mistake of ours, never sent.
 */
export function requestAddress(path: string, query: Query = {}): string {
  if (path !== '' && !canonicalPath.test(path)) throw new TypeError('not a path of the API')
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    if (!parameterName.test(name)) throw new TypeError('not the name of a query parameter')
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new TypeError('not a number to send')
    }
    parameters.append(name, String(value))
  }
  return parameters.size === 0 ? path : `${path}?${parameters}`
}

/**
 * The address that every request starts with, ending in `/api/v2/`. A path prefix is kept; user name, password, query and
 * fragment are dropped, because a user name in an address would replace the API key's header.
 */
export function apiAddress(url: string): string {
  const address = new URL(url)
  return `${address.protocol}//${address.host}${address.pathname.replace(/\/+$/, '')}/api/v2/`
}
