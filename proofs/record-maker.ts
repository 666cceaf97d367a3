import { hostname } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { type AuditLogOptions, createAuditLog } from '../src/audit/create-audit-log.js'
import { createDestinations, type ForwardingTargets } from '../src/forward/destinations.js'
import { type ForwardingOptions, startForwarding } from '../src/forward/start-forwarding.js'

// A process with a trail and its forwarding and nothing else. It does what it is told on stdin, a line each, and answers each
// with a line of JSON; at the end of stdin, or of a line `end`, it closes in order.

/** What it is started with. */
export interface RecordMakerOptions {
  readonly audit: Pick<AuditLogOptions, 'key' | 'file' | 'maxFileBytes' | 'retentionMs'>
  readonly targets: ForwardingTargets
  readonly forwarding: ForwardingOptions
}

/** What it answers. */
export interface RecordMakerState {
  readonly made: number
  readonly lastSeq: number
  readonly destinations: readonly {
    readonly waitingRecords: number
    readonly waitingBytes: number
    readonly delivered: number
    readonly retries: number
    readonly dropped: number
    readonly deadLetters: number
  }[]
  /** Changes that were refused, of those it was told to make. */
  readonly refused: number
  /** Of the processor, in microseconds, since the start. */
  readonly cpuMicroseconds: number
  readonly memoryBytes: number
}

const options = JSON.parse(process.argv[2] ?? '') as RecordMakerOptions
const audit = await createAuditLog({
  ...options.audit,
  failureMode: 'closed',
  secrets: [],
  stderr: () => {},
})
const forwarding = await startForwarding(
  audit,
  createDestinations(options.targets, { hostname: hostname(), pid: process.pid }),
  options.forwarding,
)
let made = 0
let refused = 0
/** About as long as the record of a call. */
const filling = 'x'.repeat(300)

async function make(count: number, perSecond: number): Promise<void> {
  const startedAt = performance.now()
  for (let done = 0; done < count; ) {
    const due = Number.isFinite(perSecond)
      ? Math.ceil(((performance.now() - startedAt) / 1_000) * perSecond)
      : done + 100
    for (; done < Math.min(due, count); done++) {
      audit.event('INFO', 'A record', { event_type: 'lifecycle', number: made, filling })
      made++
    }
    await pause(Number.isFinite(perSecond) ? 10 : 0)
    // Memory is not what is measured here: no more waits for the disk than the disk takes.
    while (audit.stats().queued > 1_000) await pause(1)
  }
  while (audit.stats().queued > 0) await pause(1)
}

/** Changes, each of which waits for the disk and is refused while the spool is full. */
async function change(count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    try {
      await audit.intent(call(at))
      made++
    } catch {
      refused++
    }
  }
}

const call = (at: number) => ({
  identity: {
    requestId: `request-${at}`,
    callerId: 'anonymous',
    clientRequestId: null,
    authenticatedCallerId: 'agent',
    callerRole: 'writer',
    transport: 'streamable-http' as const,
    clientAddress: null,
    sessionId: null,
  },
  toolName: 'close_finding',
  requestParams: { filling },
})

function state(): RecordMakerState {
  const { user, system } = process.cpuUsage()
  return {
    made,
    lastSeq: audit.end().seq,
    destinations: forwarding.stats(),
    refused,
    cpuMicroseconds: user + system,
    memoryBytes: process.memoryUsage.rss(),
  }
}

const answer = (): void => void process.stdout.write(`${JSON.stringify(state())}\n`)

answer()
for await (const line of createInterface({ input: process.stdin })) {
  const [command, count = '0', perSecond = 'Infinity'] = line.split(' ')
  if (command === 'make') await make(Number(count), Number(perSecond))
  else if (command === 'change') await change(Number(count))
  else if (command === 'end') break
  answer()
}
await audit.close('lifespan_exit')
await forwarding.close(3_000)
answer()
process.exit(0)
