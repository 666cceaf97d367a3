import { type AuditRecord, until } from '../audited-server.js'
import type { HoldingDojo } from './holding-dojo.js'
import { reportFor } from './import-report.js'
import type { McpClient, Owner } from './mcp-client.js'
import { soon } from './soon.js'

/** Where a client shows what it can do. */
export interface Stage {
  readonly dojo: Pick<HoldingDojo, 'hold'>
  /** Occurs in nothing but this client's calls. */
  readonly word: string
  /** Of a client that starts anew for each; all that is listed if absent. */
  readonly readsAtMost?: number
  /** What the audit trail has of this client. */
  records(): readonly AuditRecord[]
}

/** Does one thing with a client and says what came of it; rejects when it is not what it should be. */
type Attempt = (client: McpClient, stage: Stage) => Promise<string>

/** Longer than all that an attempt waits for: a client that never answers must not hold up the others. */
const attemptMs = 90_000

/** Everything a client is asked for, in this order. */
export const abilities = {
  async 'list tools'(client) {
    const names = await client.listTools()
    expect(names.length === 24 && names.includes('import_scan'), names)
    return `${names.length} tools`
  },

  async call(client) {
    const { isError, text, structured } = await client.callTool('list_products', { limit: 2 })
    const { items } = (structured ?? {}) as { items?: unknown[] }
    expect(!isError && items?.length === 2, { text, structured })
    expect(JSON.stringify(JSON.parse(text)) === JSON.stringify(structured), text)
    return `${items?.length} products`
  },

  async refusal(client) {
    const result = await client.callTool('get_finding', { finding_id: 999_999 })
    expect(result.isError && result.text.startsWith('Resource not found'), result)
    return result.text
  },

  async 'unknown tool'(client) {
    const result = await client.callTool('delete_everything', {})
    expect(result.isError && result.text.startsWith("Unknown tool: 'delete_everything'"), result)
    return result.text
  },

  async 'list resources'(client) {
    const [resources, templates] = [await client.listResources(), await client.listTemplates()]
    expect(resources.includes('defectdojo://instance'), resources)
    return [...resources, ...templates].join(' ')
  },

  async 'read resource'(client, { readsAtMost = Number.POSITIVE_INFINITY }) {
    const templates = await client.listTemplates()
    const addresses = [...templates, ...(await client.listResources())].slice(0, readsAtMost)
    for (const address of addresses) {
      const uri = filled(address)
      expect(Object.keys(JSON.parse(await client.readResource(uri))).length > 0, uri)
    }
    return `${addresses.length} read`
  },

  async 'list prompts'(client) {
    const names = (await client.listPrompts()).map(({ name }) => name)
    expect(names.includes('triage_finding'), names)
    return names.join(' ')
  },

  async 'get prompt'(client) {
    const text = await client.getPrompt('triage_finding', { finding_id: '1' })
    expect(text.includes('get_finding'), text)
    return `${text.length} characters`
  },

  async completion(client) {
    let suggestions = 0
    for (const [owner, argument] of await completable(client)) {
      const values = await client.complete(owner, argument, '')
      expect(
        values.every((value) => typeof value === 'string'),
        [owner, argument, values],
      )
      suggestions += values.length
    }
    expect(suggestions > 0, 'nothing is suggested')
    return `${suggestions} suggestions`
  },

  async progress(client, { dojo, word }) {
    const name = `${word}-imported`
    const held = dojo.hold(name)
    const heard: number[] = []
    const call = client.callTool('import_scan', reportFor(name), {
      onProgress(progress) {
        heard.push(progress)
        // DefectDojo answers after the second: an answer that comes at all proves that both came before it.
        if (heard.length === 2) held.release()
      },
    })
    try {
      const { isError, text } = await soon('two progress notifications and the answer', call)
      expect(!isError, text)
    } finally {
      held.release()
    }
    const rising = heard.every((value, index) => value > (heard[index - 1] ?? -1))
    expect(heard.length >= 2 && rising, heard)
    return heard.join(', ')
  },

  async cancel(client, { dojo, word, records }) {
    const title = `${word}-cancelled`
    const held = dojo.hold(title)
    const stop = new AbortController()
    const call = client.callTool('list_findings', { title }, { signal: stop.signal })
    const ended = call.then(
      (result) => result,
      () => 'cancelled',
    )
    try {
      await soon('the call at DefectDojo', Promise.race([held.arrived, ended]))
      stop.abort()
      await soon('the end of the request to DefectDojo', held.abandoned)
      expect((await soon('the end of the call', ended)) === 'cancelled', await ended)
    } finally {
      held.release()
    }
    // It calls this tool nowhere else.
    const ends = () => records().filter(({ tool_name }) => tool_name === 'list_findings')
    await until('the audit trail has the call', () => ends().length > 0)
    const [end] = ends()
    expect(end?.outcome === 'error' && end.reason === 'cancelled', end)
    return 'DefectDojo released, on record'
  },
} satisfies Record<string, Attempt>

export type Ability = keyof typeof abilities
export const abilityNames = Object.keys(abilities) as Ability[]

/** What every ability came to. */
export type Outcome =
  | { readonly ok: true; readonly seen: string }
  | { readonly ok: false; readonly seen: string }

/** Tries one ability. */
export async function attempt(ability: Ability, client: McpClient, stage: Stage): Promise<Outcome> {
  try {
    const seen = await soon(ability, abilities[ability](client, stage), attemptMs)
    return { ok: true, seen }
  } catch (error) {
    return { ok: false, seen: String(error instanceof Error ? error.message : error).slice(0, 500) }
  }
}

function expect(holds: boolean, seen: unknown): void {
  if (!holds) throw new Error(typeof seen === 'string' ? seen : JSON.stringify(seen))
}

/** An address with 1 for what stands in its path, and without what is optional. */
const filled = (address: string): string =>
  address.replace(/\{\?[^}]*\}/, '').replace(/\{\w+\}/g, '1')

/** Every argument that can be filled in. */
async function completable(client: McpClient): Promise<readonly (readonly [Owner, string])[]> {
  const ofPrompts = (await client.listPrompts()).flatMap((prompt) =>
    prompt.arguments.map((argument) => [{ prompt: prompt.name }, argument] as const),
  )
  const ofTemplates = (await client.listTemplates()).flatMap((template) =>
    [...template.matchAll(/\{\??([\w,]+)\}/g)]
      .flatMap(([, names = '']) => names.split(','))
      .map((argument) => [{ template }, argument] as const),
  )
  return [...ofPrompts, ...ofTemplates]
}
