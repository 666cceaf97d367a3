import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { Test } from 'tap'
import { type Caller, openAccessCaller, tokenCaller } from '../../src/access/caller.js'
import { createDojoClient } from '../../src/dojo/client.js'
import { ToolError } from '../../src/errors.js'
import type { Tool, ToolContext, ToolSettings } from '../../src/tools/define-tool.js'
import { tools } from '../../src/tools/index.js'

/** What DefectDojo was asked. */
export interface SeenRequest {
  readonly method: string
  /** Without `/api/v2/` and without the query. */
  readonly path: string
  readonly query: Readonly<Record<string, unknown>>
  /** Parsed JSON, a FormData, or undefined. */
  readonly body: unknown
}

export interface ScriptedAnswer {
  readonly status?: number
  readonly body?: unknown
}

/** Answers in place of DefectDojo, by `METHOD path`; what is not there is a 404. */
export type Script = Readonly<Record<string, (request: SeenRequest) => ScriptedAnswer>>

export interface RunOptions {
  readonly caller?: Caller
  readonly settings?: ToolSettings
}

/** What a call left behind besides its result. */
export interface Traces {
  readonly notes: { level: string; message: string; fields: Record<string, unknown> }[]
  readonly details: Record<string, unknown>
  readonly findingsRead: number[]
  readonly progress: (readonly [done: number, total: number | undefined, message: string])[]
  readonly log: (readonly [level: string, message: string])[]
}

export interface Bench {
  readonly requests: SeenRequest[]
  /** Takes a call through arguments, checks and run, as the pipeline does. */
  run(name: string, args?: unknown, options?: RunOptions): Promise<unknown>
  /** The same, but the error it ends in; fails when it ends in none. */
  refusal(name: string, args?: unknown, options?: RunOptions): Promise<ToolError>
  /** What the calls so far left behind. */
  readonly traces: Traces
}

export const admin = tokenCaller('ada', 'admin')
export const nobody = openAccessCaller()

export function toolNamed(name: string): Tool {
  const tool = tools.find((candidate) => candidate.name === name)
  if (!tool) throw new Error(`no tool ${name}`)
  return tool
}

async function parsedForm(body: Buffer, contentType: string): Promise<FormData> {
  return new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData()
}

/** A DefectDojo that answers by a script, on a real socket. */
async function startScriptedDojo(t: Test, script: Script, requests: SeenRequest[]) {
  const app = Fastify()
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit: 2 ** 27 },
    (request, body, done) => {
      parsedForm(body as Buffer, request.headers['content-type'] ?? '').then(
        (form) => done(null, form),
        (error: unknown) => done(error as Error),
      )
    },
  )
  app.all('/api/v2/*', async (request, reply) => {
    const path = request.url.slice('/api/v2/'.length).split('?')[0] ?? ''
    const seen: SeenRequest = {
      method: request.method,
      path,
      query: request.query as Record<string, unknown>,
      body: request.body,
    }
    requests.push(seen)
    const answer = script[`${seen.method} ${path}`]?.(seen) ?? { status: 404, body: {} }
    return reply.code(answer.status ?? 200).send(answer.body)
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
}

/** Tools in front of a scripted DefectDojo, or of the one at `script` when that is an address with its key. */
export async function buildBench(
  t: Test,
  script: Script | { readonly url: string; readonly apiKey: string },
): Promise<Bench> {
  const requests: SeenRequest[] = []
  const target =
    typeof script.url === 'string'
      ? (script as { url: string; apiKey: string })
      : { url: await startScriptedDojo(t, script as Script, requests), apiKey: 'obviously-fake' }
  const client = createDojoClient({
    url: target.url,
    keys: { read: target.apiKey, write: target.apiKey },
    userAgent: 'test',
    timeoutSeconds: 10,
    importTimeoutSeconds: 20,
    maxResponseBytes: 1e7,
  })
  t.teardown(() => client.close())

  const traces: Traces = {
    notes: [],
    details: {},
    findingsRead: [],
    progress: [],
    log: [],
  }

  async function run(name: string, args: unknown = {}, options: RunOptions = {}): Promise<unknown> {
    const tool = toolNamed(name)
    const requestId = randomUUID()
    const { signal } = new AbortController()
    const context: ToolContext = {
      dojo: client.forCall({ requestId, signal }),
      caller: options.caller ?? admin,
      requestId,
      signal,
      settings: options.settings ?? { defaultFoundById: null },
      progress: (...step) => void traces.progress.push(step),
      log: (level, message) => void traces.log.push([level, message]),
      findingsRead: { record: (ids) => traces.findingsRead.push(...ids) },
      audit: {
        note: (level, message, fields) => traces.notes.push({ level, message, fields }),
        detail: (member, value) => {
          traces.details[member] = value
        },
      },
    }
    const input = tool.input.bind(args)
    tool.check?.(input)
    tool.input.screen(input)
    return tool.run(input, context)
  }

  return {
    requests,
    traces,
    run,
    async refusal(name, args, options) {
      try {
        await run(name, args, options)
      } catch (error) {
        if (error instanceof ToolError) return error
        throw error
      }
      throw new Error(`${name} was not refused`)
    },
  }
}
