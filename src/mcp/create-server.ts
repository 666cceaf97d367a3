import {
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { Pipeline } from '../pipeline/call.js'
import type { Offer } from '../pipeline/operations.js'
import { createFindResource } from '../resources/find-resource.js'
import { version } from '../version.js'
import type { Catalogue } from './catalogue.js'
import { createReadQuestion, toCompletion } from './completions.js'
import { type Exchange, fromAuthInfo } from './identity.js'
import { type IncomingCall, incomingCall } from './incoming-call.js'
import { instructions } from './instructions.js'
import { serveLogThreshold } from './log-threshold.js'
import { resourceOrThrow, resultOrThrow } from './protocol-errors.js'
import { anyParams, RawCallServer, textOf } from './raw-calls.js'
import { createListResources } from './resource-pages.js'
import { toToolResult } from './results.js'

/** What the servers are made of. */
export interface ServerParts {
  readonly offer: Offer
  readonly catalogue: Catalogue
  readonly pipeline: Pipeline
}

/** Makes the server of one exchange (2026-07-28) or one session (2025-era, SSE, stdio). */
export type ServerFactory = (exchange?: Exchange) => Server

/** The lists change with the role only, so a client may keep its own for a while. */
const listHint = { ttlMs: 300_000, cacheScope: 'private' } as const

/** `fallback` is who calls when the transport passes no identity on, as stdio does not. */
export function createServerFactory(parts: ServerParts): ServerFactory {
  const { offer, catalogue, pipeline } = parts
  const findResource = createFindResource(offer.resources)
  const listResources = createListResources(catalogue, pipeline)
  const readQuestion = createReadQuestion(offer)

  return (fallback) => {
    const server = new RawCallServer(
      { name: 'mcp-defectdojo', title: 'DefectDojo', version },
      {
        capabilities: { tools: {}, resources: {}, prompts: {}, completions: {}, logging: {} },
        instructions,
        cacheHints: {
          'tools/list': listHint,
          'resources/list': listHint,
          'resources/templates/list': listHint,
          'prompts/list': listHint,
        },
      },
    )
    const exchangeOf = (context: ServerContext): Exchange => {
      const exchange = fromAuthInfo(context.http?.authInfo) ?? fallback
      if (exchange === undefined) throw new Error('exchange without an identity')
      return exchange
    }
    const logThreshold = serveLogThreshold(
      server,
      (context) => exchangeOf(context).sessionId !== null,
    )
    const incoming = (context: ServerContext): IncomingCall =>
      incomingCall(context, exchangeOf(context), logThreshold)

    server.setRequestHandler('tools/list', { params: anyParams }, ({ cursor }, context) => {
      refuseCursor(cursor)
      return { tools: [...catalogue.tools(exchangeOf(context).caller)] }
    })
    server.setRequestHandler('resources/list', { params: anyParams }, ({ cursor }, context) =>
      listResources(cursor, incoming(context)),
    )
    server.setRequestHandler(
      'resources/templates/list',
      { params: anyParams },
      ({ cursor }, context) => {
        refuseCursor(cursor)
        return { resourceTemplates: [...catalogue.templates(exchangeOf(context).caller)] }
      },
    )
    server.setRequestHandler('prompts/list', { params: anyParams }, ({ cursor }, context) => {
      refuseCursor(cursor)
      return { prompts: [...catalogue.prompts(exchangeOf(context).caller)] }
    })

    server.setRequestHandler('tools/call', { params: anyParams }, async (params, context) =>
      toToolResult(
        await pipeline.call({
          ...incoming(context),
          kind: 'tool',
          name: textOf(params.name),
          arguments: params.arguments ?? {},
        }),
      ),
    )
    server.setRequestHandler('resources/read', { params: anyParams }, async (params, context) => {
      const uri = textOf(params.uri)
      const document = resourceOrThrow(
        uri,
        await pipeline.call({ ...incoming(context), kind: 'resource', ...findResource(uri) }),
      )
      return {
        contents: [{ uri, mimeType: 'application/json', text: JSON.stringify(document) }],
      }
    })
    server.setRequestHandler('prompts/get', { params: anyParams }, async (params, context) => {
      const { text } = resultOrThrow(
        await pipeline.call({
          ...incoming(context),
          kind: 'prompt',
          name: textOf(params.name),
          arguments: params.arguments ?? {},
        }),
      )
      return { messages: [{ role: 'user', content: { type: 'text', text: String(text) } }] }
    })
    server.setRequestHandler(
      'completion/complete',
      { params: anyParams },
      async (params, context) =>
        toCompletion(
          resultOrThrow(
            await pipeline.call({
              ...incoming(context),
              kind: 'completion',
              ...readQuestion(params),
            }),
          ),
        ),
    )
    return server
  }
}

/** A list that fits one page gives no cursor, so one is none of ours (2026-07-28 server/utilities/pagination, error -32602). */
function refuseCursor(cursor: unknown): void {
  if (cursor !== undefined) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid cursor: there is one page')
  }
}
