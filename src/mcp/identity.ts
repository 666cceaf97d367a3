import type { AuthInfo } from '@modelcontextprotocol/server'
import type { Caller } from '../access/caller.js'
import type { CallIdentity } from '../audit/audit-log.js'

/** Who sent an exchange and from where, established before the SDK sees it. */
export interface Exchange {
  readonly caller: Caller
  readonly transport: CallIdentity['transport']
  readonly clientAddress: string | null
  /** The session of a 2025-era client, an SSE stream or the stdio process; null where there is none. */
  readonly sessionId: string | null
}

/** Hands an exchange through the SDK's auth pass-through. The token stays outside: nothing behind this line needs it. */
export const toAuthInfo = (exchange: Exchange): AuthInfo => ({
  token: '',
  clientId: exchange.caller.id,
  scopes: [],
  extra: { exchange },
})

/** Takes back out what {@link toAuthInfo} put in; undefined when the SDK passed nothing on. */
export const fromAuthInfo = (authInfo: AuthInfo | undefined): Exchange | undefined =>
  authInfo?.extra?.exchange as Exchange | undefined
