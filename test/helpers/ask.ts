import type { FastifyInstance } from 'fastify'
import { initialize, legacyHeaders, messageOf } from './legacy-rpc.js'
import { rpc } from './rpc.js'

export const generations = ['2026-07-28', '2025-11-25'] as const
export type Generation = (typeof generations)[number]

export interface Reply {
  readonly result?: Record<string, unknown>
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

/** Sends one request to `/mcp` and gives its answer. */
export type Ask = (method: string, params?: Record<string, unknown>) => Promise<Reply>

/** A caller of one protocol generation: request by request, or in a session that is opened here. */
export async function askIn(
  generation: Generation,
  app: FastifyInstance,
  token: string,
): Promise<Ask> {
  if (generation === '2026-07-28') {
    return async (method, params) =>
      messageOf((await app.inject(rpc(token, method, params))).body) as Reply
  }
  const opened = await app.inject({
    method: 'POST',
    url: '/mcp',
    headers: legacyHeaders(token),
    payload: initialize(generation),
  })
  const headers = legacyHeaders(token, {
    'mcp-session-id': opened.headers['mcp-session-id'] as string,
    'mcp-protocol-version': generation,
  })
  return async (method, params = {}) => {
    const payload = { jsonrpc: '2.0', id: 2, method, params }
    const response = await app.inject({ method: 'POST', url: '/mcp', headers, payload })
    return messageOf(response.body) as Reply
  }
}
