import { type AuditRecord, isTerminal } from '../audited-server.js'
import type { Proof } from '../measure.js'
import { type Ability, abilityNames, attempt, type Outcome, type Stage } from './abilities.js'
import type { Endpoint, McpClient } from './mcp-client.js'

/** A client, and what is known of it before it is tried. */
export interface KnownClient {
  readonly name: string
  /** Under which name the server knows it. */
  readonly caller: string
  /** Clients up to 2025-11-25 have a session. */
  readonly session: boolean
  /** What it cannot do, and why not. */
  readonly lacks?: Readonly<Partial<Record<Ability, string>>>
  readonly readsAtMost?: number
  connect(endpoint: Endpoint): Promise<McpClient>
}

/** Where clients are tried. */
export interface Ground {
  readonly url: string
  readonly dojo: Stage['dojo']
  tokenOf(caller: string): string
  records(): readonly AuditRecord[]
}

/** What a client showed: an outcome for each ability that it has. */
export interface Tried {
  readonly client: KnownClient
  readonly outcomes: ReadonlyMap<Ability, Outcome>
}

/** The environment by which the server knows each client, and what tells its token. */
export function tokensFor(clients: readonly Pick<KnownClient, 'caller'>[], secret: () => string) {
  const tokens = new Map(clients.map(({ caller }) => [caller, secret()]))
  return {
    env: Object.fromEntries(
      [...tokens].map(([caller, token]) => [`MCP_ROLE_${caller.toUpperCase()}`, `${token}:admin`]),
    ),
    tokenOf: (caller: string): string => tokens.get(caller) ?? '',
  }
}

/** Connects a client and tries what it can do, one after the other. */
export async function tryClient(client: KnownClient, ground: Ground): Promise<Tried> {
  const { caller, lacks = {} } = client
  const outcomes = new Map<Ability, Outcome>()
  const stage: Stage = {
    dojo: ground.dojo,
    word: `proof-${caller}`,
    ...(client.readsAtMost !== undefined && { readsAtMost: client.readsAtMost }),
    records: () => ground.records().filter((record) => isEndOf(record, caller)),
  }
  const wanted = abilityNames.filter((ability) => !(ability in lacks))
  try {
    const connected = await client.connect({ url: ground.url, token: ground.tokenOf(caller) })
    for (const ability of wanted) outcomes.set(ability, await attempt(ability, connected, stage))
    await connected.close()
  } catch (error) {
    const seen = `does not connect or does not end: ${error}`
    for (const ability of wanted) {
      if (!outcomes.has(ability)) outcomes.set(ability, { ok: false, seen })
    }
  }
  return { client, outcomes }
}

/** Says of each client whether it could do everything it is known for, in its own protocol generation, and prints who can do what. */
export function report(
  proof: Proof,
  tried: readonly Tried[],
  ground: Pick<Ground, 'records'>,
): void {
  for (const { client, outcomes } of tried) {
    const failed = [...outcomes].filter(([, { ok }]) => !ok)
    proof.check(
      `${client.name}: everything it can do works`,
      outcomes.size > 0 && failed.length === 0,
      failed.length === 0
        ? `${outcomes.size} of ${abilityNames.length} abilities`
        : failed.map(([ability, { seen }]) => `${ability}: ${seen}`).join('; '),
    )
  }
  const strayed = tried.filter(({ client }) => !keepsItsGeneration(client, ground))
  proof.check(
    'each speaks the generation it is known for: calls in a session, or without one',
    strayed.length === 0,
    strayed.map(({ client }) => client.name).join(', ') || `${tried.length} clients`,
  )
  for (const line of tableOf(tried)) proof.note(line)
}

/** One who does not get so far as to call says so elsewhere. */
function keepsItsGeneration(
  { caller, session }: KnownClient,
  { records }: Pick<Ground, 'records'>,
): boolean {
  const calls = records().filter((record) => isEndOf(record, caller))
  return calls.every(({ session_id }) => (session_id !== null) === session)
}

const isEndOf = (record: AuditRecord, caller: string): boolean =>
  isTerminal(record) && record.authenticated_caller_id === caller

/** A line for each client, a column for each ability, and the reasons below. */
function tableOf(tried: readonly Tried[]): readonly string[] {
  const reasons = [...new Set(tried.flatMap(({ client }) => Object.values(client.lacks ?? {})))]
  const rows = tried.map(({ client, outcomes }) => [
    client.name,
    ...abilityNames.map((ability) => {
      const reason = client.lacks?.[ability]
      if (reason !== undefined) return `no (${reasons.indexOf(reason) + 1})`
      return outcomes.get(ability)?.ok ? 'ok' : 'FAILED'
    }),
  ])
  const table = [['client', ...abilityNames], ...rows]
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  )
  return [
    ...table.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')),
    ...reasons.map((reason, index) => `(${index + 1}) not supported by that client: ${reason}`),
  ]
}
