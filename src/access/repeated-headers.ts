/** Why headers are turned away before they are believed. */
export interface AmbiguousHeaders {
  readonly status: 400 | 431
  readonly error: 'repeated_header' | 'too_many_headers'
  readonly description: string
}

/** Headers that decide who calls, from where, or what is read. Node takes the first of two, a proxy may have taken the second. */
const once: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-type',
  'host',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'origin',
])

/** Many times what a client behind a few proxies sends; Node itself drops headers silently from the 2,000th on. */
const maxHeaders = 100

/**
 * Refuses headers that two readers could understand differently; null if there are none.
 *
 * @param rawHeaders names and values in turn, as they came
 */
export function ambiguousHeaders(rawHeaders: readonly string[]): AmbiguousHeaders | null {
  if (rawHeaders.length > 2 * maxHeaders) {
    const description = `A request may have at most ${maxHeaders} headers.`
    return { status: 431, error: 'too_many_headers', description }
  }
  const seen = new Set<string>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    if (!once.has(name)) continue
    if (seen.has(name)) {
      const description = `The header ${name} must be sent only once.`
      return { status: 400, error: 'repeated_header', description }
    }
    seen.add(name)
  }
  return null
}
