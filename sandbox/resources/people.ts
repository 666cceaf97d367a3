import { ok, type Route } from '../http/exchange.js'
import type { Model } from '../http/model.js'
import type { UserRecord } from '../records.js'
import { fullUser } from '../views/people.js'

/** `/users/`: for superusers only. */
export const users: Model<UserRecord> = {
  path: 'users',
  label: 'User',
  mayRead: (x) => x.user.is_superuser,
  rows: (x) => x.store.users.all(),
  find: (x, id) => x.store.users.get(id),
  view: (_x, rows) => rows.map(fullUser),
  filters: {
    id: { kind: 'number', of: (row) => row.id },
    username: { kind: 'contains', of: (row) => row.username },
    first_name: { kind: 'contains', of: (row) => row.first_name },
    last_name: { kind: 'contains', of: (row) => row.last_name },
    email: { kind: 'contains', of: (row) => row.email },
    is_active: { kind: 'boolean', of: (row) => row.is_active },
    is_superuser: { kind: 'boolean', of: (row) => row.is_superuser },
  },
  ordering: {
    username: (row) => row.username,
    first_name: (row) => row.first_name,
    last_name: (row) => row.last_name,
    email: (row) => row.email,
    is_active: (row) => row.is_active,
    is_superuser: (row) => row.is_superuser,
    date_joined: (row) => row.date_joined,
    last_login: (row) => row.last_login,
  },
}

/** `/user_profile/`: who the token belongs to; 2.x adds the memberships that 3.x no longer has. */
export const userProfile: Route = {
  path: 'user_profile',
  methods: {
    GET(x) {
      const memberships = { dojo_group_member: [], product_member: [], product_type_member: [] }
      return ok({
        user: fullUser(x.user),
        user_contact_info: null,
        ...(x.edition === '3.2.0' ? {} : { global_role: null, ...memberships }),
      })
    },
  },
}
