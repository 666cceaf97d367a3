import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { InMemoryTransport, UriTemplate } from '@modelcontextprotocol/server'
import t from 'tap'
import type { Caller } from '../../src/access/caller.js'
import type { ToolError } from '../../src/errors.js'
import { prompts } from '../../src/prompts/index.js'
import { isTemplate, readOperation } from '../../src/resources/define-resource.js'
import { createFindResource } from '../../src/resources/find-resource.js'
import { resources } from '../../src/resources/index.js'
import { annotations } from '../../src/tools/define-tool.js'
import { tools } from '../../src/tools/index.js'
import { rpc } from '../helpers/rpc.js'
import { buildTestApp } from '../helpers/test-app.js'
import { modernReader, openSession, type RpcError } from './resource-bench.js'

type Schema = { properties: Record<string, { description?: string }>; required?: string[] }

t.test('what every resource promises', async (t) => {
  const find = createFindResource(resources)
  for (const resource of resources) {
    const { name, uri, input } = resource
    const schema = input.schema as unknown as Schema
    const template = new UriTemplate(uri)

    const file = join(import.meta.dirname, '../../src/resources', `${name}.ts`)
    t.ok(existsSync(file), `${name} is in the file of its name`)
    t.match(schema, { type: 'object', additionalProperties: false })
    t.throws(() => input.bind({ surprise: 1 }), { code: 'invalid_arguments' } as ToolError)
    t.same([...template.variableNames].sort(), Object.keys(schema.properties).sort(), name)

    const values = Object.fromEntries(template.variableNames.map((variable) => [variable, '7']))
    const address = isTemplate(resource) ? template.expand(values) : uri
    t.same(find(address), { name, arguments: values }, address)
    const needed = Object.fromEntries((schema.required ?? []).map((variable) => [variable, '7']))
    t.same(
      find(address.split('?')[0] ?? ''),
      { name, arguments: needed },
      'parameters are optional',
    )

    for (const [variable, { description }] of Object.entries(schema.properties)) {
      t.ok(description, `${name}.${variable} says what it is`)
    }
    const { openWorldHint } = annotations({ ...resource, effect: 'read' })
    t.equal(resource.description.endsWith('never instructions.'), openWorldHint, name)
    t.equal(readOperation(resource).effect, 'read')
  }
})

t.test('names are said once among everything that can be asked for', async (t) => {
  const names = [...tools, ...prompts, ...resources].map(({ name }) => name)
  t.same(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  )
  t.equal(new Set(resources.map(({ title }) => title)).size, resources.length)
  t.equal(new Set(resources.map(({ uri }) => uri)).size, resources.length)
})

const product = 'defectdojo://products/1'

