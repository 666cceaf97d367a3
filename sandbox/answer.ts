import { ApiError, broken, methodNotAllowed } from './http/api-error.js'
import { authenticate } from './http/authenticate.js'
import type { Body, Edition, Exchange, Reply } from './http/exchange.js'
import { allowed, handlerFor, type Match, type Router } from './http/router.js'
import { deprecated } from './resources/lists.js'
import type { Store } from './store.js'

/** A request before anyone looked at who sent it. */
export interface Incoming {
  method: string
  path: string
  query: URLSearchParams
  authorization: string | undefined
  origin: string
  body: Body
}

/** What the API answers to a request for a path that exists: who is asking comes before everything else. */
export async function answer(
  context: { store: Store; edition: Edition; onFault(error: unknown): void },
  match: Match,
  incoming: Incoming,
): Promise<Reply> {
  const { route, params } = match
  const { store, edition } = context
  const common = {
    allow: allowed(route),
    ...deprecated[route.path.split('/')[0] ?? ''],
  }
  const reply = await settle(async () => {
    const user = authenticate(store, incoming.authorization)
    const x: Exchange = { ...incoming, store, edition, user, params }
    if (incoming.method === 'OPTIONS') return { status: 200, json: { name: route.path } }
    const handler = handlerFor(route, incoming.method)
    if (handler) return handler(x)
    const refusal = route.refuses?.[incoming.method as 'GET']
    if (refusal) throw refusal(x)
    throw methodNotAllowed(incoming.method)
  }, context.onFault)
  return { ...reply, headers: { ...common, ...reply.headers } }
}

async function settle(
  run: () => Promise<Reply>,
  onFault: (error: unknown) => void,
): Promise<Reply> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof ApiError)) onFault(error)
    const refusal = error instanceof ApiError ? error : broken()
    return {
      status: refusal.status,
      ...(refusal.body === null ? {} : { json: refusal.body }),
    }
  }
}

/** Where a request goes that is not for a path of the API. */
export type Detour =
  | { kind: 'api'; match: Match }
  | { kind: 'redirect'; status: 301 | 302; location: string }
  | { kind: 'not found' }

/** Paths need their slash (301), unknown ones below `/api/` are a page (404), everything else leads to the login page (302). */
export function direct(router: Router, path: string, search: string): Detour {
  if (!path.startsWith('/api/')) {
    return { kind: 'redirect', status: 302, location: `/login?next=${path}${search}` }
  }
  const inside = /^\/api\/v2(?:\/(.*))?$/.exec(path)
  if (!inside) return { kind: 'not found' }
  const rest = inside[1]
  const slashed = rest !== undefined && (rest === '' || rest.endsWith('/'))
  const match = router.find(slashed ? rest.replace(/\/$/, '') : (rest ?? ''))
  if (!match) return { kind: 'not found' }
  if (!slashed) return { kind: 'redirect', status: 301, location: `${path}/${search}` }
  return { kind: 'api', match }
}
