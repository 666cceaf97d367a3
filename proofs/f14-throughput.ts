import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { HttpsFormatName } from '../src/forward/https/format.js'
import { httpsFormatNames } from '../src/forward/https/formats.js'
import { prepareServer, recordsIn, startServer, until } from './audited-server.js'
import { makeCertificates } from './certificates.js'
import { startForwardingChild } from './forwarding-child.js'
import { startHttpReceiver, toHttp, toSyslog } from './forwarding-targets.js'
import { startProof } from './measure.js'
import type { RecordMakerOptions } from './record-maker.js'
import { startRecordingUpstream } from './recording-upstream.js'
import { startRsyslog } from './rsyslog.js'
import { usualPath, usualToken } from './strict-receivers.js'
import { createToolClient } from './tool-calls.js'

// What a destination can take, and what that costs us: a backlog is delivered by a process that does nothing else.

const proof = startProof(
  'F14: 5,000 records a second and destination on half a core; the lag is told right',
)
const records = proof.short ? 10_000 : 30_000
const perSecond = 5_000
const root = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-f14-'))
const certificates = makeCertificates(join(root, 'certificates'))
const formats = proof.short ? (['ndjson', 'elastic_bulk'] as const) : httpsFormatNames

try {
  for (const protocol of ['relp', 'relp+tls', 'tcp', 'tls'] as const) await syslog(protocol)
  for (const format of formats) await http(format)
  await lag()
} finally {
  rmSync(root, { recursive: true, force: true })
}
proof.end()

async function syslog(protocol: 'relp' | 'relp+tls' | 'tcp' | 'tls'): Promise<void> {
  const folder = mkdtempSync(join(root, 'syslog-'))
  const receiver = await startRsyslog({
    folder,
    transports: [protocol],
    fields: false,
    tlsFiles: { caFile: certificates.caFile, ...certificates.server },
  })
  const targets = [{ protocol, port: receiver.ports[protocol] }]
  const options = toSyslog(folder, targets, { caFile: certificates.caFile })
  try {
    await receiver.terminate()
    await backlog(options)
    await receiver.restart()
    await deliver(`${protocol} to rsyslog`, options)
  } finally {
    await receiver.end()
  }
}

async function http(format: HttpsFormatName): Promise<void> {
  const receiver = await startHttpReceiver(format)
  const options = toHttp(mkdtempSync(join(root, 'http-')), format, receiver.port)
  try {
    await receiver.away()
    await backlog(options)
    await receiver.back()
    await deliver(format, options)
  } finally {
    await receiver.away()
  }
}

async function backlog(options: RecordMakerOptions): Promise<void> {
  const child = await startForwardingChild(options)
  await child.make(records)
  await child.kill()
}

async function deliver(name: string, options: RecordMakerOptions): Promise<void> {
  const child = await startForwardingChild(options)
  try {
    const before = child.initial
    const beganAt = performance.now()
    const drained = await child.drained(60_000)
    const seconds = (performance.now() - beganAt) / 1_000
    const after = await child.state()
    const [delivered = 0, deliveredBefore = 0] = [after, before].map(
      ({ destinations }) => destinations[0]?.delivered ?? 0,
    )
    const count = delivered - deliveredBefore
    const rate = count / seconds
    const cores = ((after.cpuMicroseconds - before.cpuMicroseconds) / count) * (perSecond / 1e6)
    // The short form runs beside other things; what it costs does not depend on them.
    const rateHolds = proof.short || rate >= perSecond
    proof.check(
      `${name}: ${proof.short ? '' : `at least ${perSecond} records/s, `}at most half a core at ${perSecond}/s`,
      drained !== null && rateHolds && cores <= 0.5,
      `${Math.round(rate)} records/s, ${cores.toFixed(2)} cores at ${perSecond}/s`,
    )
  } finally {
    await child.kill()
  }
}

/** The figures of a running service against what the receiver really has. */
async function lag(): Promise<void> {
  const folder = mkdtempSync(join(root, 'lag-'))
  const upstream = await startRecordingUpstream()
  const receiver = await startHttpReceiver('ndjson')
  const url = `http://127.0.0.1:${receiver.port}${usualPath.ndjson}`
  const installation = await prepareServer(folder, upstream.url, {
    AUDIT_LOG_HTTPS_URL: url,
    AUDIT_LOG_HTTPS_ALLOW_HTTP: 'true',
    AUDIT_LOG_HTTPS_FORMAT: 'ndjson',
    AUDIT_LOG_HTTPS_TOKEN: usualToken,
    AUDIT_LOG_HTTPS_BATCH_SIZE: '100',
    AUDIT_LOG_HTTPS_FLUSH_SECS: '0.1',
  })
  const server = await startServer(installation)
  const client = createToolClient(installation.mcp)
  const metric = (name: string): Promise<number | null> =>
    server.metric(`mcp_defectdojo_audit_forward_${name}{destination="${new URL(url).origin}"}`)
  try {
    await until('the receiver has the start', async () => (await metric('lag_records')) === 0)
    await receiver.away()
    let worst = 0
    for (let turn = 0; turn < 5; turn++) {
      for (let at = 0; at < 40; at++) {
        await client.call({ tool: 'list_products', token: installation.tokens.reader })
      }
      worst = Math.max(
        worst,
        await until('the metric says what is missing', async () => {
          const missing = recordsIn(installation.auditFile).length - receiver.records.length
          return (await metric('lag_records')) === missing
        }),
      )
    }
    await pause(2_000)
    const arrived = receiver.records.length
    const oldest = recordsIn(installation.auditFile)[arrived]?.timestamp
    const age = (Date.now() - Date.parse(String(oldest))) / 1_000
    const told = (await metric('lag_seconds')) ?? Number.NaN
    proof.check('lag_records is right within 1 s', worst <= 1_000, `${worst.toFixed(0)} ms at most`)
    proof.check(
      'lag_seconds is the age of the oldest, within 1 s',
      Math.abs(told - age) <= 1,
      `${told.toFixed(2)} s, truly ${age.toFixed(2)} s`,
    )
    await receiver.back()
    await until('it has everything', async () => (await metric('lag_records')) === 0, 60_000)
    const took = await until('lag_seconds is 0', async () => (await metric('lag_seconds')) === 0)
    proof.check(
      'and both are 0 when it has everything',
      took <= 1_000,
      `${took.toFixed(0)} ms later`,
    )
  } finally {
    client.close()
    await server.stop()
    await receiver.away()
    await upstream.close()
  }
}
