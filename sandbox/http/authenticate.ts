import type { UserRecord } from '../records.js'
import type { Store } from '../store.js'
import { forbidden } from './api-error.js'

/** The user behind the Authorization header: a token, or name and password. Every failure is 403, told apart by `detail`. */
export function authenticate(store: Store, header: string | undefined): UserRecord {
  const [scheme = '', credentials, ...rest] = (header ?? '').trim().split(/\s+/)
  if (/^basic$/i.test(scheme) && credentials !== undefined) {
    const [name, password] = Buffer.from(credentials, 'base64').toString().split(':')
    const user = store.users.all().find((row) => row.username === name)
    if (!user || user.password === null || user.password !== password) {
      throw forbidden('Invalid username/password.')
    }
    return user
  }
  if (!/^token$/i.test(scheme)) {
    throw forbidden('Authentication credentials were not provided.')
  }
  if (credentials === undefined) {
    throw forbidden('Invalid token header. No credentials provided.')
  }
  if (rest.length > 0) {
    throw forbidden('Invalid token header. Token string should not contain spaces.')
  }
  const user = store.users.all().find((row) => row.token === credentials)
  if (!user) throw forbidden('Invalid token.')
  if (!user.is_active) throw forbidden('User inactive or deleted.')
  return user
}
