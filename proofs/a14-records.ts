import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AuditRecord,
  isTerminal,
  prepareServer,
  recordsIn,
  startServer,
  until,
} from './audited-server.js'
import { startProof } from './measure.js'
import { type Misbehaviour, startRecordingUpstream } from './recording-upstream.js'
import { type Caller, createCallers, proxyAddress } from './spoofing-callers.js'
import type { ToolAnswer } from './tool-calls.js'

// Calls of every kind by callers who claim to be somebody else wherever they can. Each must leave one record of its end, and only what
// the server itself knows may stand in the fields that are trusted.

const proof = startProof('Every call has one record of its end, under the name the server knows')
const total = proof.short ? 900 : 5_000
const clients = 24
/** Few enough that one caller comes to it, and enough for the others. */
const mutationLimit = total * 0.11

const kinds = [
  ...['read', 'read', 'read', 'change', 'change', 'limited', 'limited', 'limited'],
  ...['denied', 'unknown', 'invalid', 'secret', 'refused', 'broken', 'gone'],
] as const
type Kind = (typeof kinds)[number] | 'silent'

/** What the trail may say of a call of each kind; of limited ones it depends on how many came before. */
const expected: Readonly<Record<Kind, readonly string[]>> = {
  read: ['success'],
  change: ['success'],
  limited: ['success', 'rate_limited'],
  denied: ['denied'],
  unknown: ['denied'],
  invalid: ['invalid'],
  secret: ['invalid'],
  refused: ['upstream_error'],
  broken: ['unknown_outcome'],
  silent: ['upstream_error', 'unknown_outcome'],
  // To a 2025-era client a lost connection is no cancellation, so its reads wait for DefectDojo, in vain.
  gone: ['error', 'success', 'upstream_error'],
}

const changes: ReadonlySet<Kind> = new Set(['change', 'limited', 'secret', 'broken'])
const changesOrReads: ReadonlySet<Kind> = new Set(['refused', 'silent', 'gone', 'invalid'])

interface Sent {
  readonly kind: Kind
  readonly caller: Caller
  readonly claimedId: string
  /** Absent when the client did not wait. */
  answer?: ToolAnswer
}

const deniedTools = [
  ...['add_finding_note', 'add_finding_tags', 'update_finding', 'close_finding', 'reopen_finding'],
  ...['remove_finding_tags', 'create_product', 'create_engagement', 'create_finding'],
]

