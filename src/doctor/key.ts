import { quoted } from '../config/quote.js'
import { type Check, ok, problem, warning } from './check.js'
import type { ProbeResult } from './probe.js'

/** What a user profile says, as far as it matters here; everything is checked before it is used. */
interface Profile {
  readonly user?: {
    readonly username?: unknown
    readonly is_active?: unknown
    readonly is_staff?: unknown
    readonly is_superuser?: unknown
  }
  readonly global_role?: unknown
  readonly product_member?: unknown
  readonly product_type_member?: unknown
  readonly dojo_group_member?: unknown
}

/** Whether DefectDojo takes the key, and what its user may do there. */
export function judgeKey(
  name: 'key' | 'read key' | 'write key',
  variable: string,
  result: ProbeResult,
): Check[] {
  const reply = 'reply' in result ? result.reply : null
  const body = reply?.isJson ? parsed(reply.text) : null
  if (reply?.status === 200 && body !== null && typeof body.user === 'object') {
    return [ok(name, `DefectDojo takes ${variable}.`), judgeUser(body)]
  }
  if (reply?.status === 401 || reply?.status === 403) return [judgeRefusal(name, variable, body)]
  const found = reply === null ? 'the connection failed' : `HTTP ${reply.status}`
  return [
    problem(
      name,
      `Who ${variable} belongs to could not be found out: ${found}.`,
      'Try again, then look at the logs of DefectDojo.',
    ),
  ]
}

/** DefectDojo says 403 for everything; only the text tells a wrong key from one that is not sent on. */
function judgeRefusal(name: Check['name'], variable: string, body: Refusal | null): Check {
  switch (body?.detail) {
    case 'Invalid token.':
      return problem(
        name,
        `DefectDojo does not know ${variable} ("Invalid token.").`,
        `Copy the key anew: DefectDojo, user menu, "API v2 Key". It changes when somebody generates a new one.`,
      )
    case 'User inactive or deleted.':
      return problem(
        name,
        `The user of ${variable} is inactive or deleted.`,
        'Activate the user in DefectDojo, or use the key of another one.',
      )
    case 'Authentication credentials were not provided.':
      return problem(
        name,
        `${variable} did not arrive, or DefectDojo takes no API keys.`,
        'A proxy may remove the Authorization header; or API tokens are switched off (DD_API_TOKENS_ENABLED).',
      )
    default:
      return problem(
        name,
        `DefectDojo refuses ${variable}.`,
        'Check that the user may use the API, and what stands between this machine and DefectDojo.',
      )
  }
}

type Refusal = Profile & { readonly detail?: unknown }

function parsed(text: string): Refusal | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : null
  } catch {
    return null
  }
}

function judgeUser(profile: Profile): Check {
  const { user = {} } = profile
  const who = `The user ${quoted(String(user.username ?? ''))}`
  if (user.is_superuser === true) {
    return warning(
      'user',
      `${who} is a superuser: everything is allowed there.`,
      'Give the service a user of its own. Staff is enough for all 24 tools.',
    )
  }
  if (user.is_staff === true) {
    return ok('user', `${who} is staff: sees everything and may do all that the tools need.`)
  }
  return hasRoles(profile) ? judgeRoles(who, profile) : judgeMember(who)
}

/** Memberships are part of the profile where DefectDojo has roles (2.x, and Pro). */
const hasRoles = (profile: Profile): boolean => Array.isArray(profile.product_member)

function judgeRoles(who: string, profile: Profile): Check {
  const memberships = [
    profile.product_member,
    profile.product_type_member,
    profile.dojo_group_member,
  ].reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0)
  const { role } = (profile.global_role ?? {}) as { role?: unknown }
  if (typeof role === 'number') {
    return ok('user', `${who} has a global role, and ${memberships} memberships.`)
  }
  return memberships > 0
    ? ok(
        'user',
        `${who} has no global role and ${memberships} memberships: the tools see only those products.`,
      )
    : nothingVisible(
        who,
        'Give the user a global role, or make it a member of products or product types. The tools need Writer, creating products needs Maintainer.',
      )
}

const judgeMember = (who: string): Check =>
  ok(
    'user',
    `${who} is neither staff nor superuser.`,
    'The tools see only products that name the user in authorized_users; creating products needs that on a product type, or staff.',
  )

const nothingVisible = (who: string, advice: string): Check =>
  warning('user', `${who} may see nothing: no global role and no membership.`, advice)

/** How many products the user sees: none is the commonest reason for a service that works and shows nothing. */
export function judgeVisibleProducts(result: ProbeResult): Check {
  const body = 'reply' in result && result.reply.isJson ? parsed(result.reply.text) : null
  const count = (body as { count?: unknown } | null)?.count
  if (typeof count !== 'number') {
    return warning(
      'products',
      'The list of products could not be read.',
      'Try again, then look at the logs of DefectDojo.',
    )
  }
  return count > 0
    ? ok('products', `The user sees ${count} ${count === 1 ? 'product' : 'products'}.`)
    : warning(
        'products',
        'The user sees no product.',
        'Fine on a new DefectDojo; otherwise give the user access to products.',
      )
}
