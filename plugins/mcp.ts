import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createFindingsRead } from '../src/history/findings-read.js'
import { createCatalogue } from '../src/mcp/catalogue.js'
import { createServerFactory, type ServerFactory } from '../src/mcp/create-server.js'
import { createHttpEndpoint, type McpHttpEndpoint } from '../src/mcp/http-handler.js'
import { createSseSessions, type SseSessions } from '../src/mcp/sse-sessions.js'
import { createPipeline, type Pipeline } from '../src/pipeline/call.js'
import { prepareTools } from '../src/pipeline/prepared-tools.js'
import { tools } from '../src/tools/index.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** The 24 tools over every transport. */
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

export default fp(
  async (app: FastifyInstance) => {
    const { config, metrics } = app
    const now = (): number => performance.now()
    const prepared = prepareTools(tools, config.UNTRUSTED_CONTENT_WRAPPING)
    const findingsRead = createFindingsRead({ now })
    const pipeline = createPipeline({
      tools: prepared,
      dojo: app.dojo,
      audit: app.audit,
      budgetFor: app.budgetFor,
      findingsRead,
      settings: { defaultFoundById: config.DEFECTDOJO_DEFAULT_FOUND_BY_ID ?? null },
      metrics,
      reportBug: (error, requestId, toolName) =>
        app.log.error({ err: error, requestId, toolName }, 'tool call failed unexpectedly'),
      now,
    })
    const createServer = createServerFactory({ catalogue: createCatalogue(prepared), pipeline })
    const sessionOptions = {
      maxSessions: config.MCP_MAX_SESSIONS,
      idleSeconds: config.MCP_SESSION_IDLE_SECONDS,
      now,
    }
    const http = createHttpEndpoint({
      ...sessionOptions,
      createServer,
      legacySessions: config.MCP_LEGACY_SESSIONS === 'on',
      onSessionEnd: findingsRead.forget,
      onError: (error) => app.log.debug({ err: error }, 'MCP exchange refused'),
    })
    const sse = createSseSessions(createServer, messagesPath, {
      ...sessionOptions,
      onEnd: findingsRead.forget,
    })
    metrics.observe({
      auditWritable: () => app.audit.writable(),
      sessions: () => ({ streamableHttp: http.sessionCount(), sse: sse.count() }),
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
    dependencies: ['config', 'audit', 'dojo', 'rate-limit', 'metrics'],
    fastify: '5.x',
  },
)
