import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSandbox } from '../sandbox/server.js'
import { prepareServer, startServer } from './audited-server.js'
import { startProof } from './measure.js'
import {
  createSessionClient,
  createSseClient,
  createStatelessClient,
  type ProtocolClient,
} from './protocol-clients.js'

// What a client caches and a person approves must not change under their hands: every list is the same text, for every caller of a role,
// in every generation, whenever it is asked for.

const proof = startProof(
  'M12: lists are the same text each time, and their schemas and hints are right',
)
const toolLists = proof.short ? 25 : 1_000
const otherLists = proof.short ? 5 : 100
const roles = ['admin', 'writer', 'scanner', 'reader'] as const
type Role = (typeof roles)[number]
const revisions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']
const lists = {
  'tools/list': 'tools',
  'resources/list': 'resources',
  'resources/templates/list': 'resourceTemplates',
  'prompts/list': 'prompts',
} as const
type ListMethod = keyof typeof lists

/** Read only, destructive, idempotent, open world: what a person is shown before a tool runs. Written out, not derived. */
const hints: Readonly<Record<string, string>> = {
  health_check: 'read-only, idempotent',
  list_products: 'read-only, idempotent, open world',
  get_product: 'read-only, idempotent, open world',
  create_product: 'open world',
  list_product_types: 'read-only, idempotent, open world',
  list_engagements: 'read-only, idempotent, open world',
  get_engagement: 'read-only, idempotent, open world',
  create_engagement: 'open world',
  list_tests: 'read-only, idempotent, open world',
  get_test: 'read-only, idempotent, open world',
  create_test: 'open world',
  list_test_types: 'read-only, idempotent, open world',
  list_findings: 'read-only, idempotent, open world',
  get_finding: 'read-only, idempotent, open world',
  create_finding: 'open world',
  update_finding: 'destructive, idempotent, open world',
  close_finding: 'destructive, open world',
  reopen_finding: 'destructive, open world',
  add_finding_note: 'open world',
  list_finding_notes: 'read-only, idempotent, open world',
  add_finding_tags: 'idempotent, open world',
  remove_finding_tags: 'destructive, idempotent, open world',
  import_scan: 'destructive',
  reimport_scan: 'destructive',
}

interface ListedTool {
  readonly name: string
  readonly inputSchema: unknown
  readonly annotations: Readonly<Record<string, unknown>>
}

/** By role, method and generation: the texts that came. */
const seen = new Map<string, Set<string>>()
/** By role and method: the entries alone, which every generation and every process shows alike. */
const entries = new Map<string, Set<string>>()
let asked = 0

const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-m12-'))
const sandbox = await startSandbox({ seed: 'demo' })
try {
  const env = { DEFECTDOJO_API_KEY: sandbox.apiKey }
  const http = await prepareServer(mkdtempSync(join(folder, 'http-')), sandbox.url, env)
  for (const process of ['first', 'second']) {
    const server = await startServer(http)
    await askAll(http.port, http.tokens, (options) => [
      createStatelessClient(options),
      ...revisions.map((revision) => createSessionClient(options, revision)),
    ])
    const status = await server.stop()
    if (status !== 0) throw new Error(`the ${process} process ended with ${status}`)
  }
  const sse = await prepareServer(mkdtempSync(join(folder, 'sse-')), sandbox.url, {
    ...env,
    MCP_TRANSPORT: 'sse',
  })
  const server = await startServer(sse)
  await askAll(sse.port, sse.tokens, (options) => [createSseClient(options)])
  await server.stop()
  judge()
} finally {
  await sandbox.close()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

type Options = Parameters<typeof createStatelessClient>[0]

/** Every list as every role by every client that `clientsOf` makes. */
async function askAll(
  port: number,
  tokens: Readonly<Record<Role, string>>,
  clientsOf: (options: Options) => readonly (ProtocolClient | Promise<ProtocolClient>)[],
): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  for (const role of roles) {
    const clients = await Promise.all(clientsOf({ port, token: tokens[role], agent }))
    await Promise.all(clients.map((client) => askLists(role, client)))
    await Promise.all(clients.map((client) => client.close()))
  }
  agent.destroy()
}

