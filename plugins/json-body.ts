import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { leaveUnread } from '../src/access/unread-body.js'
import { type JsonLimits, parseJsonText } from '../src/guard/json-limits.js'
import { isReport } from '../src/guard/report-body.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Bytes this request's body may have; decided from the caller's permissions before anything is read. */
    maxBodyBytes: number
  }
}

/** Bodies above this many bytes are large: only so many of them are held at once. */
const largeBodyBytes = 1_048_576
const largeBodiesAtOnce = 2
const retryAfterSeconds = 5

/**
 * Far more than any tool takes: reports are one string. The protocol's own validation spends some 25 µs on a value that it does not
 * expect, during which nobody else is served.
 */
const requestLimits: JsonLimits = { maxDepth: 64, maxElements: 2_000 }

/** Reads JSON bodies, and nothing else: size first, then the text's structure, then its values. */
export default fp(
  async (app: FastifyInstance) => {
    let largeBodies = 0
    app.decorateRequest('maxBodyBytes', 0)
    app.addHook('onRequest', async (request) => {
      request.maxBodyBytes = app.config.MCP_MAX_BODY_BYTES
    })

    // What of a body has not been read when the answer is ready will not be: a connection is cheaper than the rest of it.
    app.addHook('onSend', async (request, reply) => {
      const { headers, complete } = request.raw
      const hasBody =
        headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
      if (!hasBody || complete !== false) return
      reply.header('connection', 'close')
      leaveUnread(request.raw, reply.raw)
    })

    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      'application/json',
      (request: FastifyRequest, payload: IncomingMessage) => readJson(request, payload),
    )

    async function readJson(request: FastifyRequest, payload: IncomingMessage): Promise<unknown> {
      requirePlainUtf8(request)
      const text = await readText(request, payload)
      if (text === '' && request.method !== 'POST') return undefined
      const usual = app.config.MCP_MAX_BODY_BYTES
      const read = parseJsonText(text, { ...requestLimits, maxBesides: usual })
      if ('problem' in read) throw app.httpErrors.badRequest(`Parse error: ${read.problem}`)
      if (text.length > usual && !isReport(read.value, text.length, usual)) {
        throw app.httpErrors.payloadTooLarge(
          `The body exceeds ${usual} bytes; only the report of an import may make it larger`,
        )
      }
      return read.value
    }

    function requirePlainUtf8({ headers }: FastifyRequest): void {
      const type = headers['content-type'] ?? ''
      // Whoever chose this parser takes a no-break space for a blank, which nobody else does.
      if (/[^\t\x20-\x7e]/.test(type)) {
        throw app.httpErrors.unsupportedMediaType('The Content-Type must be application/json')
      }
      // Of two that are named, another reader may take the other.
      const charsets = type.matchAll(/charset\s*=\s*"?([^\s;"]+)/gi)
      if ([...charsets].some(([, charset = '']) => !/^utf-?8$/i.test(charset))) {
        throw app.httpErrors.unsupportedMediaType('The body must be UTF-8')
      }
      if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
        throw app.httpErrors.unsupportedMediaType('The body must not be compressed')
      }
    }

    async function readText(request: FastifyRequest, payload: IncomingMessage): Promise<string> {
      const limit = request.maxBodyBytes
      const tooLarge = (): Error =>
        app.httpErrors.payloadTooLarge(`The body exceeds ${limit} bytes`)
      if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge()

      const chunks: Buffer[] = []
      let bytes = 0
      let large = false
      try {
        for await (const chunk of payload as AsyncIterable<Buffer>) {
          bytes += chunk.length
          if (bytes > limit) throw tooLarge()
          if (!large && bytes > largeBodyBytes) {
            if (largeBodies >= largeBodiesAtOnce) throw busy()
            large = true
            largeBodies += 1
          }
          chunks.push(chunk)
        }
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
          Buffer.concat(chunks),
        )
      } catch (error) {
        if (error instanceof TypeError) throw app.httpErrors.badRequest('The body is not UTF-8')
        // The client went away: nothing is wrong with the service, and nobody is there to read the answer.
        if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') {
          throw app.httpErrors.badRequest('The body ended too early')
        }
        throw error
      } finally {
        if (large) largeBodies -= 1
      }
    }

    function busy(): Error {
      return app.httpErrors.createError(503, 'Two large imports are being received; try again', {
        headers: { 'retry-after': String(retryAfterSeconds) },
      })
    }
  },
  { name: 'json-body', dependencies: ['config', 'error-handler'], fastify: '5.x' },
)
