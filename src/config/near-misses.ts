import { configWarning, type Notice } from './notice.js'
import { variables } from './schema.js'
import type { Environment } from './secrets.js'
import { roleTokenPrefix } from './variables/access.js'

const knownNames: readonly string[] = variables.map(({ name }) => name)
const known = new Set<string>([
  ...knownNames,
  ...variables.flatMap(({ alias }) => (alias === undefined ? [] : [alias])),
])

/** Variables that changed the reference server and change nothing here, each with what to do instead. */
const notHonoured: Readonly<Record<string, string>> = {
  FASTMCP_LOG_LEVEL: 'use LOG_LEVEL',
  FASTMCP_STREAMABLE_HTTP_PATH: 'the path is /mcp',
  FASTMCP_SSE_PATH: 'the path is /sse',
  FASTMCP_MESSAGE_PATH: 'the path is /messages/',
  FASTMCP_STATELESS_HTTP: 'use MCP_LEGACY_SESSIONS=off',
  FASTMCP_JSON_RESPONSE: 'clients that accept only JSON get JSON',
  FASTMCP_STRICT_INPUT_VALIDATION: 'arguments are converted only where nothing is lost',
  FASTMCP_MASK_ERROR_DETAILS: 'internal errors are always masked',
  FASTMCP_SHOW_SERVER_BANNER: 'there is no banner',
  ALL_PROXY: 'use HTTPS_PROXY',
  HTTP_PROXY: 'use HTTPS_PROXY, which an https:// DefectDojo is reached through',
  SSL_CERT_FILE: 'use DEFECTDOJO_CA or NODE_EXTRA_CA_CERTS',
  SSL_CERT_DIR: 'use DEFECTDOJO_CA or NODE_EXTRA_CA_CERTS',
}

/** Names that people try, too far from the right one for counting letters. */
const otherNames: Readonly<Record<string, string>> = {
  DEFECTDOJO_TOKEN: 'DEFECTDOJO_API_KEY',
  DEFECTDOJO_KEY: 'DEFECTDOJO_API_KEY',
  DEFECTDOJO_API_TOKEN: 'DEFECTDOJO_API_KEY',
  DEFECTDOJO_HOST: 'DEFECTDOJO_URL',
  DEFECTDOJO_BASE_URL: 'DEFECTDOJO_URL',
  DEFECTDOJO_API_URL: 'DEFECTDOJO_URL',
  DEFECTDOJO_VERIFY_SSL: 'DEFECTDOJO_CA',
  MCP_TOKEN: 'MCP_AUTH_TOKEN',
}

const ourPrefix = /^(MCP|AUDIT|DEFECTDOJO|MUTATION|FASTMCP)_/

/** A setting under a wrong name is a setting that is missing, and nobody notices: these are named at start. */
export function nearMisses(environment: Environment): Notice[] {
  const notices: Notice[] = []
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || known.has(name) || name.startsWith(roleTokenPrefix)) continue
    const advice = notHonoured[name]
    if (advice !== undefined) {
      if (applies(name, environment)) {
        notices.push(configWarning(`${name} has no effect here: ${advice}`))
      }
      continue
    }
    const meant = otherNames[name.toUpperCase()] ?? nearest(name)
    if (meant !== null) {
      notices.push(
        configWarning(`${JSON.stringify(name).slice(1, -1)} is not known. Did you mean ${meant}?`),
      )
    }
  }
  return notices
}

/** Certificates and proxies are often set for the whole machine; that is only worth a line if nothing of ours says otherwise. */
function applies(name: string, environment: Environment): boolean {
  const ours = name.startsWith('SSL_CERT_')
    ? ['DEFECTDOJO_CA', 'NODE_EXTRA_CA_CERTS']
    : name.endsWith('_PROXY')
      ? ['HTTPS_PROXY', 'https_proxy']
      : []
  return !ours.some((each) => environment[each])
}

/** The variable that differs least, if it differs little enough for a slip of the hand. */
function nearest(name: string): string | null {
  if (name.length > 64) return null
  const upper = name.toUpperCase().replaceAll('-', '_')
  const tolerated = ourPrefix.test(upper) ? 3 : 2
  // A short foreign name is near to some name of ours by chance.
  if (!ourPrefix.test(upper) && upper.length < 9) return null
  if (/^MCP_ROLES?_?./.test(upper) && !upper.startsWith(roleTokenPrefix)) {
    return `${roleTokenPrefix}<NAME>`
  }
  if (upper.startsWith(roleTokenPrefix)) return `${roleTokenPrefix}<NAME>`
  let best: string | null = null
  let least = Math.min(tolerated, Math.floor(upper.length / 4)) + 1
  for (const candidate of knownNames) {
    const distance = editDistance(upper, candidate)
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}

/** How many letters have to be added, taken away, changed, or swapped with their neighbour. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(changed, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1)
      }
      row.push(least)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
