import { openAccessId } from '../access/caller.js'
import { roles } from '../access/permissions.js'
import { configWarning, type Notice } from './notice.js'
import type { Quote } from './quote.js'
import { isRole, type RoleBinding, splitBinding } from './role-binding.js'
import type { Environment } from './secrets.js'
import { roleTokenPrefix } from './variables/access.js'

/** What the token variables come to. */
export interface BindingsResult {
  readonly bindings: readonly RoleBinding[]
  readonly notices: readonly Notice[]
  readonly problems: readonly string[]
  /** At least one `MCP_ROLE_*` variable exists, well-formed or not. */
  readonly anyRoleVariable: boolean
}

/** The legacy variables, and the caller ids that the reference gave them. */
const legacyTokens = [
  { variable: 'MCP_AUTH_TOKEN', id: 'mcp-client', role: 'admin' },
  { variable: 'MCP_READ_TOKEN', id: 'mcp-read-client', role: 'reader' },
] as const

const reservedIds = new Set<string>([openAccessId, ...legacyTokens.map(({ id }) => id)])

/** Bindings whose text is wrong are warned about and left out, as in the reference; ambiguous ones are refused. */
export function readRoleBindings(environment: Environment, quote: Quote): BindingsResult {
  const names = Object.keys(environment).filter(
    (name) => name.startsWith(roleTokenPrefix) && environment[name] !== undefined,
  )
  const bindings: RoleBinding[] = []
  const notices: Notice[] = []
  const problems: string[] = []
  for (const variable of names) {
    const parsed = parseBinding(variable, environment[variable] ?? '', quote)
    if (typeof parsed === 'string') notices.push(configWarning(parsed))
    else bindings.push(parsed)
  }
  problems.push(...names.flatMap(problemsOfName), ...problemsOfDuplicates(bindings))
  addLegacyTokens(environment, bindings, notices, problems)
  problems.push(...bindings.flatMap((binding) => problemsOfToken(binding)))
  if (names.length > 0 && bindings.length === 0) problems.unshift(noneParsed)
  return { bindings, notices, problems, anyRoleVariable: names.length > 0 }
}

const noneParsed =
  'MCP_ROLE_* env var(s) present but none parsed successfully, and no MCP_AUTH_TOKEN / MCP_READ_TOKEN fallback configured. ' +
  'Refusing to start in open-access mode. Expected format: MCP_ROLE_<NAME>=<token>:<role> (role: admin/writer/scanner/reader).'

/** The binding, or the warning that says why there is none. */
function parseBinding(variable: string, value: string, quote: Quote): RoleBinding | string {
  const parts = splitBinding(value)
  if (parts === null) {
    return `Ignoring malformed ${variable} — expected format <token>:<role>`
  }
  const { token, role } = parts
  if (token === '') return `Ignoring ${variable} — token part is empty`
  if (!isRole(role)) {
    const valid = [...roles].sort().map((name) => `'${name}'`)
    return `Ignoring ${variable} — unknown role ${showRole(role, quote)} (valid roles: [${valid.join(', ')}])`
  }
  return { id: variable.slice(roleTokenPrefix.length).toLowerCase(), role, token, variable }
}

/** What stands after the last colon may be the tail of a token with colons whose role was forgotten: only words are shown. */
const showRole = (role: string, quote: Quote): string =>
  /^[A-Za-z _-]{0,16}$/.test(role) ? quote(role) : "'***REDACTED***'"

function problemsOfName(variable: string): string[] {
  const name = variable.slice(roleTokenPrefix.length)
  if (name === '') return [`${variable} needs a name: MCP_ROLE_<NAME>=<token>:<role>`]
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(name)) {
    return [
      `${JSON.stringify(variable)} must be named with 1 to 64 letters, digits, dots, underscores or hyphens`,
    ]
  }
  const id = name.toLowerCase()
  return reservedIds.has(id)
    ? [`${variable} must have another name: '${id}' is the caller id of somebody else`]
    : []
}

function problemsOfDuplicates(bindings: readonly RoleBinding[]): string[] {
  const problems: string[] = []
  for (const [index, later] of bindings.entries()) {
    for (const earlier of bindings.slice(0, index)) {
      const both = `${earlier.variable} and ${later.variable}`
      if (earlier.token === later.token) problems.push(`${both} must not have the same token`)
      if (earlier.id === later.id) {
        problems.push(`${both} must not have names that differ only in case`)
      }
    }
  }
  return problems
}

/** A legacy token that an `MCP_ROLE_*` variable binds too leaves that role in force. */
function addLegacyTokens(
  environment: Environment,
  bindings: RoleBinding[],
  notices: Notice[],
  problems: string[],
): void {
  const { MCP_AUTH_TOKEN: admin, MCP_READ_TOKEN: reader } = environment
  if (admin && admin === reader) {
    // The reference then makes every reader an admin without a word.
    problems.push('MCP_AUTH_TOKEN and MCP_READ_TOKEN must not have the same token')
  }
  for (const { variable, id, role } of legacyTokens) {
    const token = environment[variable]
    if (!token) continue
    const bound = bindings.find((binding) => binding.token === token)
    if (bound === undefined) bindings.push({ id, role, token, variable })
    else if (!reservedIds.has(bound.id)) {
      notices.push(
        configWarning(
          `${variable} has no effect: ${bound.variable} binds the same token to the role ${bound.role}`,
        ),
      )
    }
  }
}

/** The legacy variables are checked by the schema; a role token has to fit into the same header. */
function problemsOfToken({ variable, token }: RoleBinding): string[] {
  const legacy = !variable.startsWith(roleTokenPrefix)
  return legacy || /^[\x21-\x7e]+$/.test(token)
    ? []
    : [
        `${variable} must have a token made of visible ASCII characters, without blanks or line breaks`,
      ]
}
