import { secretPartsOf } from './role-binding.js'
import { variables } from './schema.js'
import { roleTokenPrefix } from './variables/access.js'

/** The environment as it was handed to us. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Every secret that stands in the environment, longest first: what redaction removes from all that the service writes (behaviour
 * spec §5.8). Secrets of bindings that turn out to be malformed are among them.
 */
export function secretsOf(environment: Environment): string[] {
  const found = new Set<string>()
  for (const variable of variables) {
    if (variable.secret) found.add(environment[variable.name] ?? '')
  }
  for (const [name, value = ''] of Object.entries(environment)) {
    if (!name.startsWith(roleTokenPrefix)) continue
    for (const part of secretPartsOf(value)) found.add(part)
  }
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'DEFECTDOJO_URL', 'AUDIT_LOG_HTTPS_URL']) {
    for (const part of passwordsIn(environment[name])) found.add(part)
  }
  found.delete('')
  return [...found].sort((a, b) => b.length - a.length)
}

/** What a URL may hold of secrets: a password, and keys that some receivers take in the query. */
function passwordsIn(text: string | undefined): string[] {
  if (text === undefined || !URL.canParse(text)) return []
  const url = new URL(text)
  const inQuery = [...url.searchParams.values()].filter((value) => value.length >= 16)
  return [url.password, safelyDecoded(url.password), ...inQuery]
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
