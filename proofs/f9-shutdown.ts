import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { arrivals } from './arrivals.js'
import { prepareServer, recordsIn, startServer, until } from './audited-server.js'
import { startHttpReceiver } from './forwarding-targets.js'
import { startProof } from './measure.js'
import { startRecordingUpstream } from './recording-upstream.js'
import { startRsyslog } from './rsyslog.js'
import { usualPath, usualToken } from './strict-receivers.js'
import { createToolClient } from './tool-calls.js'

// SIGTERM while thousands of records wait, with the receivers up and down; then a restart.

const proof = startProof('F9: an end in order within 10 s loses nothing, whatever the SIEM does')
const waitingRecords = proof.short ? 600 : 5_000
const root = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-f9-'))

try {
  for (const up of [true, false]) await shutdown(up)
} finally {
  rmSync(root, { recursive: true, force: true })
}
proof.end()

async function shutdown(up: boolean): Promise<void> {
  const folder = mkdtempSync(join(root, 'run-'))
  const upstream = await startRecordingUpstream()
  const webhook = await startHttpReceiver('ndjson')
  const rsyslog = await startRsyslog({ folder, transports: ['relp'], fields: false })
  const installation = await prepareServer(folder, upstream.url, {
    AUDIT_LOG_SYSLOG: `relp://127.0.0.1:${rsyslog.ports.relp}`,
    AUDIT_LOG_HTTPS_URL: `http://127.0.0.1:${webhook.port}${usualPath.ndjson}`,
    AUDIT_LOG_HTTPS_ALLOW_HTTP: 'true',
    AUDIT_LOG_HTTPS_FORMAT: 'ndjson',
    AUDIT_LOG_HTTPS_TOKEN: usualToken,
    AUDIT_LOG_HTTPS_BATCH_SIZE: '100',
    AUDIT_LOG_HTTPS_FLUSH_SECS: '1',
  })
  try {
    await rsyslog.terminate()
    await webhook.away()
    let server = await startServer(installation)
    const client = createToolClient(installation.mcp)
    const token = installation.tokens.reader
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let at = 0; at < waitingRecords / 8; at++) {
          await client.call({ tool: 'list_products', token })
        }
      }),
    )
    client.close()
    if (up) {
      await rsyslog.restart()
      await webhook.back()
    }
    const startedAt = performance.now()
    const status = await server.stop()
    const seconds = (performance.now() - startedAt) / 1_000
    const state = up ? 'receivers back at that moment' : 'receivers away'
    proof.check(
      `${state}: ends within 10 s with status 0`,
      status === 0 && seconds <= 10,
      `status ${status}, ${seconds.toFixed(2)} s, ${recordsIn(installation.auditFile).length} records`,
    )
    if (!up) {
      await rsyslog.restart()
      await webhook.back()
    }
    server = await startServer(installation)
    const lag = 'mcp_defectdojo_audit_forward_lag_records'
    const labels = [
      `${lag}{destination="relp://127.0.0.1:${rsyslog.ports.relp}"}`,
      `${lag}{destination="http://127.0.0.1:${webhook.port}"}`,
    ]
    await until(
      'everything has arrived',
      async () => {
        const waiting = await Promise.all(labels.map((label) => server.metric(label)))
        return waiting.every((records) => records === 0)
      },
      60_000,
    )
    await server.stop()
    const { length } = recordsIn(installation.auditFile)
    for (const [name, messages] of [
      ['relp', rsyslog.records()],
      ['https', webhook.records],
    ] as const) {
      const { missing, inOrder, duplicates } = arrivals(messages, length)
      proof.check(
        `${state}: after the restart ${name} has everything`,
        missing === 0 && inOrder,
        `${length - missing} of ${length}, ${duplicates} twice`,
      )
    }
  } finally {
    await rsyslog.end()
    await webhook.away()
    await upstream.close()
  }
}
