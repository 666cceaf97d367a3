import type { Fetch } from '../clients/sdk-clients.js'

/** A request that the service refuses before any tool is asked. */
interface Refused {
  readonly name: string
  readonly status: number
  readonly method?: string
  /** Whose token is sent along; nobody's if there is none. */
  readonly as?: 'admin' | 'reader'
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

const call = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'health_check', arguments: {} },
})

/** With the largest body that a proxy and the sockets around it hold: what happens to more of it is between the client and the proxy. */
export const refusedRequests: readonly Refused[] = [
  { name: 'no token', status: 401, body: call },
  { name: 'wrong token', status: 401, headers: { authorization: 'Bearer wrong' }, body: call },
  {
    name: 'unknown session',
    status: 404,
    as: 'admin',
    headers: { 'mcp-session-id': '0'.repeat(32), 'mcp-protocol-version': '2025-11-25' },
    body: call,
  },
  {
    name: 'body above 256 KiB from one who may not import',
    status: 413,
    as: 'reader',
    body: JSON.stringify({ text: 'x'.repeat(300_000) }),
  },
  { name: 'no session', status: 400, as: 'admin', body: call },
  { name: 'broken JSON', status: 400, as: 'admin', body: '{"jsonrpc":' },
  {
    name: 'not JSON',
    status: 415,
    as: 'admin',
    headers: { 'content-type': 'text/plain' },
    body: call,
  },
]

/** Everything in an answer that a client may act on. */
export async function answerTo(
  { method = 'POST', as, headers, body }: Refused,
  url: string,
  tokens: Readonly<Record<'admin' | 'reader', string>>,
  fetch: Fetch,
): Promise<string> {
  const response = await fetch(url, {
    method,
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(as && { authorization: `Bearer ${tokens[as]}` }),
      ...headers,
    },
    body,
  })
  const kept = ['content-type', 'www-authenticate', 'retry-after', 'mcp-session-id']
  return [
    response.status,
    ...kept.map((name) => `${name}=${response.headers.get(name)}`),
    await response.text(),
  ].join(' ')
}
