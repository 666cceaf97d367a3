import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import multipart from '@fastify/multipart'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { answer, direct } from './answer.js'
import type { Body, Edition } from './http/exchange.js'
import { readBody } from './http/read-body.js'
import { createRouter } from './http/router.js'
import { tokenFor } from './http/token-login.js'
import { routesOf } from './routes.js'
import { type SeedName, seedStore } from './seed.js'
import type { Store } from './store.js'

export type { Edition } from './http/exchange.js'
export type { SeedName } from './seed.js'

/** A request as the sandbox saw it. Of files only name and size are kept. */
export interface RecordedRequest {
  method: string
  path: string
  query: Record<string, string>
  body: unknown
  /** The Authorization header's user; null without a valid token. */
  user: string | null
  status: number
}

export interface SandboxOptions {
  seed: SeedName
  /** 0, the default, takes a free one. */
  port?: number
  /** Loopback unless given. */
  host?: string
  /** The superuser's token; random unless given. */
  apiKey?: string
  /** The system setting `enable_deduplication`, off like on a fresh server unless given. */
  deduplication?: boolean
  clock?: () => Date
  edition?: Edition
}

/** A DefectDojo that runs in this process, on a socket of its own. */
export interface Sandbox {
  /** `http://127.0.0.1:<port>`: the site, without `/api/v2`. */
  url: string
  port: number
  /** The superuser's token. */
  apiKey: string
  /** Tokens by user name: admin, staff, member, stranger. */
  keys: Record<string, string>
  /** The newest requests, oldest first, at most 2,000. */
  requests: RecordedRequest[]
  /** How many POST, PUT, PATCH and DELETE requests arrived so far. */
  writes(): number
  /** What broke inside the sandbox where the real server is not known to break: empty unless the sandbox has a bug. */
  faults: unknown[]
  store: Store
  close(): Promise<void>
}

const remembered = 2000
const largestBody = 110 * 1024 * 1024
const largestFile = 100 * 1024 * 1024
const page = '<!doctype html><title>DefectDojo</title><p>This is not the API.</p>\n'

/** Starts a sandbox; ready when the promise resolves. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const clock = options.clock ?? (() => new Date())
  const edition = options.edition ?? '3.2.0'
  const apiKey = options.apiKey ?? randomBytes(20).toString('hex')
  const deduplication = options.deduplication ?? false
  const store = seedStore(options.seed, { now: clock, apiKey, deduplication })
  const router = createRouter(routesOf(edition))
  const requests: RecordedRequest[] = []
  const faults: unknown[] = []
  let writes = 0

  const app = Fastify({
    bodyLimit: largestBody,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
  })
  app.removeAllContentTypeParsers()
  await app.register(multipart, { limits: { fileSize: largestFile, fieldSize: largestFile } })
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.route({
    method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: '*',
    handler: respond,
  })
  const url = await app.listen({ port: options.port ?? 0, host: options.host ?? '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo

  return {
    url,
    port,
    apiKey,
    keys: Object.fromEntries(store.users.all().map((user) => [user.username, user.token])),
    requests,
    writes: () => writes,
    faults,
    store,
    close: () => app.close(),
  }

  async function respond(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { method } = request
    const [path = '/', rawQuery = ''] = split(request.url)
    const query = new URLSearchParams(rawQuery)
    if (!['GET', 'HEAD', 'OPTIONS'].includes(method)) writes += 1
    const body = await readBody(request)
    await send(method, path, rawQuery, query, body, request, reply)
    remember(method, path, query, body, request.headers.authorization, reply.statusCode)
    return reply
  }

  async function send(
    method: string,
    path: string,
    rawQuery: string,
    query: URLSearchParams,
    body: Body,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<unknown> {
    if (path === '/oa3/schema/') {
      const info = { title: 'DefectDojo API v2', version: edition }
      return sendJson(reply, method, { openapi: '3.0.3', info, paths: {} })
    }
    if (path === '/login') return reply.type('text/html; charset=utf-8').send(page)
    if (path === '/api/v2/api-token-auth/' && method === 'POST') {
      const token = tokenFor(store, body)
      return sendJson(reply.code(token.status), method, token.json)
    }
    const search = rawQuery === '' ? '' : `?${rawQuery}`
    const detour = direct(router, path, search)
    if (detour.kind === 'not found') {
      return reply.code(404).type('text/html; charset=utf-8').send(page)
    }
    if (detour.kind === 'redirect') {
      return reply
        .code(detour.status)
        .header('location', detour.location)
        .type('text/html; charset=utf-8')
        .send('')
    }
    const origin = `http://${request.headers.host ?? `127.0.0.1:${port}`}`
    const { authorization } = request.headers
    const onFault = (error: unknown) => faults.push(error)
    const answered = await answer({ store, edition, onFault }, detour.match, {
      method,
      path,
      query,
      authorization,
      origin,
      body,
    })
    reply.code(answered.status).headers(answered.headers ?? {})
    if (answered.json === undefined) return reply.send()
    return sendJson(reply, method, answered.json)
  }

  function remember(
    method: string,
    path: string,
    query: URLSearchParams,
    body: Body,
    authorization: string | undefined,
    status: number,
  ): void {
    if (requests.length >= remembered) requests.splice(0, remembered / 2)
    const token = authorization?.split(' ')[1]
    const user = store.users.all().find((row) => row.token === token)?.username ?? null
    requests.push({
      method,
      path,
      query: Object.fromEntries(query),
      body: shown(body),
      user,
      status,
    })
  }
}

/** As bytes, so that the content type goes out bare, as DefectDojo writes it. */
function sendJson(reply: FastifyReply, method: string, json: unknown): FastifyReply {
  const bytes = Buffer.from(JSON.stringify(json))
  reply.header('content-type', 'application/json')
  if (method !== 'HEAD') return reply.send(bytes)
  return reply.header('content-length', bytes.length).send()
}

function split(url: string): [path: string, query: string] {
  const mark = url.indexOf('?')
  return mark === -1 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)]
}

function shown(body: Body): unknown {
  if (body.kind === 'json') return body.value
  if (body.kind !== 'form') return null
  const files = Object.entries(body.files).map(([name, file]) => ({
    name,
    filename: file.filename,
    bytes: file.content.length,
  }))
  return { fields: body.fields, files }
}
