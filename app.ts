import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { DestinationStream } from 'pino'
import audit from './plugins/audit.js'
import auth from './plugins/auth.js'
import config from './plugins/config.js'
import dojo from './plugins/dojo.js'
import errorHandler from './plugins/error-handler.js'
import jsonBody from './plugins/json-body.js'
import mcp, { type McpOptions } from './plugins/mcp.js'
import metrics from './plugins/metrics.js'
import rateLimit from './plugins/rate-limit.js'
import shutdown from './plugins/shutdown.js'
import siem from './plugins/siem.js'
import healthRoutes from './routes/health.js'
import mcpRoutes from './routes/mcp.js'
import metricsRoutes from './routes/metrics.js'
import serviceInfoRoutes from './routes/service-info.js'
import sseRoutes from './routes/sse.js'
import { refuseBroken } from './src/access/broken-request.js'
import { leaveUnread } from './src/access/unread-body.js'
import type { Config } from './src/config/load.js'
import type { Notice } from './src/config/notice.js'
import { createDiagnosticLog } from './src/diagnostic-log.js'

export interface AppOptions {
  readonly config: Config
  /** What loading the configuration had to say; the audit trail records it. */
  readonly notices?: readonly Notice[]
  /** Where diagnostics go, one JSON line each; stderr unless a test listens. */
  readonly diagnostics?: DestinationStream
  /** Where audit lines go besides the file; stderr unless a test listens. */
  readonly auditLine?: (line: string) => void
  /** Other servers than the product's own behind the MCP endpoint, for the protocol's referee. */
  readonly createServer?: NonNullable<McpOptions['createServer']>
  /** The time that calls go by; the real one unless a test turns it. */
  readonly clock?: NonNullable<McpOptions['clock']>
}

/** An address that cannot be decoded passes by every hook, also by the one that leaves a body unread. */
function refuseAddress(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (request.raw.complete === false) leaveUnread(request.raw, reply.raw)
  const body = { error: 'Bad Request', message: 'No such address', statusCode: 400 }
  reply.code(400).header('connection', 'close').send(body)
}

/** Builds the service: plugins, then routes, in the order you read them. It does not listen. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = createDiagnosticLog(options.config, options.diagnostics)
  const app: FastifyInstance = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    // Node's and Fastify's defaults keep connections for 72 s and requests for ever, and look at them only every 30 s.
    requestTimeout: 120_000,
    keepAliveTimeout: 65_000,
    http: { headersTimeout: 15_000, connectionsCheckingInterval: 2_000 },
    // Only after `plugins/shutdown.ts` has seen every answer out: a connection that never sent a request counts as busy.
    forceCloseConnections: true,
    frameworkErrors: refuseAddress,
    clientErrorHandler: refuseBroken,
  })

  await app.register(config, { config: options.config })
  await app.register(metrics)
  await app.register(errorHandler)
  await app.register(audit, {
    notices: options.notices ?? [],
    ...(options.auditLine && { auditLine: options.auditLine }),
  })
  await app.register(siem)
  await app.register(dojo)
  await app.register(rateLimit)
  await app.register(jsonBody)
  await app.register(auth)
  await app.register(mcp, {
    ...(options.createServer && { createServer: options.createServer }),
    ...(options.clock && { clock: options.clock }),
  })
  await app.register(shutdown)

  await app.register(serviceInfoRoutes)
  await app.register(healthRoutes)
  await app.register(metricsRoutes)
  await app.register(options.config.transport === 'sse' ? sseRoutes : mcpRoutes)
  return app
}