/** Addresses that nothing answers to. */
const unknown: readonly string[] = [
  '',
  ' ',
  'instance',
  'products',
  'scan-types',
  'defectdojo:',
  'defectdojo://',
  'defectdojo:///instance',
  'defectdojo:instance',
  'DEFECTDOJO://instance',
  'DefectDojo://products/1',
  'http://instance',
  'https://example.com/products/1',
  'file:///etc/passwd',
  'defectdojo://instance/',
  'defectdojo://instance?',
  'defectdojo://instance?limit=1',
  'defectdojo://instance#x',
  'defectdojo://INSTANCE',
  'defectdojo://users/1',
  'defectdojo://user@products/1',
  'defectdojo://user:pass@instance',
  'defectdojo://products:80/1',
  'defectdojo://products.example/1',
  'defectdojo://products/',
  'defectdojo://products//1',
  'defectdojo://products/1/',
  'defectdojo://products/1//engagements',
  'defectdojo:////products/1',
  'defectdojo://products/../products/1',
  'defectdojo://products/..',
  'defectdojo://products/./1',
  'defectdojo://products/1/../../users',
  'defectdojo://products/1/engagements/../../2',
  'defectdojo://products/..%2f..%2fusers',
  'defectdojo://products/%2e%2e/users',
  'defectdojo://products/1%2fengagements',
  'defectdojo://products%2f1',
  'defectdojo://products/%31',
  'defectdojo://products/1%00',
  'defectdojo://products/1\u0000',
  'defectdojo://products/1\n',
  'defectdojo://products/1\r\nx: y',
  ' defectdojo://products/1',
  'defectdojo://products/1 ',
  'defectdojo://products/1\\engagements',
  'defectdojo://products/1;x=1',
  'defectdojo://products/1#engagements',
  'defectdojo://products/1#',
  'defectdojo://products/01',
  'defectdojo://products/00',
  'defectdojo://products/1.0',
  'defectdojo://products/+1',
  'defectdojo://products/1,2',
  'defectdojo://products/1/2',
  'defectdojo://products/{product_id}',
  'defectdojo://products{?limit,offset}',
  // Digits of other alphabets, and one that only looks like one.
  'defectdojo://products/\u0661',
  'defectdojo://products/\uff11',
  'defectdojo://products/\u{1d7cf}',
  'defectdojo://products/\u00b9',
  'defectdojo://products/1\u200b',
  'defectdojo://product\u0455/1',
  `${product}?limit=1`,
  `${product}?`,
  `${product}/engagements?`,
  `${product}/engagements?limit`,
  `${product}/engagements?limit=`,
  `${product}/engagements?limit=1&`,
  `${product}/engagements?&limit=1`,
  `${product}/engagements?limit=1&limit=1`,
  `${product}/engagements?limit=1&limit=2`,
  `${product}/engagements?limit=1&offset=0&limit=2`,
  `${product}/engagements?Limit=1`,
  `${product}/engagements?l%69mit=1`,
  `${product}/engagements?limit=%31`,
  `${product}/engagements?limit=1=2`,
  `${product}/engagements?limit=1;offset=2`,
  `${product}/engagements?limit=1?offset=2`,
  `${product}/engagements?limit=1#offset=2`,
  `${product}/engagements?product_id=2`,
  `${product}/engagements?product=2`,
  `${product}/engagements?o=id`,
  `${product}/engagements?__proto__=1`,
  `${product}/engagements?constructor=1`,
  `${product}/engagements?limit=01`,
  `${product}/engagements?offset=+1`,
]

/** Too long for the header in which a 2026-07-28 client repeats what it reads. */
const endless: readonly string[] = [
  `defectdojo://products/${'1'.repeat(10_240)}`,
  `defectdojo://${'products/'.repeat(1_200)}1`,
  `defectdojo://products?limit=1&offset=${'0'.repeat(600)}`,
]

/** Addresses whose numbers are none; the caller is told which and why. */
const outOfBounds: readonly (readonly [string, RegExp])[] = [
  ['defectdojo://products/0', /^product_id must be > 0, got 0$/],
  ['defectdojo://products/-1', /^product_id must be > 0, got -1$/],
  ['defectdojo://products/1e3', /^product_id must be an integer, got '1e3'$/],
  ['defectdojo://products/0x1', /^product_id must be an integer, got '0x1'$/],
  ['defectdojo://products/1_0', /^product_id must be an integer, got '1_0'$/],
  ['defectdojo://products/NaN', /^product_id must be an integer, got 'NaN'$/],
  ['defectdojo://products/null', /^product_id must be an integer/],
  ['defectdojo://products/2147483648', /^product_id must be <= 2147483647, got 2147483648$/],
  ['defectdojo://products/9007199254740993', /^product_id must be /],
  [`defectdojo://products/${'9'.repeat(200)}`, /^product_id must be an integer/],
  ['defectdojo://engagements/0', /^engagement_id must be > 0/],
  ['defectdojo://tests/2147483648/findings', /^test_id must be <= 2147483647/],
  ['defectdojo://findings/-1', /^finding_id must be > 0/],
  ['defectdojo://findings/0/notes', /^finding_id must be > 0/],
  ['defectdojo://products?limit=0', /^limit must be between 1 and 100, got 0$/],
  ['defectdojo://products?limit=101', /^limit must be between 1 and 100, got 101$/],
  ['defectdojo://products?offset=-1', /^offset must be >= 0, got -1$/],
  ['defectdojo://products?offset=2147483648', /^offset must be <= 2147483647/],
  ['defectdojo://findings/1/notes?limit=all', /^limit must be an integer, got 'all'$/],
]

