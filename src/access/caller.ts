import { type Permission, permissionGroups, type Role, rolePermissions } from './permissions.js'

/** The identity of every caller without a token: stdio, or a network transport with auth switched off. */
export const openAccessId = 'open-access'

/** Who calls, as established by the server alone; nothing here comes from what the client says of itself. */
export interface Caller {
  /** The audit trail's `authenticated_caller_id` and the key of the caller's mutation budget. */
  readonly id: string
  /** The role bound to the token; null for open access without a role. */
  readonly role: Role | null
  readonly permissions: ReadonlySet<Permission>
  /** False for open access, with or without a role. */
  readonly authenticated: boolean
}

/** The caller bound to a token. */
export const tokenCaller = (id: string, role: Role): Caller => ({
  id,
  role,
  permissions: rolePermissions[role],
  authenticated: true,
})

/** A caller nobody authenticated; `role` narrows what it may do (`MCP_STDIO_ROLE`), otherwise everything. */
export const openAccessCaller = (role: Role | null = null): Caller => ({
  id: openAccessId,
  role,
  permissions: role === null ? new Set(permissionGroups) : rolePermissions[role],
  authenticated: false,
})