async function askLists(role: Role, client: ProtocolClient): Promise<void> {
  for (const [method, member] of Object.entries(lists)) {
    const count = method === 'tools/list' ? toolLists : otherLists
    for (let call = 0; call < count; call++) {
      const { id, messages, ended } = client.ask(method)
      await ended
      const [message] = messages
      if (!message?.result) throw new Error(`${method} was not answered: ${message?.text}`)
      asked += 1
      // The id is the client's own.
      const text = message.text.replace(`"id":${id}`, '"id":0')
      remember(seen, `${role} ${method} ${client.generation}`, text)
      remember(entries, `${role} ${method}`, JSON.stringify(message.result[member]))
    }
  }
}

function judge(): void {
  const several = [...seen].filter(([, texts]) => texts.size !== 1)
  proof.check(
    'each list is one text, byte by byte, for a role and a generation, also after a restart',
    several.length === 0 && seen.size === roles.length * Object.keys(lists).length * 6,
    `${asked} calls, ${seen.size} lists${several[0] ? `; ${several[0][1].size} texts of ${several[0][0]}` : ''}`,
  )
  const differing = [...entries].filter(([, texts]) => texts.size !== 1)
  proof.check(
    'every generation shows a role the same entries',
    differing.length === 0,
    differing[0]?.[0] ?? `${entries.size} lists`,
  )
  const outside = [...seen].filter(([, texts]) =>
    [...texts].some((text) => /[^\x20-\x7e]/.test(text)),
  )
  proof.check('there is nothing in them but ASCII', outside.length === 0, outside[0]?.[0])
  for (const role of roles) {
    const of = (method: ListMethod): string => textOf(role, method)
    proof.note(`${role}: tools ${sha256(of('tools/list'))}, ${toolsOf(role).length} of them`)
    proof.note(
      `${role}: resources ${short(of('resources/list'))}, templates ${short(of('resources/templates/list'))}, prompts ${short(of('prompts/list'))}`,
    )
  }

  const all = toolsOf('admin')
  const open = all.flatMap(({ name, inputSchema }) => openObjects(inputSchema, name))
  proof.check(
    'no object in a schema of arguments takes members it does not name',
    open.length === 0 && all.length > 0,
    open[0] ?? `${all.length} tools`,
  )
  const wrong = all.filter(({ name, annotations }) => hints[name] !== said(annotations))
  proof.check(
    'the hints of each tool are those of the table, and the table knows each tool',
    wrong.length === 0 && all.length === Object.keys(hints).length,
    wrong[0] ? `${wrong[0].name}: ${said(wrong[0].annotations)}` : `${all.length} tools`,
  )
  const subsets = roles.slice(1).every((role, index) => {
    const above = new Set(toolsOf(roles[index] ?? 'admin').map((tool) => JSON.stringify(tool)))
    return toolsOf(role).every((tool) => above.has(JSON.stringify(tool)))
  })
  proof.check('a role sees what a lesser one sees, in the same words', subsets)
}

function textOf(role: Role, method: ListMethod): string {
  return [...(entries.get(`${role} ${method}`) ?? [])][0] ?? ''
}

function toolsOf(role: Role): ListedTool[] {
  return JSON.parse(textOf(role, 'tools/list'))
}

/** Where in a schema an object would take anything. */
function openObjects(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { type, properties, additionalProperties } = schema as Record<string, unknown>
  const isObject = [type].flat().includes('object') || properties !== undefined
  const inside = Object.entries(schema).flatMap(([name, value]) =>
    name === 'default' || name === 'enum' ? [] : openObjects(value, `${path}.${name}`),
  )
  return isObject && additionalProperties !== false ? [path, ...inside] : inside
}

function said(annotations: Readonly<Record<string, unknown>>): string {
  const words = [
    ['readOnlyHint', 'read-only'],
    ['destructiveHint', 'destructive'],
    ['idempotentHint', 'idempotent'],
    ['openWorldHint', 'open world'],
  ] as const
  const given = words.every(([hint]) => typeof annotations[hint] === 'boolean')
  if (!given) return 'not all hints are given'
  return words
    .filter(([hint]) => annotations[hint] === true)
    .map(([, word]) => word)
    .join(', ')
}

function remember(all: Map<string, Set<string>>, key: string, text: string): void {
  const texts = all.get(key) ?? new Set()
  all.set(key, texts.add(text))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function short(text: string): string {
  return `${sha256(text).slice(0, 16)} (${(JSON.parse(text) as unknown[]).length})`
}
