import type { RequestId, Server, ServerContext } from '@modelcontextprotocol/server'
import type { Pipeline } from '../pipeline/call.js'
import { version } from '../version.js'
import type { Catalogue } from './catalogue.js'
import { type Exchange, fromAuthInfo } from './identity.js'
import { instructions } from './instructions.js'
import { anyParams, RawToolCallServer } from './raw-tool-calls.js'
import { toToolResult } from './results.js'

export interface ServerParts {
  readonly catalogue: Catalogue
  readonly pipeline: Pipeline
}

/** Makes the server of one exchange (2026-07-28) or one session (2025-era, SSE, stdio). */
export type ServerFactory = (exchange?: Exchange) => Server

/** The lists change with the role only, so a client may keep its own for a while. */
const listTtlMs = 300_000
/** What the audit trail keeps of a client's own words about itself. */
const maxClientTextLength = 256

/** `fallback` is who calls when the transport passes no identity on, as stdio does not. */
export function createServerFactory({ catalogue, pipeline }: ServerParts): ServerFactory {
  return (fallback) => {
    const server = new RawToolCallServer(
      { name: 'mcp-defectdojo', title: 'DefectDojo', version },
      {
        capabilities: { tools: {} },
        instructions,
        cacheHints: { 'tools/list': { ttlMs: listTtlMs, cacheScope: 'private' } },
      },
    )
    const exchangeOf = (context: ServerContext): Exchange => {
      const exchange = fromAuthInfo(context.http?.authInfo) ?? fallback
      if (exchange === undefined) throw new Error('exchange without an identity')
      return exchange
    }

    server.setRequestHandler('tools/list', (_request, context) => ({
      tools: [...catalogue.listFor(exchangeOf(context).caller)],
    }))
    server.setRequestHandler('tools/call', { params: anyParams }, async (params, context) => {
      const { caller, transport, clientAddress, sessionId } = exchangeOf(context)
      const meta: Record<string, unknown> = context.mcpReq._meta ?? {}
      return toToolResult(
        await pipeline.call({
          toolName: typeof params.name === 'string' ? params.name : '',
          arguments: params.arguments ?? {},
          caller,
          origin: {
            transport,
            clientAddress,
            sessionId,
            clientRequestId: clientText(context.mcpReq.id),
            callerId: clientText(meta.client_id) ?? 'anonymous',
          },
          signal: context.mcpReq.signal,
          progress: progressReporter(context),
        }),
      )
    })
    return server
  }
}

function clientText(value: RequestId | unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null
  return String(value).slice(0, maxClientTextLength)
}

/** Sends `notifications/progress` when the client asked for them, and swallows what a gone client cannot receive. */
function progressReporter(context: ServerContext) {
  const progressToken = context.mcpReq._meta?.progressToken
  return (progress: number, total: number | undefined, message: string): void => {
    if (progressToken === undefined) return
    context.mcpReq
      .notify({
        method: 'notifications/progress',
        params: { progressToken, progress, message, ...(total !== undefined && { total }) },
      })
      .catch(() => {})
  }
}
