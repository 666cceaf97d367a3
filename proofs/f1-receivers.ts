import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { arrivals } from './arrivals.js'
import { makeCertificates } from './certificates.js'
import { choicesFrom } from './choices.js'
import { type ForwardingChild, startForwardingChild } from './forwarding-child.js'
import { startHttpReceiver, toHttp, toSyslog } from './forwarding-targets.js'
import { startProof } from './measure.js'
import { startRelay } from './network.js'
import type { RecordMakerState } from './record-maker.js'
import { startRsyslog } from './rsyslog.js'

// A receiver ends, is killed, freezes and is killed, vanishes from the network or resets, while records come as fast as they can.
// What it has in the end is compared with the numbers of the trail.

const proof = startProof('F1: no record is lost with its receiver')
const { below } = choicesFrom(proof.random)
const between = (least: number, most: number): number => least + below(most - least)
const records = proof.short ? 3_000 : 20_000
/** RELP: a window, and the batch that was under way. HTTP: the batch. Cycles: the batch, and the one before it. */
const mayComeTwice = { relp: 128 + 512, tcp: 2 * 500, tls: 2 * 500, https: 128 + 500 }
const root = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-f1-'))
const certificates = makeCertificates(join(root, 'certificates'))
const incidents = ['TERM', 'KILL', 'STOP and KILL', 'black hole', 'reset'] as const
type Incident = (typeof incidents)[number]

try {
  for (const protocol of ['relp', 'tcp', 'tls'] as const) {
    for (const incident of incidents) {
      if (proof.short && protocol === 'tls' && incident !== 'KILL') continue
      await syslog(protocol, incident)
    }
  }
  for (const incident of ['away', 'hang', 'reset'] as const) await http(incident)
} finally {
  rmSync(root, { recursive: true, force: true })
}
proof.end()
// Not by itself: a socket that was reset at a bad moment would keep Node busy for ever.
process.exit(process.exitCode)

async function syslog(protocol: 'relp' | 'tcp' | 'tls', incident: Incident): Promise<void> {
  const folder = mkdtempSync(join(root, `${protocol}-`))
  const receiver = await startRsyslog({
    folder,
    transports: [protocol],
    fields: false,
    tlsFiles: { caFile: certificates.caFile, ...certificates.server },
  })
  const relay = await startRelay(receiver.ports[protocol])
  const child = await startForwardingChild(
    toSyslog(folder, [{ protocol, port: relay.port }], { caFile: certificates.caFile }),
  )
  try {
    await whileRecordsCome(child, async () => {
      if (incident === 'TERM') await receiver.terminate()
      else if (incident === 'black hole') relay.blackHole()
      else if (incident === 'reset') relay.reset()
      else {
        if (incident === 'STOP and KILL') {
          receiver.stop()
          await pause(500)
        }
        await receiver.kill()
      }
      // Silence is an incident once it has lasted longer than we wait for an answer.
      if (incident === 'black hole' && !proof.short) await pause(12_000)
      await pause(between(400, 1_000))
      if (incident === 'black hole' || incident === 'reset') relay.heal()
      else await receiver.restart()
    })
    const state = await child.state()
    judge(protocol, incident, receiver.records(), state)
  } finally {
    await child.kill()
    await relay.end()
    await receiver.end()
  }
}

async function http(incident: 'away' | 'hang' | 'reset'): Promise<void> {
  const folder = mkdtempSync(join(root, 'http-'))
  const receiver = await startHttpReceiver('ndjson')
  const relay = await startRelay(receiver.port)
  const child = await startForwardingChild(toHttp(folder, 'ndjson', relay.port))
  try {
    await whileRecordsCome(child, async () => {
      if (incident === 'away') await receiver.away()
      else if (incident === 'hang') receiver.hang()
      else relay.reset()
      await pause(between(400, 1_000))
      await receiver.back()
      relay.heal()
    })
    judge('https', incident, receiver.records, await child.state())
  } finally {
    await child.kill()
    await relay.end()
    await receiver.away()
  }
}

/** Several times in a run, at moments of chance. */
async function whileRecordsCome(
  child: ForwardingChild,
  incident: () => Promise<void>,
): Promise<void> {
  const portion = records / 4
  for (let turn = 0; turn < 4; turn++) {
    // Over more than a second, so that some come while the receiver is away; and then as fast as they can.
    const making = turn % 2 === 0 ? child.make(portion, portion / 1.5) : child.make(portion)
    await pause(between(5, 60))
    if (turn % 2 === 0) await incident()
    await making
  }
  await child.drained(90_000)
}

function judge(
  transport: keyof typeof mayComeTwice,
  incident: string,
  messages: readonly string[],
  { lastSeq, destinations }: RecordMakerState,
): void {
  const { missing, duplicates, inOrder, distinct } = arrivals(messages, lastSeq)
  const failures = destinations[0]?.retries ?? 0
  // One that nobody noticed would prove nothing.
  const noticed = failures > 0 || (incident === 'black hole' && proof.short)
  proof.check(
    `${transport}, ${incident}: all there, in order, few twice`,
    missing === 0 && inOrder && duplicates <= 2 * mayComeTwice[transport] && noticed,
    `${distinct} there, ${missing} missing, ${duplicates} twice, ${inOrder ? 'in order' : 'out of order'}, ${failures} failed attempts`,
  )
}
