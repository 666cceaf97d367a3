import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AuditRecord,
  type Installation,
  isTerminal,
  prepareServer,
  recordsIn,
  startServer,
  until,
} from './audited-server.js'
import { startProof } from './measure.js'
import { startRecordingUpstream } from './recording-upstream.js'
import { run } from './run-command.js'
import { createToolClient, type ToolAnswer } from './tool-calls.js'

// faketime (Debian: faketime) sets the server's time of day while it runs, forward and back. The order of records, limits and
// durations must not notice; whoever reads the trail must.

const proof = startProof('A clock that is set neither reorders the trail nor opens a limit')
const perPhase = proof.short ? 5 : 60
const limit = 25
const windowSeconds = proof.short ? 8 : 20
const hour = 3_600

const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-a10-'))
const upstream = await startRecordingUpstream()
let findingId = 0
try {
  const preload = await run('faketime', ['-m', '-f', '+0s', 'printenv', 'LD_PRELOAD']).catch(
    () => null,
  )
  if (preload?.status === 0) await stepTheClock(preload.stdout.trim())
  else proof.check('needs faketime (Debian: faketime)', false)
} finally {
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function stepTheClock(library: string): Promise<void> {
  const offset = join(folder, 'offset')
  const setClock = (seconds: number): void =>
    writeFileSync(offset, `${seconds < 0 ? '' : '+'}${seconds}s\n`)
  setClock(0)
  const installation = await prepareServer(folder, upstream.url, {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: offset,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    MUTATION_RATE_LIMIT: String(limit),
    MUTATION_RATE_WINDOW: String(windowSeconds),
  })
  const { tokens, auditFile } = installation
  const server = await startServer(installation)
  const tries: { step: string; answers: ToolAnswer[] }[] = []
  const tryBeyondLimit = async (step: string): Promise<void> => {
    tries.push({ step, answers: await changes(installation, tokens.admin, 5) })
  }

  const startedAt = performance.now()
  const granted = await changes(installation, tokens.admin, limit)
  await tryBeyondLimit('as it is')
  for (const [step, seconds] of [
    ['an hour ahead', hour],
    ['an hour behind', -hour],
    ['right again', 0],
  ] as const) {
    setClock(seconds)
    await tryBeyondLimit(step)
    await reads(installation, perPhase)
  }
  setClock(-hour)
  const elapsed = (performance.now() - startedAt) / 1000
  proof.check(
    'however the clock is set, a caller at the limit stays there',
    granted.every(({ ok }) => ok) &&
      tries.every(({ answers }) => answers.every(({ code }) => code === 'rate_limited')) &&
      elapsed < windowSeconds,
    `${tries.map(({ step, answers }) => `${step}: ${answers.length} of ${answers.length} ${answers[0]?.code}`).join(', ')}; after ${elapsed.toFixed(1)} of ${windowSeconds} s`,
  )
  await until(
    'the window is over',
    async () => (await changes(installation, tokens.admin, 1))[0]?.ok === true,
    (windowSeconds + 10) * 1000,
  )
  const waited = (performance.now() - startedAt) / 1000
  proof.check(
    'and leaves it when the window is over, by a clock on the wall',
    waited >= windowSeconds && waited < windowSeconds * 1.5 + 2,
    `${waited.toFixed(1)} s, window ${windowSeconds} s, ratio ${(waited / windowSeconds).toFixed(2)}`,
  )
  const stopped = await server.stop()

  // An hour behind what the file says.
  const next = await startServer(installation)
  await reads(installation, perPhase)
  setClock(0)
  const stoppedAgain = await next.stop()
  const records = recordsIn(auditFile)
  checkOrder(records)
  const { status, stdout } = await installation.verify()
  proof.check(
    'audit verify exits 0 or 3 and says that the clock went back',
    (status === 0 || status === 3) && /clock/i.test(stdout) && stopped === 0 && stoppedAgain === 0,
    `exit ${status}: ${stdout.split('\n').find((line) => /clock/i.test(line)) ?? 'no word of the clock'}`,
  )
}

function checkOrder(records: readonly AuditRecord[]): void {
  const steps = records.slice(1).map((record, index) => {
    const before = Date.parse(String(records[index]?.timestamp))
    return (Date.parse(String(record.timestamp)) - before) / 1000
  })
  const ahead = steps.filter((step) => step > hour / 2).length
  const behind = steps.filter((step) => step < -hour / 2).length
  proof.check(
    'the records have the times the clock had',
    ahead >= 2 && behind >= 2,
    `${ahead} steps ahead, ${behind} behind in ${records.length} records`,
  )
  const outOfOrder = records.filter(({ seq }, index) => seq !== index + 1)
  const asked = records.filter(isTerminal).map(({ client_request_id }) => Number(client_request_id))
  const swapped = asked.filter((id, index) => id < (asked[index - 1] ?? 0))
  proof.check(
    'seq has no gap, and is the order in which calls ended',
    outOfOrder.length === 0 && swapped.length === 0,
    `${outOfOrder.length} of ${records.length} out of order, ${swapped.length} of ${asked.length} calls`,
  )
  const durations = records.filter(isTerminal).map(({ duration_ms }) => Number(duration_ms))
  proof.check(
    'no duration has an hour in it, or is below zero',
    durations.every((duration) => duration >= 0 && duration < 60_000),
    `at most ${Math.max(...durations).toFixed(0)} ms`,
  )
}

/** Calls one after the other, each with the next number as its id. */
async function inTurn(
  { mcp }: Installation,
  token: string,
  count: number,
  tool: string,
): Promise<ToolAnswer[]> {
  const client = createToolClient(mcp)
  const answers: ToolAnswer[] = []
  for (let done = 0; done < count; done++) {
    const finding_id = ++findingId
    const input = tool === 'get_finding' ? { finding_id } : { finding_id, tags: ['one'] }
    answers.push(await client.call({ tool, arguments: input, token, id: finding_id }))
  }
  client.close()
  return answers
}

function changes(installation: Installation, token: string, count: number): Promise<ToolAnswer[]> {
  return inTurn(installation, token, count, 'add_finding_tags')
}

function reads(installation: Installation, count: number): Promise<ToolAnswer[]> {
  return inTurn(installation, installation.tokens.reader, count, 'get_finding')
}