/** Findings that DefectDojo treats in their own way, and the clients that wait to be cut off. */
const faults = new Map<number, Misbehaviour | AbortController>()
const upstream = await startRecordingUpstream((path, write) => {
  const fault = faults.get(Number(/\/findings\/(\d+)\//.exec(path)?.[1]))
  if (!(fault instanceof AbortController)) return fault
  fault.abort()
  // A read is given up with its client, a write is not.
  return write ? undefined : 'silence'
})
const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-a14-'))
try {
  await mixedCalls()
} finally {
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function mixedCalls(): Promise<void> {
  const callers = createCallers()
  const installation = await prepareServer(folder, upstream.url, {
    MUTATION_RATE_LIMIT: String(mutationLimit),
    MUTATION_RATE_WINDOW: '3600',
    MCP_TRUSTED_PROXIES: proxyAddress,
    DEFECTDOJO_TIMEOUT_SECONDS: '1',
    ...callers.env,
  })
  const server = await startServer(installation)
  await callers.connect(installation.mcp)
  const sent = new Map<string, Sent>()
  const startedAt = performance.now()
  const work = async (): Promise<void> => {
    while (sent.size < total) await callOnce(callers.all, sent)
  }
  await Promise.all(Array.from({ length: clients }, work))
  const seconds = (performance.now() - startedAt) / 1000
  callers.close()

  // Calls whose clients are gone end in their own time.
  await until(
    'every call has ended',
    () => recordsIn(installation.auditFile).filter(isTerminal).length >= total,
    5_000,
  ).catch(() => {})
  const status = await server.stop()
  const records = recordsIn(installation.auditFile)
  const verified = await installation.verify()
  proof.check(
    'the server ended in order, and its trail verifies',
    status === 0 && verified.status === 0,
    `exit ${status}, verify ${verified.status}, ${records.length} records, ${(total / seconds).toFixed(0)} calls/s`,
  )
  compare(sent, records)
}

/** One call of a random kind by a random caller who may make it. */
async function callOnce(callers: readonly Caller[], sent: Map<string, Sent>): Promise<void> {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(proof.random() * from.length)] as T
  const number = sent.size + 1
  const id = `canary-${number}-${randomUUID()}`
  // Each takes a second of a client's time.
  const kind: Kind = proof.random() < 0.02 ? 'silent' : pick(kinds)
  const caller = pick(
    callers.filter(({ role, limited }) => {
      if (kind === 'limited') return limited
      if (kind === 'denied') return role === 'reader' || role === 'scanner'
      return !limited && (!changes.has(kind) || role === 'writer' || role === 'admin')
    }),
  )
  const claimedId = `canary-${pick(callers).id}-${number}`
  const call: Sent = { kind, caller, claimedId }
  sent.set(id, call)

  const cut = new AbortController()
  if (kind === 'refused') faults.set(number, pick([400, 403, 404, 500]))
  if (kind === 'broken') faults.set(number, pick(['gone', 502, 504]))
  if (kind === 'silent') faults.set(number, 'silence')
  if (kind === 'gone') faults.set(number, cut)
  const mayChange = changesOrReads.has(kind) && ['writer', 'admin'].includes(caller.role)
  const change = changes.has(kind) || (mayChange && proof.random() < 0.5)
  try {
    call.answer = await caller.call({
      ...requestOf(kind, number, change),
      id,
      meta: { client_id: claimedId },
      signal: cut.signal,
    })
  } catch (error) {
    if (kind !== 'gone') throw error
  }
}

function requestOf(kind: Kind, finding_id: number, change: boolean) {
  const tool = change ? 'add_finding_tags' : 'get_finding'
  const input = change ? { finding_id, tags: [`tag-${finding_id}`] } : { finding_id }
  switch (kind) {
    case 'denied':
      return { tool: deniedTools[finding_id % deniedTools.length] ?? '', arguments: { finding_id } }
    case 'unknown':
      return { tool: `no_such_tool_${finding_id % 5}`, arguments: input }
    case 'invalid':
      return { tool, arguments: { ...input, finding_id: 'seven', extra: 1 } }
    case 'secret':
      return { tool, arguments: { finding_id, tags: [['AKIA', 'Q4XT7YZ2PLM3NB5V'].join('')] } }
    default:
      return { tool, arguments: input }
  }
}

function compare(sent: ReadonlyMap<string, Sent>, records: readonly AuditRecord[]): void {
  const ends = records.filter(isTerminal)
  const byId = groupedBy(ends, 'client_request_id')
  const once = [...sent.keys()].filter((id) => byId.get(id)?.length === 1)
  proof.check(
    'each call has exactly one record of its end, and no record is of no call',
    once.length === sent.size && ends.length === sent.size,
    `${once.length} of ${sent.size}, ${ends.length} records`,
  )
  const count = (claim: string, holds: (call: Sent, end: AuditRecord) => boolean): void => {
    const bad = once.filter((id) => {
      const [call, end] = [sent.get(id), byId.get(id)?.[0]]
      return !call || !end || !holds(call, end)
    })
    const example = bad[0] && JSON.stringify([sent.get(bad[0]), byId.get(bad[0])?.[0]])
    proof.check(
      claim,
      bad.length === 0,
      `${once.length - bad.length} of ${sent.size}${example ?? ''}`,
    )
  }
  count('it says how the call ended, as the client was told', ({ kind, answer }, end) => {
    const told = answer === undefined || answer.ok === (end.outcome === 'success')
    const sameId = !answer?.requestId || answer.requestId === end.request_id
    return expected[kind].includes(String(end.outcome)) && told && sameId
  })
  count('it has the right caller, role, transport, session and address', ({ caller }, end) => {
    return (
      end.authenticated_caller_id === caller.id &&
      end.caller_role === caller.role &&
      end.transport === 'streamable-http' &&
      end.session_id === caller.session &&
      end.client_address === caller.seenAs
    )
  })
  count('what the client says of itself stands in caller_id and client_request_id', (call, end) => {
    const { caller_id, client_request_id, ...trusted } = end
    return caller_id === call.claimedId && !/canary|"6\.6\.6\./.test(JSON.stringify(trusted))
  })

  const kindsSeen = Object.keys(expected).map(
    (kind) => `${kind} ${[...sent.values()].filter((call) => call.kind === kind).length}`,
  )
  const outcomes = groupedBy(ends, 'outcome')
  proof.check('every outcome there is has been met', outcomes.size === 7, kindsSeen.join(', '))
  proof.note([...outcomes].map(([outcome, { length }]) => `${outcome} ${length}`).join(', '))
}

function groupedBy(records: readonly AuditRecord[], name: string): Map<string, AuditRecord[]> {
  const groups = new Map<string, AuditRecord[]>()
  for (const record of records) {
    const key = String(record[name])
    groups.set(key, [...(groups.get(key) ?? []), record])
  }
  return groups
}
