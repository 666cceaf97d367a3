import type { LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { tools } from '../../src/tools/index.js'
import { callTool, modernMeta } from '../helpers/rpc.js'
import { buildTestApp, type TestApp } from '../helpers/test-app.js'
import {
  badValues,
  goodArguments,
  hostileTexts,
  hostileValues,
  propertiesOf,
  requiredOf,
} from '../tools/bad-arguments.js'

/** What a terminal or a log viewer would act on or hide instead of showing. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u
/** An audit line is printable ASCII, whatever a client sent. */
const plainLine = /^[\x20-\x7e]+\n?$/
const longestEcho = 200
const longestRefusal = 700
const longestLine = 4_000

interface Attempt {
  readonly tool: string
  /** The argument that is wrong. */
  readonly field: string
  readonly arguments: Record<string, unknown>
}

/** Every argument of every tool: missing, of the wrong type, out of range, too long, hostile. From the schemas. */
function* badAttempts(): Generator<Attempt> {
  for (const { name: tool } of tools) {
    const good = goodArguments(tool)
    for (const name of ['surprise', ...hostileTexts.filter((text) => text !== '__proto__')]) {
      yield { tool, field: 'unknown argument', arguments: { ...good, [name]: 1 } }
    }
    for (const field of requiredOf(tool)) {
      const { [field]: _, ...rest } = good
      yield { tool, field, arguments: rest }
      yield { tool, field, arguments: { ...good, [field]: null } }
    }
    for (const [field, schema] of Object.entries(propertiesOf(tool))) {
      const base = { ...good }
      if (field === 'file') delete base.content
      for (const value of [...badValues(field, schema), ...hostileValues(field, schema)]) {
        yield { tool, field, arguments: { ...base, [field]: value } }
      }
    }
  }
}

/** What is wrong with how a bad call was answered; nothing when all is well. */
function faultsOf(
  service: TestApp,
  { field, arguments: args }: Attempt,
  response: LightMyRequestResponse,
  before: { records: number; lines: number },
): string[] {
  if (response.statusCode !== 200) return [`status ${response.statusCode}`]
  const { result } = response.json()
  const text: string = result?.content?.[0]?.text ?? ''
  const records = service.calls().slice(before.records)
  // A checkpoint, after a thousand records or a minute, is no record of the call.
  const lines = service.auditLines
    .slice(before.lines)
    .filter((line) => !line.includes('"event_type": "audit_checkpoint"'))
  const named = field === 'tags' ? /\btags?\b/ : new RegExp(`\\b${field}\\b`)
  const echoed = Object.values(args)
    .flat()
    .some((value) => longPart(value) !== undefined && text.includes(longPart(value) ?? ''))
  const checks: [string, boolean][] = [
    ['it is no error result', result?.isError === true && !('structuredContent' in result)],
    ['the argument is not named', named.test(text)],
    ['unprintable characters in the text', !unprintable.test(text)],
    ['input is echoed at length', !echoed && text.length <= longestRefusal],
    ['not one record', records.length === 1 && lines.length === 1],
    ['its outcome', records[0]?.outcome === 'invalid'],
    ['the record says something else', records[0]?.error === text],
    ['its line', lines.every((line) => plainLine.test(line) && line.length < longestLine)],
    ['DefectDojo was asked', service.sandbox.requests.length === 0],
  ]
  return checks.filter(([, holds]) => !holds).map(([what]) => `${what}: ${text.slice(0, 200)}`)
}

const longPart = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length > longestEcho
    ? value.slice(0, longestEcho + 1)
    : undefined

t.test('no bad argument of any tool gets anywhere, each is named and on record', async (t) => {
  const service = await buildTestApp(t)
  let tried = 0

  for (const attempt of badAttempts()) {
    const before = { records: service.calls().length, lines: service.auditLines.length }
    const response = await service.app.inject(
      callTool(service.tokens.admin, attempt.tool, attempt.arguments),
    )
    for (const fault of faultsOf(service, attempt, response, before)) {
      const given = JSON.stringify(attempt.arguments).slice(0, 200)
      t.fail(`${attempt.tool}.${attempt.field}: ${fault}`, { given })
    }
    // Nothing of a large body is worth keeping for thousands of calls.
    service.audit.length = 0
    service.auditLines.length = 0
    tried += 1
  }

  t.comment(`${tried} bad calls`)
  t.ok(tried > 1500)
  t.equal(service.sandbox.requests.length, 0)
  t.equal(({} as Record<string, unknown>).polluted, undefined)
  const counted = (await service.app.inject('/metrics')).body.matchAll(
    /^mcp_defectdojo_tool_calls_total\{.*outcome="(\w+)".*\} (\d+)$/gm,
  )
  const byOutcome = [...counted].map(([, outcome, count]) => [outcome, Number(count)] as const)
  t.ok(byOutcome.every(([outcome]) => outcome === 'invalid'))
  t.equal(
    byOutcome.reduce((sum, [, count]) => sum + count, 0),
    tried,
  )
})

t.test(
  'hostile text that is allowed stays text: in paths, in the trail, in the service',
  async (t) => {
    const service = await buildTestApp(t, { env: { MUTATION_RATE_LIMIT: '100000' } })
    const { app, sandbox, tokens } = service
    /** Words and ids only, so no text of a caller's is ever part of a path. */
    const ourPath = /^\/api\/v2\/(?:[a-z_-]+\/(?:\d+\/(?:[a-z_]+\/)?)?)?$/
    const ends: Record<string, number> = {}

    for (const { name } of tools) {
      const isFree = ([field, schema]: [
        string,
        { type: string; format?: string; enum?: unknown },
      ]) => schema.type === 'string' && !schema.format && !schema.enum && field !== 'file'
      for (const text of hostileTexts) {
        const free = Object.entries(propertiesOf(name)).filter(isFree)
        const hostile = Object.fromEntries(free.map(([field]) => [field, text]))
        if ('file_name' in hostile) hostile.file_name = `${text.slice(0, 200)}.sarif`
        // Whatever a content check refuses is left out until the rest goes through.
        for (let more = free.length > 0; more; ) {
          const response = await app.inject(
            callTool(tokens.admin, name, { ...goodArguments(name), ...hostile }),
          )
          const record = service.calls().at(-1)
          const outcome = String(record?.outcome)
          ends[outcome] = (ends[outcome] ?? 0) + 1
          if (response.statusCode !== 200 || /^(?:error|unknown_outcome)$/.test(outcome)) {
            t.fail(`${name}: ${outcome} ${response.statusCode}`, { text, body: response.body })
          }
          const refused = outcome === 'invalid' && Object.keys(hostile).find(namedIn(record?.error))
          if (refused) delete hostile[refused]
          more = Boolean(refused) && Object.keys(hostile).length > 0
        }
      }
    }

    t.comment(ends)
    t.ok((ends.success ?? 0) > 100)
    t.same(
      sandbox.requests.map(({ path }) => path).filter((path) => !ourPath.test(path)),
      [],
    )
    t.same(sandbox.faults, [])
    t.same(
      service.auditLines.filter((line) => !plainLine.test(line)),
      [],
    )
    t.notMatch((await app.inject('/metrics')).body, /etc\/passwd|DROP TABLE|<script/)
  },
)

const namedIn = (text: unknown) => (field: string) =>
  new RegExp(`\\b${field}\\b`).test(String(text))

t.test(
  'a malformed message is refused in both generations, without a stack or an echo',
  async (t) => {
    const { app, tokens, sandbox } = await buildTestApp(t)
    const canary = 'canary-of-a-malformed-message'
    const call = { name: 'get_finding', arguments: { finding_id: 1 } }
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: call }
    const headers = {
      host: '127.0.0.1',
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${tokens.admin}`,
    }
    const initialize = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    }
    const opened = await app.inject({
      method: 'POST',
      url: '/mcp',
      headers,
      payload: { ...message, method: 'initialize', params: initialize },
    })
    const generations = {
      '2025-11-25': { 'mcp-session-id': String(opened.headers['mcp-session-id']) },
      '2026-07-28': { 'mcp-protocol-version': '2026-07-28' },
    }
    const malformed: [string, unknown][] = [
      ['no method', { ...message, method: undefined }],
      ['a method that is no text', { ...message, method: { canary } }],
      ['an unknown method', { ...message, method: canary }],
      ['a method of a prototype', { ...message, method: 'constructor' }],
      ['a method with a line break', { ...message, method: `tools/call\n${canary}` }],
      ['no version', { ...message, jsonrpc: undefined }],
      ['another version', { ...message, jsonrpc: canary }],
      ['an id that is an object', { ...message, id: { canary } }],
      ['an id that is a list', { ...message, id: [canary] }],
      ['an id that is null', { ...message, id: null }],
      ['an id that is a fraction', { ...message, id: 1.5 }],
      ['params that are a list', { ...message, params: [canary] }],
      ['params that are text', { ...message, params: canary }],
      ['params that are null', { ...message, params: null }],
      ['a progress token that is an object', withMeta({ progressToken: { canary } })],
      ['_meta that is text', { ...message, params: { ...call, _meta: canary } }],
      ['_meta that is a list', { ...message, params: { ...call, _meta: [canary] } }],
      ['a version that does not exist', withMeta({ [versionKey]: '1999-01-01' })],
      ['a client that is text', withMeta({ 'io.modelcontextprotocol/clientInfo': canary })],
      ['an answer', { jsonrpc: '2.0', id: 1, result: { canary } }],
      ['an error', { jsonrpc: '2.0', id: 1, error: { code: 1, message: canary } }],
      ['an answer that is no answer', { jsonrpc: '2.0', id: 1, error: canary }],
      ['a batch', [message, message]],
      ['an empty batch', []],
      ['a number', 7],
      ['a text', canary],
      ['null', null],
      ['nothing', undefined],
      ['nothing in it', {}],
    ]

    function withMeta(meta: Record<string, unknown>) {
      return { ...message, params: { ...call, _meta: { ...modernMeta, ...meta } } }
    }

    for (const [generation, more] of Object.entries(generations)) {
      for (const [what, body] of malformed) {
        const before = sandbox.requests.length
        const response = await app.inject({
          method: 'POST',
          url: '/mcp',
          headers: { ...headers, ...more },
          payload: JSON.stringify(body) ?? '',
        })
        const label = `${what}, ${generation}`
        if (response.statusCode >= 500) t.fail(label, { body: response.body })
        const said = response.body.replaceAll(`"id":"${canary}"`, '')
        t.notMatch(said, /\bat .+:\d+:\d+|node_modules|\.[jt]s:/, `${label}: no stack`)
        t.notMatch(said, canary, `${label}: no echo`)
        t.equal(sandbox.requests.length, before, `${label}: nothing is carried out`)
      }
    }
    t.equal((await app.inject({ url: '/health' })).statusCode, 200)
  },
)

const versionKey = 'io.modelcontextprotocol/protocolVersion'
