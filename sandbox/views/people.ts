import type { UserRecord } from '../records.js'
import type { Store } from '../store.js'

/** A user as notes and prefetch show one. */
export function briefUser(store: Store, id: number | null): object | null {
  const user = store.users.get(id)
  if (!user) return null
  const { username, first_name, last_name } = user
  return { id: user.id, username, first_name, last_name }
}

/** A user as `/users/` and `/user_profile/` show one. */
export function fullUser(user: UserRecord): object {
  const { token: _token, password: _password, ...shown } = user
  return {
    ...shown,
    token_last_reset: null,
    password_last_reset: null,
    configuration_permissions: [],
  }
}
