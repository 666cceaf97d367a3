import { type Role, roles } from '../access/permissions.js'

/** A token and the caller it stands for (behaviour spec §2.3). */
export interface RoleBinding {
  /** The caller id in the audit trail. */
  readonly id: string
  readonly role: Role
  /** In clear, for the authenticator, which keeps only a digest of it. */
  readonly token: string
  /** The variable it comes from, for messages. */
  readonly variable: string
}

/** Splits `<token>:<role>` at the last colon, since a token may contain colons; null without a colon. */
export function splitBinding(value: string): { token: string; role: string } | null {
  const colon = value.lastIndexOf(':')
  return colon === -1 ? null : { token: value.slice(0, colon), role: value.slice(colon + 1) }
}

export const isRole = (text: string): text is Role => roles.some((role) => role === text)

/**
 * What of a binding has to be kept secret, well-formed or not. Without a colon it is most likely a bare token; with a role in
 * the place of the token, the two were swapped.
 */
export function secretPartsOf(value: string): string[] {
  const parts = splitBinding(value)
  if (parts === null) return isRole(value) ? [] : [value]
  if (isRole(parts.role)) return [parts.token]
  return isRole(parts.token) ? [parts.role] : [parts.token]
}
