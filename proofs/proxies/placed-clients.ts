import { connectSdk1Sse, type Fetch } from '../clients/sdk-clients.js'
import { sdkClients } from '../clients/sdk-table.js'
import type { KnownClient } from '../clients/try-clients.js'
import type { Kind, Passage } from './passages.js'

/** A client behind a proxy. */
export interface Placed {
  readonly client: KnownClient
  readonly url: string
  /** Where it really connects from. */
  readonly address: string
}

/** A way to make requests from an address that nobody else has. */
export interface Place {
  readonly address: string
  readonly fetch: Fetch
}

/** What stands in the table, once for each proxy: half of the clients speak HTTP/2, as the proxies offer. */
const table = [
  ...sdkClients().map((client, at) => ({ client, version: at % 2 === 0 ? '1.1' : '2' }) as const),
  {
    client: { name: `${sdkClients()[0]?.name} over HTTP+SSE`, caller: 'sdk_1_sse' },
    version: '1.1',
  },
] as const

/** Under which name the server knows each client behind a proxy. */
export const callersBehind = (kind: Kind): readonly { readonly caller: string }[] =>
  table.map(({ client }) => ({ caller: `${client.caller}_${kind.key}` }))

export function placeClients(
  { kind, mcp, sse }: Passage,
  takePlace: (version: '1.1' | '2') => Place,
): readonly Placed[] {
  return table.map(({ client, version }, at) => {
    const { address, fetch } = takePlace(version)
    const streamable = sdkClients(fetch)[at]
    return {
      address,
      url: streamable ? mcp : sse,
      client: {
        session: true,
        connect: (endpoint) => connectSdk1Sse(endpoint, fetch),
        ...streamable,
        name: `${kind.name}, HTTP/${version}: ${client.name}`,
        caller: `${client.caller}_${kind.key}`,
      },
    }
  })
}
