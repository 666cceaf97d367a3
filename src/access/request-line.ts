/** Why a request is turned away for its first line. */
export interface RefusedLine {
  readonly status: 400
  readonly error: 'unsupported_version' | 'contradicting_target'
  readonly description: string
}

/** The versions whose requests look like this; Node also lets 0.9 and 2.0 pass, which nobody speaks in this form. */
const versions: ReadonlySet<string> = new Set(['1.0', '1.1'])

/** `http://host/path`: the whole address as target (RFC 9112 §3.2.2). */
const absolute = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i

/**
 * Refuses a first line that two readers could understand differently; null if it is good. Of two servers that are named, one in the
 * target and one in `Host`, a proxy may have asked the rules of the other.
 */
export function refusedLine(
  httpVersion: string,
  target: string,
  host: string | undefined,
): RefusedLine | null {
  if (!versions.has(httpVersion)) {
    const description = 'A request must be HTTP/1.1 or HTTP/1.0.'
    return { status: 400, error: 'unsupported_version', description }
  }
  const named = absolute.exec(target)?.[1]
  if (named === undefined || named.toLowerCase() === host?.toLowerCase()) return null
  const description = 'The target of the request names another host than its Host header.'
  return { status: 400, error: 'contradicting_target', description }
}
