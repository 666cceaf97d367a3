import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AuditRecord,
  type Installation,
  prepareServer,
  recordsIn,
  type ServerProcess,
  startServer,
} from './audited-server.js'
import { percentile, startProof } from './measure.js'
import { startRecordingUpstream } from './recording-upstream.js'
import { createToolClient } from './tool-calls.js'

// Whoever is refused can be refused as often as he likes. All of it must be in the trail, and none of it may fill the disk.

const proof = startProof('A flood of refusals is counted to the last one, in few records')
const each = proof.short ? 1_500 : 10_000
const clients = 32
/** Recorded one by one in a minute, by caller and tool or by address; beyond these many of them, all others together. */
const fullPerMinute = 60
const toldApart = 200
const addresses = ['127.0.0.31', '127.0.0.32']

const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-a15-'))
const upstream = await startRecordingUpstream()
try {
  const installation = await prepareServer(folder, upstream.url)
  await flood(installation, await startServer(installation))
} finally {
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function flood(installation: Installation, server: ServerProcess): Promise<void> {
  const { mcp, tokens, auditFile } = installation
  const startedAt = performance.now()
  const before = await readingTimes(installation)
  const sizeBefore = statSync(auditFile).size

  const denied = await send(mcp, each, (number) => ({
    tool: number % 2 === 0 ? 'add_finding_note' : 'close_finding',
    arguments: { finding_id: 1, note: 'x'.repeat(200) },
    token: tokens.reader,
  }))
  const unknown = await send(mcp, each, (number) => ({
    tool: `no_such_tool_${number}`,
    token: tokens.writer,
  }))
  const during = readingTimes(installation)
  const strangers = await Promise.all(
    addresses.map((address) =>
      send(
        mcp,
        each,
        (number) => ({
          tool: 'get_finding',
          token: `not-a-token-${number}`,
          headers: { 'x-forwarded-for': `10.0.${number % 256}.${number >> 8}` },
        }),
        address,
      ),
    ),
  )
  const readsDuring = await during
  const minutes = Math.ceil((performance.now() - startedAt) / 60_000) + 1
  const status = await server.stop()
  const growth = statSync(auditFile).size - sizeBefore
  const verified = await installation.verify()
  const records = recordsIn(auditFile)

  const count = (what: string, sent: number, kind: AuditRecord[], mostFull: number): void => {
    const full = kind.filter(({ aggregated }) => aggregated !== true)
    const counted = kind
      .filter(({ aggregated }) => aggregated === true)
      .reduce((sum, record) => sum + Number(record.count), 0)
    proof.check(
      `${what}: records and counts come to what was sent, and records are few`,
      full.length + counted === sent && full.length <= mostFull * minutes,
      `${full.length} records + ${counted} counted in ${kind.length - full.length} = ${full.length + counted} of ${sent}`,
    )
  }
  const refusals = records.filter(
    ({ event_type, outcome }) => event_type === 'audit' && outcome === 'denied',
  )
  const ofReader = refusals.filter(({ authenticated_caller_id: id }) => id === 'reader')
  count('denied tools', denied, ofReader, 2 * fullPerMinute)
  const others = refusals.filter((record) => !ofReader.includes(record))
  count('a new tool name each time', unknown, others, toldApart + fullPerMinute)
  const failures = records.filter(({ event_type }) => event_type === 'auth_failure')
  const mostFailures = addresses.length * fullPerMinute
  count('tokens nobody has', (strangers[0] ?? 0) + (strangers[1] ?? 0), failures, mostFailures)

  const sent = each * (2 + addresses.length)
  proof.check(
    'the file grew by a fraction of a record for each refusal, and verifies',
    growth / sent < 100 && status === 0 && verified.status === 0,
    `${growth} bytes for ${sent} refusals, ${(growth / sent).toFixed(1)} each; exit ${status}, verify ${verified.status}`,
  )
  proof.check(
    'callers with a right go on reading meanwhile',
    readsDuring.length > 0,
    `median ${percentile(readsDuring, 0.5).toFixed(0)} ms, ${percentile(before, 0.5).toFixed(0)} ms before, ratio ${(percentile(readsDuring, 0.5) / percentile(before, 0.5)).toFixed(1)}`,
  )
  proof.check('none of it reached DefectDojo', upstream.writes.length === 0)
}

type Refused = Omit<Parameters<ReturnType<typeof createToolClient>['call']>[0], 'id'>

/** Sends `count` calls, each of which must be refused; resolves to how many were. */
async function send(
  mcp: string,
  count: number,
  callOf: (number: number) => Refused,
  from?: string,
): Promise<number> {
  const client = createToolClient(mcp, from)
  let next = 0
  let refused = 0
  const work = async (): Promise<void> => {
    while (next < count) {
      const { ok } = await client.call({ ...callOf(++next), id: next })
      if (!ok) refused++
    }
  }
  await Promise.all(Array.from({ length: clients }, work))
  client.close()
  if (refused !== count) throw new Error(`${count - refused} calls were not refused`)
  return refused
}

/** How long a good caller's reads take, in milliseconds. */
async function readingTimes({ mcp, tokens }: Installation): Promise<number[]> {
  const client = createToolClient(mcp)
  const times: number[] = []
  for (let finding_id = 1; finding_id <= 40; finding_id++) {
    const call = { tool: 'get_finding', arguments: { finding_id }, token: tokens.reader }
    const { ok, elapsedMs } = await client.call(call)
    if (ok) times.push(elapsedMs)
  }
  client.close()
  return times
}
