import { createHmac, randomBytes } from 'node:crypto'
import type { Authentication, Authenticator, AuthRefusal } from './authenticator.js'
import { type Caller, tokenCaller } from './caller.js'
import type { Role } from './permissions.js'

/** A token and the caller it stands for. */
export interface TokenBinding {
  readonly id: string
  readonly role: Role
  readonly token: string
}

/**
 * Tokens that stand in the configuration (behaviour spec §3.2). What is kept is their digest under a key that only this process has:
 * a memory dump shows no token, and how long a look-up takes tells nothing about a token, since nobody can choose a digest.
 */
export function createStaticTokens(bindings: readonly TokenBinding[]): Authenticator {
  const key = randomBytes(32)
  const digest = (token: string): string =>
    createHmac('sha256', key).update(token, 'utf8').digest('base64')
  const callers = new Map<string, Caller>(
    bindings.map(({ id, role, token }) => [digest(token), tokenCaller(id, role)]),
  )
  return {
    async authenticate(authorization): Promise<Authentication> {
      const token = bearerToken(authorization)
      if (typeof token !== 'string') return { refusal: token }
      const caller = callers.get(digest(token))
      return caller === undefined ? { refusal: unknownToken } : { caller }
    },
  }
}

/**
 * The token of `Bearer <token>`: the scheme in any case, one blank, visible ASCII. Anything else is refused rather than repaired, so
 * that a proxy and this server cannot read two different tokens.
 */
function bearerToken(authorization: string | undefined): string | AuthRefusal {
  if (authorization === undefined || authorization === '') return missingToken
  const token = /^bearer ([\x21-\x7e]{1,4096})$/i.exec(authorization)?.[1]
  // Two headers arrive joined by a comma and a blank; a token with neither is one token.
  return token ?? malformedToken
}

const refusal = (description: string): AuthRefusal => ({ error: 'invalid_token', description })

const missingToken = refusal(
  'Authentication failed. Send the header Authorization: Bearer <token> with a token of this server.',
)
const malformedToken = refusal(
  'Authentication failed. The Authorization header must be Bearer, one blank, and a token.',
)
const unknownToken = refusal('Authentication failed. The token is not known to this server.')