t.test('an address that is not exactly one of ours leads nowhere', async (t) => {
  const service = await buildTestApp(t)
  const { sandbox, tokens } = service
  const modern = modernReader(service, tokens.admin)
  const session = await openSession(service, tokens.admin)

  for (const uri of [...unknown, ...endless]) {
    for (const read of endless.includes(uri) ? [session.read] : [modern, session.read]) {
      const before = service.calls().length
      const { error, contents } = await read(uri)
      const shown = JSON.stringify(uri.slice(0, 60))
      t.match(error, { code: -32602, message: /^Unknown resource: / }, shown)
      t.strictSame(error?.data, { uri: uri.slice(0, 512) }, shown)
      t.ok((error?.message ?? '').length < 1_000)
      t.same(contents, [])
      t.equal(service.calls().length, before + 1, shown)
      t.match(service.calls().at(-1), { outcome: 'denied', reason: 'unknown_resource' }, shown)
      t.ok(String(service.calls().at(-1)?.tool_name).startsWith('resources/read:'))
    }
  }
  t.equal(sandbox.requests.length, 0, 'nothing reached DefectDojo')
})

t.test('numbers out of bounds are refused by name', async (t) => {
  const service = await buildTestApp(t)
  const { sandbox, tokens } = service
  const modern = modernReader(service, tokens.admin)
  const session = await openSession(service, tokens.admin)

  for (const [uri, message] of outOfBounds) {
    for (const read of [modern, session.read]) {
      const { error } = await read(uri)
      t.match(error, { code: -32602, message, data: { code: 'invalid_arguments' } }, uri)
      t.match(service.calls().at(-1), { outcome: 'invalid' }, uri)
    }
  }
  t.equal(sandbox.requests.length, 0, 'nothing reached DefectDojo')
})

t.test('an address that is no text is refused, and on record', async (t) => {
  const service = await buildTestApp(t)
  const session = await openSession(service, service.tokens.admin)

  for (const params of [{}, { uri: 7 }, { uri: null }, { uri: [product] }, { uri: { a: 1 } }]) {
    const before = service.calls().length
    t.match((await session.ask('resources/read', params)).error, { code: -32602 })
    const modern = await service.app.inject(
      rpc(service.tokens.admin, 'resources/read', params as Record<string, unknown>),
    )
    t.match(modern.json().error, { code: Number })
    t.ok(service.calls().length > before, JSON.stringify(params))
  }
  t.equal(service.sandbox.requests.length, 0)
})

t.test('what a caller may not read is as unknown as what is not there', async (t) => {
  const service = await buildTestApp(t)
  const caller: Caller = {
    id: 'probe',
    role: null,
    permissions: new Set(['system'] as const),
    authenticated: true,
  }
  const server = service.app.mcp.createServer({
    caller,
    transport: 'stdio',
    clientAddress: null,
    sessionId: 'one',
  })
  const [ours, theirs] = InMemoryTransport.createLinkedPair()
  const client = new Client({ name: 'test', version: '1' })
  await Promise.all([server.connect(ours), client.connect(theirs)])
  t.teardown(() => client.close())
  const refusalOf = (asked: Promise<unknown>) =>
    asked.then(
      () => t.fail('was answered'),
      (error: RpcError) => error,
    ) as Promise<RpcError>

  const page = await client.listResources()
  t.same(
    page.resources.map(({ name }) => name),
    ['instance'],
  )
  t.equal(page.nextCursor, undefined)
  t.same((await client.listResourceTemplates()).resourceTemplates, [])

  for (const uri of [product, 'defectdojo://products', 'defectdojo://scan-types']) {
    const hidden = await refusalOf(client.readResource({ uri }))
    const missing = await refusalOf(client.readResource({ uri: `${uri}x` }))
    t.match(hidden, { code: -32602, data: { uri } })
    t.equal(hidden.message, missing.message.replace(`${uri}x`, uri))
    t.match(service.calls().at(-2), { outcome: 'denied', reason: 'unknown_resource' })
  }
  // One that may read them got it.
  const { result } = (await service.app.inject(rpc(service.tokens.reader, 'resources/list'))).json()
  const more = await refusalOf(client.listResources({ cursor: result.nextCursor }))
  t.match(more, { code: -32602 })
  t.match(service.calls().at(-1), {
    tool_name: 'resources/list:products',
    outcome: 'denied',
    authenticated_caller_id: 'probe',
  })
  t.equal(service.sandbox.requests.length, 0, 'nothing reached DefectDojo')
})
