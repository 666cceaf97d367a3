import type { Caller } from './caller.js'

/** Why a request is not let in; the words are for the `WWW-Authenticate` challenge and hold nothing of what was presented. */
export interface AuthRefusal {
  readonly error: 'invalid_token'
  readonly description: string
}

export type Authentication = { readonly caller: Caller } | { readonly refusal: AuthRefusal }

/** Turns what a request presents into a caller. Asynchronous, because some issuers of tokens have to be asked. */
export interface Authenticator {
  /**
   * @param authorization the `Authorization` header as it came; a token anywhere else (query, cookie) does not count
   */
  authenticate(authorization: string | undefined): Promise<Authentication>
}
