import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createRedactor } from '../src/audit/redaction.js'
import { createFindingsRead } from '../src/history/findings-read.js'
import { createCatalogue } from '../src/mcp/catalogue.js'
import { createServerFactory, type ServerFactory } from '../src/mcp/create-server.js'
import { createHttpEndpoint, type McpHttpEndpoint } from '../src/mcp/http-handler.js'
import { createSseSessions, type SseSessions } from '../src/mcp/sse-sessions.js'
import { createPipeline, type Pipeline } from '../src/pipeline/call.js'
import { type CallClock, realClock } from '../src/pipeline/client-news.js'
import { prepareOperations } from '../src/pipeline/operations.js'
import { prompts } from '../src/prompts/index.js'
import { resources } from '../src/resources/index.js'
import { tools } from '../src/tools/index.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Tools, resources and prompts over every transport. */
    mcp: {
      readonly pipeline: Pipeline
      readonly createServer: ServerFactory
      readonly http: McpHttpEndpoint
      readonly sse: SseSessions
      close(): Promise<void>
    }
  }
}

/** Where a client of the HTTP+SSE transport posts its messages. */
export const messagesPath = '/messages/'

/** How often sessions that nobody comes back to are looked for. */
const sweepMs = 15_000

export interface McpOptions {
  /** Makes the servers behind the endpoint; the product's own unless the protocol's referee asks for other tools than ours. */
  readonly createServer?: ServerFactory
  /** The time that calls go by; the real one unless a test turns it. */
  readonly clock?: CallClock
}

export default fp(
  async (app: FastifyInstance, options: McpOptions) => {
    const { config, metrics } = app
    const now = (): number => performance.now()
    const offer = { tools, resources, prompts }
    const operations = prepareOperations(offer, config.UNTRUSTED_CONTENT_WRAPPING)
    const findingsRead = createFindingsRead({ now })
    const pipeline = createPipeline({
      operations,
      dojo: app.dojo,
      audit: app.audit,
      budgetFor: app.budgetFor,
      findingsRead,
      settings: { defaultFoundById: config.DEFECTDOJO_DEFAULT_FOUND_BY_ID ?? null },
      metrics,
      reportBug: (error, requestId, name) =>
        app.log.error({ err: error, requestId, name }, 'call failed unexpectedly'),
      ...(options.clock ?? realClock),
      redact: createRedactor(config.secrets).redactValue,
    })
    const createServer =
      options.createServer ??
      createServerFactory({
        offer,
        catalogue: createCatalogue(offer, operations.tool),
        pipeline,
      })
    const sessionOptions = {
      maxSessions: config.MCP_MAX_SESSIONS,
      idleSeconds: config.MCP_SESSION_IDLE_SECONDS,
      maxAgeSeconds: config.MCP_SESSION_MAX_AGE_SECONDS,
      onEnd: findingsRead.forget,
      now,
    }
    const http = createHttpEndpoint({
      ...sessionOptions,
      createServer,
      legacySessions: config.MCP_LEGACY_SESSIONS === 'on',
      onError: (error) => app.log.debug({ err: error }, 'MCP exchange refused'),
    })
    const sse = createSseSessions(createServer, messagesPath, sessionOptions)
    const sweeping = setInterval(() => {
      http.sweep()
      sse.sweep()
    }, sweepMs)
    sweeping.unref()
    app.addHook('onClose', async () => clearInterval(sweeping))
    metrics.observe({
      auditWritable: () => app.audit.writable(),
      sessions: () => ({ streamableHttp: http.sessionCount(), sse: sse.count() }),
      forwarding: () => app.forwarding.stats(),
    })

    app.decorate('mcp', {
      pipeline,
      createServer,
      http,
      sse,
      async close() {
        await Promise.all([http.close(), sse.close()])
      },
    })
  },
  {
    name: 'mcp',
    dependencies: ['config', 'audit', 'siem', 'dojo', 'rate-limit', 'metrics'],
    fastify: '5.x',
  },
)
