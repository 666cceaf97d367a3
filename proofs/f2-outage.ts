import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { arrivals } from './arrivals.js'
import { startForwardingChild } from './forwarding-child.js'
import { startHttpReceiver, toHttp, toSyslog } from './forwarding-targets.js'
import { startProof } from './measure.js'
import type { RecordMakerOptions } from './record-maker.js'
import { startRsyslog } from './rsyslog.js'

// F2: a receiver is away for as many records as 60 a second make in ten minutes. F3: and our own process is killed meanwhile.

const proof = startProof('F2, F3: an outage of the receiver, and our own end in it, lose nothing')
const records = proof.short ? 4_000 : 36_000
const portions = 10
const drainMs = 30_000
const memoryGrowth = 32 * 1_048_576
const root = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-f2-'))

interface Receiver {
  readonly name: string
  /** What may come twice when our process is killed: a batch. */
  readonly batch: number
  readonly options: RecordMakerOptions
  away(): Promise<void>
  back(): Promise<void>
  messages(): readonly string[]
  end(): Promise<void>
}

try {
  for (const killed of [false, true]) {
    for (const start of [relp, cycles, http]) {
      const receiver = await start(mkdtempSync(join(root, 'run-')))
      try {
        await outage(receiver, killed)
      } finally {
        await receiver.end()
      }
    }
  }
} finally {
  rmSync(root, { recursive: true, force: true })
}
proof.end()

async function outage(receiver: Receiver, killed: boolean): Promise<void> {
  let child = await startForwardingChild(receiver.options)
  try {
    // What a process takes that makes records at this rate at all.
    await child.make(proof.short ? records : records / 4)
    await child.drained(drainMs)
    const before = await child.state()
    await receiver.away()
    let peak = 0
    for (let portion = 0; portion < portions; portion++) {
      const { memoryBytes } = await child.make(records / portions)
      peak = Math.max(peak, memoryBytes)
      if (!killed || portion % 3 !== 1) continue
      await child.kill()
      child = await startForwardingChild(receiver.options)
    }
    await receiver.back()
    const took = await child.drained(drainMs * 2)
    const { lastSeq, memoryBytes } = await child.state()
    peak = Math.max(peak, memoryBytes)
    const { missing, duplicates, inOrder, distinct } = arrivals(receiver.messages(), lastSeq)
    const name = `${receiver.name}${killed ? ', killed three times meanwhile' : ''}`
    proof.check(
      `${name}: nothing lost, in order, at most a batch twice`,
      missing === 0 && inOrder && duplicates <= receiver.batch * (killed ? 3 : 1),
      `${distinct} of ${lastSeq}, ${duplicates} twice, ${inOrder ? 'in order' : 'out of order'}`,
    )
    const rate = took === null ? 0 : Math.round(records / (took / 1_000))
    proof.check(
      `${name}: drained within 30 s`,
      took !== null && took <= drainMs,
      `${took === null ? 'never' : (took / 1_000).toFixed(2)} s with the waits between attempts, ${rate} records/s`,
    )
    if (!killed) {
      const growth = peak - before.memoryBytes
      proof.check(
        `${name}: memory grows by at most 32 MB`,
        growth <= memoryGrowth,
        `${(growth / 1_048_576).toFixed(1)} MB`,
      )
    }
  } finally {
    await child.kill()
  }
}

async function relp(folder: string): Promise<Receiver> {
  return syslog('relp', folder)
}

async function cycles(folder: string): Promise<Receiver> {
  return syslog('tcp', folder)
}

async function syslog(protocol: 'relp' | 'tcp', folder: string): Promise<Receiver> {
  const receiver = await startRsyslog({ folder, transports: [protocol], fields: false })
  return {
    name: protocol,
    batch: protocol === 'tcp' ? 2 * 500 : 512,
    options: toSyslog(folder, [{ protocol, port: receiver.ports[protocol] }]),
    away: receiver.terminate,
    back: receiver.restart,
    messages: receiver.records,
    end: receiver.end,
  }
}

async function http(folder: string): Promise<Receiver> {
  const receiver = await startHttpReceiver('elastic_bulk')
  return {
    name: 'https (elastic_bulk)',
    batch: 500,
    options: toHttp(folder, 'elastic_bulk', receiver.port),
    away: receiver.away,
    back: receiver.back,
    messages: () => receiver.records,
    end: receiver.away,
  }
}
