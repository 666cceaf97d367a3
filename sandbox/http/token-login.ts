import type { Store } from '../store.js'
import type { Body } from './exchange.js'

/** `POST /api/v2/api-token-auth/`: the token of a user who has a password, for name and password. */
export function tokenFor(store: Store, body: Body): { status: number; json: object } {
  const sent: Record<string, unknown> =
    body.kind === 'json' && typeof body.value === 'object' && body.value !== null
      ? (body.value as Record<string, unknown>)
      : body.kind === 'form'
        ? Object.fromEntries(Object.entries(body.fields).map(([name, [value]]) => [name, value]))
        : {}
  const user = store.users.all().find((row) => row.username === sent.username)
  if (user && user.password !== null && user.password === sent.password) {
    return { status: 200, json: { token: user.token } }
  }
  const text = 'Unable to log in with provided credentials.'
  return { status: 400, json: { non_field_errors: [text] } }
}
