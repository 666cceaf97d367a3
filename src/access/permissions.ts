/** The six permission groups (behaviour spec §3.1). */
export const permissionGroups = [
  'system',
  'metadata_read',
  'scan_mgmt',
  'finding_mgmt',
  'engagement_mgmt',
  'product_mgmt',
] as const
export type Permission = (typeof permissionGroups)[number]

/** The four roles, least first: each holds what the one before it holds, and more. */
export const roles = ['reader', 'scanner', 'writer', 'admin'] as const
export type Role = (typeof roles)[number]

/** What each role may do. Constant: nothing changes it while the service runs. */
export const rolePermissions: Readonly<Record<Role, ReadonlySet<Permission>>> = Object.freeze({
  reader: new Set<Permission>(['system', 'metadata_read']),
  scanner: new Set<Permission>(['system', 'metadata_read', 'scan_mgmt']),
  writer: new Set<Permission>([
    'system',
    'metadata_read',
    'scan_mgmt',
    'finding_mgmt',
    'engagement_mgmt',
  ]),
  admin: new Set<Permission>(permissionGroups),
})
