import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type AuditRecord,
  type Installation,
  isTerminal,
  prepareServer,
  recordsIn,
  type ServerProcess,
  startServer,
  until,
} from './audited-server.js'
import { startProof } from './measure.js'
import { startRecordingUpstream } from './recording-upstream.js'
import { createToolClient, type ToolCall } from './tool-calls.js'

// The server is killed in the middle of its work, again and again, and goes on with the same audit file. What a client was told and
// what DefectDojo was asked for must be in the trail, whatever the moment.

const proof = startProof('kill -9 loses no answered change and hides none from the trail')
const total = proof.short ? 600 : 10_000
const kills = proof.short ? 4 : 40
const clients = 16

interface Load {
  /** Findings whose change was answered, and whether with success. */
  readonly answered: Map<number, boolean>
  sent: number
}

const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-a1-'))
const upstream = await startRecordingUpstream()
try {
  const rate = await runWithKills()
  const baseline = await runUndisturbed()
  proof.check(
    'the server is as fast between two kills as it is without them, but for warming up',
    rate > baseline / 10,
    `${rate.toFixed(0)} changes/s, ${baseline.toFixed(0)} undisturbed, ratio ${(rate / baseline).toFixed(2)}`,
  )
} finally {
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

/** Returns how many changes were answered in a second of work. */
async function runWithKills(): Promise<number> {
  const installation = await prepareServer(folder, upstream.url)
  const load: Load = { answered: new Map(), sent: 0 }
  const verdicts = new Map<number | null, number>()
  let inTheMiddle = 0
  let complaint = ''
  let milliseconds = 0

  const start = async (): Promise<ServerProcess> => {
    const server = await startServer(installation)
    const { status, stdout } = await installation.verify()
    verdicts.set(status, (verdicts.get(status) ?? 0) + 1)
    if (status !== 0 && status !== 3) complaint = stdout.slice(-500)
    return server
  }

  for (let kill = 0; kill < kills; kill++) {
    const server = await start()
    const stop = new AbortController()
    const startedAt = performance.now()
    const work = callAtOnce(installation, load, total, stop.signal)
    // Every other time the server has warmed up before, so that the kills are spread over all of the load.
    const quota = ((kill + 1) / (kills + 1)) * total
    if (kill % 2 === 1) await until('enough is done', () => load.sent >= quota, 60_000)
    await pause(50 + proof.random() * 650)
    await server.kill()
    stop.abort()
    if ((await work) > 0) inTheMiddle++
    milliseconds += performance.now() - startedAt
  }
  const server = await start()
  const startedAt = performance.now()
  await callAtOnce(installation, load, total)
  milliseconds += performance.now() - startedAt
  const status = await server.stop()
  const last = await installation.verify()

  proof.check(
    `killed ${kills} times, nearly always with calls under way`,
    inTheMiddle > kills / 2 && status === 0,
    `${inTheMiddle} times; the last run ended in order with ${status}`,
  )
  const shown = [...verdicts].map(([exit, times]) => `${exit} ${times} times`).join(', ')
  proof.check(
    'audit verify exits 0 or 3 after each start, and at the end',
    complaint === '' && (last.status === 0 || last.status === 3),
    `${shown}, at the end ${last.status}; ${statSync(installation.auditFile).size} bytes ${complaint}`,
  )
  compare(load, recordsIn(installation.auditFile))
  return load.answered.size / (milliseconds / 1000)
}

/** Holds the trail against what the clients were told and what DefectDojo was asked for. */
function compare({ answered, sent }: Load, records: readonly AuditRecord[]): void {
  const { writes } = upstream
  const findingOf = (record: AuditRecord): number =>
    Number((record.request_params as Record<string, unknown>).finding_id)
  const intents = records.filter((record) => record.event_type === 'audit_intent')
  const ends = records.filter(isTerminal)
  const intended = new Set(intents.map(findingOf))
  const endOf = new Map(ends.map((record) => [record.request_id, record]))
  const succeeded = new Set(
    ends.filter((record) => record.outcome === 'success').map((record) => findingOf(record)),
  )

  const missing = [...answered].filter(
    ([id, ok]) => !intended.has(id) || (ok && !succeeded.has(id)),
  )
  const refused = [...answered.values()].filter((ok) => !ok).length
  proof.check(
    'no answered change is missing from the chain',
    missing.length === 0 && answered.size > total / 2 && refused === 0,
    `${missing.length} of ${answered.size} answered, ${sent} sent, ${refused} refused`,
  )

  const hidden = writes.filter(({ findingId }) => !intended.has(findingId))
  const twice = writes.length - new Set(writes.map(({ findingId }) => findingId)).size
  proof.check(
    'no write reached DefectDojo without an intent record, and none twice',
    hidden.length === 0 && twice === 0 && writes.length >= answered.size,
    `${hidden.length} of ${writes.length} writes hidden, ${twice} repeated`,
  )

  const open = intents.filter(({ request_id }) => !endOf.has(request_id))
  const interrupted = ends.filter(({ reason }) => reason === 'interrupted')
  const toldOtherwise = [...open, ...interrupted].filter((record) =>
    answered.has(findingOf(record)),
  )
  proof.check(
    'a call in doubt was never answered, and no call has two ends',
    toldOtherwise.length === 0 && endOf.size === ends.length,
    `${open.length} intents without an end, ${interrupted.length} ended as interrupted by the next start`,
  )
}

/** Changes findings nobody has changed yet until there are `limit`, or the server is gone; how many calls it took with it. */
async function callAtOnce(
  { mcp, tokens }: Installation,
  load: Load,
  limit: number,
  signal?: AbortSignal,
): Promise<number> {
  const client = createToolClient(mcp)
  let broken = 0
  const work = async (): Promise<void> => {
    while (load.sent < limit && !signal?.aborted) {
      const findingId = ++load.sent
      try {
        const { ok } = await client.call({ ...changeOf(findingId), token: tokens.writer })
        load.answered.set(findingId, ok)
      } catch (error) {
        if (signal === undefined) throw error
        broken++
        return
      }
    }
  }
  await Promise.all(Array.from({ length: clients }, work))
  client.close()
  return broken
}

function changeOf(findingId: number): Omit<ToolCall, 'token'> {
  const changes = [
    { tool: 'add_finding_tags', tags: [`tag-${findingId}`] },
    { tool: 'add_finding_note', entry: `Note ${findingId}` },
    { tool: 'update_finding', description: `Description ${findingId}` },
  ]
  const { tool, ...change } = changes[findingId % changes.length] ?? { tool: '' }
  return { tool, arguments: { finding_id: findingId, ...change } }
}

/** A fifth of the changes without a kill; returns how many were answered in a second. */
async function runUndisturbed(): Promise<number> {
  const quiet = mkdtempSync(join(folder, 'baseline-'))
  const recorder = await startRecordingUpstream()
  const installation = await prepareServer(quiet, recorder.url)
  const server = await startServer(installation)
  try {
    const startedAt = performance.now()
    await callAtOnce(installation, { answered: new Map(), sent: 0 }, total / 5)
    return total / 5 / ((performance.now() - startedAt) / 1000)
  } finally {
    await server.stop()
    await recorder.close()
  }
}
