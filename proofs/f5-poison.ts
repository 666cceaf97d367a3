import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createAuditLog } from '../src/audit/create-audit-log.js'
import { forwardingDirectory } from '../src/audit/segments.js'
import { createCursorFile } from '../src/forward/cursor.js'
import { deadLetterFile } from '../src/forward/dead-letters.js'
import { createDestinations } from '../src/forward/destinations.js'
import type { HttpsFormatName } from '../src/forward/https/format.js'
import { startForwarding } from '../src/forward/start-forwarding.js'
import { until } from './audited-server.js'
import { choicesFrom } from './choices.js'
import { auditKey, type HttpReceiver, startHttpReceiver, toHttp } from './forwarding-targets.js'
import { startProof } from './measure.js'

// One record that the receiver will never take, among many that it takes. What it costs is the difference to the same trail without it.

interface Run {
  readonly milliseconds: number
  readonly requests: number
  /** Requests that brought nothing but the record that says that one was put aside: the trail is longer by that. */
  readonly ownRequests: number
  /** Lines of the trail, and of the receiver. */
  readonly trail: readonly string[]
  readonly arrived: readonly string[]
  readonly letters: readonly { readonly reason: string; readonly record: string }[]
  readonly lastSeq: number
  readonly cursorSeq: number | null
  readonly undelivered: number
}

const proof = startProof('F5: one record that is never taken holds nothing up')
const { below } = choicesFrom(proof.random)
const records = proof.short ? 1_000 : 10_000
const places = proof.short ? 1 : 5
const batchSize = 500
const allowedRequests = Math.floor(Math.log2(batchSize)) + 2
const root = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-f5-'))
const filling = 'x'.repeat(150)
/** How the product itself says why. */
const reasons: Partial<Record<HttpsFormatName, string>> = {
  json_array: 'http_400',
  ndjson: 'http_400',
  splunk_hec: 'hec_code_6',
  elastic_bulk: 'item_400_document_parsing_exception',
  datadog: 'http_400',
  loki: 'http_400',
}

try {
  for (const [format, reason] of Object.entries(reasons) as [HttpsFormatName, string][]) {
    const without = await forwarded(format, null)
    proof.check(
      `${format}, nothing refused: everything arrives`,
      sameLines(without.arrived, without.trail) && without.letters.length === 0,
      `${without.arrived.length} of ${without.trail.length} in ${without.requests} requests`,
    )
    for (let turn = 0; turn < places; turn++) {
      await judge(format, reason, 1 + below(records), without)
    }
  }
} finally {
  rmSync(root, { recursive: true, force: true })
}
proof.end()

async function judge(
  format: HttpsFormatName,
  reason: string,
  place: number,
  without: Run,
): Promise<void> {
  const run = await forwarded(format, place)
  const where = `${format}, record ${place} of ${records} refused`
  const [poison] = run.trail.filter((line) => line.includes(numbered(place)))
  const others = run.trail.filter((line) => line !== poison)
  proof.check(
    `${where}: the others arrive, once and in order`,
    others.length === run.trail.length - 1 &&
      sameLines(run.arrived, others) &&
      run.undelivered === 0,
    `${run.arrived.length} of ${run.trail.length}`,
  )
  const [letter] = run.letters
  proof.check(
    `${where}: it is put aside, byte for byte, with the reason`,
    run.letters.length === 1 && letter?.record === poison && letter?.reason === reason,
    `${run.letters.length} dead letter, ${letter?.reason}`,
  )
  const extra = run.requests - run.ownRequests - without.requests
  proof.check(
    `${where}: at most log2(${batchSize}) + 2 more requests`,
    extra <= allowedRequests,
    `${extra} more than ${without.requests}, ${allowedRequests} allowed, and ${run.ownRequests} for the record that says so`,
  )
  proof.check(
    `${where}: the cursor is behind the last record`,
    run.cursorSeq === run.lastSeq,
    `${run.cursorSeq} of ${run.lastSeq}`,
  )
  proof.check(
    `${where}: within 10 s`,
    run.milliseconds <= 10_000,
    `${run.milliseconds.toFixed(0)} ms, ${(run.milliseconds / without.milliseconds).toFixed(2)} times the ${without.milliseconds.toFixed(0)} ms without it`,
  )
}

/** Makes the whole trail first, so that its batches are the same in every run, and then forwards it. */
async function forwarded(format: HttpsFormatName, place: number | null): Promise<Run> {
  const folder = mkdtempSync(join(root, `${format}-`))
  const file = join(folder, 'audit.jsonl')
  const audit = await createAuditLog({
    ...{ key: auditKey, file, failureMode: 'closed', secrets: [] },
    stderr: () => {},
  })
  for (let number = 1; number <= records; number++) {
    audit.event('INFO', 'A record', { event_type: 'lifecycle', number, filling })
    while (audit.stats().queued > 500) await pause(1)
  }
  while (audit.stats().queued > 0) await pause(1)

  const text = place === null ? null : numbered(place)
  const receiver = await startHttpReceiver(format, {
    poison: (line) => text !== null && line.includes(text),
  })
  const { targets } = toHttp(folder, format, receiver.port, { batchSize })
  const destinations = createDestinations(targets, { hostname: 'proof', pid: process.pid })
  const [destination] = destinations
  if (!destination) throw new Error('no destination')
  const startedAt = performance.now()
  const forwarding = await startForwarding(audit, destinations)
  await until(
    'everything is settled',
    () => forwarding.stats().every(({ waitingRecords }) => waitingRecords === 0),
    60_000,
  )
  const milliseconds = performance.now() - startedAt
  const requests = receiver.requests.length
  const ownRequests = countOwn(receiver)
  await audit.close('lifespan_exit')
  const [left] = await forwarding.close(10_000)
  const directory = forwardingDirectory(file)
  const cursor = await createCursorFile(directory, destination).load()
  await receiver.away()
  return {
    milliseconds,
    requests,
    ownRequests,
    trail: linesOf(file),
    arrived: receiver.records,
    letters:
      place === null
        ? []
        : linesOf(deadLetterFile(directory, destination)).map((line) => JSON.parse(line)),
    lastSeq: audit.end().seq,
    cursorSeq: cursor?.position.seq ?? null,
    undelivered: left?.undelivered ?? Number.NaN,
  }
}

function countOwn({ requests, records: lines }: HttpReceiver): number {
  let before = 0
  let count = 0
  for (const { taken } of requests) {
    if (taken === 1 && lines[before]?.includes('"event_type": "audit_forward_failure"')) count++
    before += taken
  }
  return count
}

/** How the number of a record is written in its line. */
function numbered(number: number): string {
  return `"number": ${number},`
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1)
}

function sameLines(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((line, at) => line === others[at])
}
