import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { createOriginCheck } from '../src/access/allowed-origins.js'
import { type Caller, openAccessCaller } from '../src/access/caller.js'
import { challenge } from '../src/access/challenge.js'
import { createClientAddress } from '../src/access/client-address.js'
import { ambiguousHeaders } from '../src/access/repeated-headers.js'
import { refusedLine } from '../src/access/request-line.js'
import { createStaticTokens } from '../src/access/static-tokens.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; set by the `admit` hook, before a body is read. */
    caller: Caller
    /** The client's address, through trusted proxies only. */
    clientAddress: string | null
  }
  interface FastifyInstance {
    /** onRequest hook of every MCP route: an unambiguous first line and headers, Host and Origin, then the bearer token. */
    admit: onRequestHookHandler
  }
}

export default fp(
  async (app: FastifyInstance) => {
    const { config } = app
    const authenticator =
      config.roleBindings.length > 0 ? createStaticTokens(config.roleBindings) : null
    const stranger = openAccessCaller()
    const checkOrigin = createOriginCheck({
      allowedHosts: config.MCP_ALLOWED_HOSTS,
      allowedOrigins: config.MCP_ALLOWED_ORIGINS,
      bindHost: config.host,
      authEnabled: authenticator !== null,
    })
    const clientAddress = createClientAddress(config.MCP_TRUSTED_PROXIES)

    app.decorateRequest('caller')
    app.decorateRequest('clientAddress', null)

    app.decorate('admit', async (request: FastifyRequest, reply: FastifyReply) => {
      request.clientAddress = clientAddress(
        request.socket.remoteAddress,
        request.headers['x-forwarded-for'],
      )
      const { httpVersion, url = '' } = request.raw
      const refused =
        refusedLine(httpVersion, url, request.headers.host) ??
        ambiguousHeaders(request.raw.rawHeaders) ??
        checkOrigin(request.headers.host, request.headers.origin)
      if (refused !== null) {
        const { status, error, description } = refused
        return endUnread(reply).code(status).send({ error, error_description: description })
      }
      if (authenticator === null) {
        request.caller = stranger
      } else {
        const answer = await authenticator.authenticate(request.headers.authorization)
        if ('refusal' in answer) {
          app.metrics.authFailure()
          app.audit.event('WARNING', 'Authentication failed', {
            event_type: 'auth_failure',
            outcome: 'denied',
            reason: answer.refusal.error,
            client_address: request.clientAddress,
            route: request.routeOptions.url ?? 'unknown',
          })
          const { header, body } = challenge(answer.refusal.description)
          return endUnread(reply).code(401).header('www-authenticate', header).send(body)
        }
        request.caller = answer.caller
      }
      request.maxBodyBytes = request.caller.permissions.has('scan_mgmt')
        ? Math.max(config.MCP_MAX_IMPORT_BODY_BYTES, config.MCP_MAX_BODY_BYTES)
        : config.MCP_MAX_BODY_BYTES
    })

    // Nothing of a refused request's body is worth reading, so its connection ends with the answer.
    function endUnread(reply: FastifyReply): FastifyReply {
      return reply.header('connection', 'close')
    }
  },
  { name: 'auth', dependencies: ['config', 'audit', 'metrics', 'json-body'], fastify: '5.x' },
)
