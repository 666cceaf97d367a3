import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Files of this folder that are no proofs themselves. */
const support = new Set([
  'access-cells.js',
  'access-walk.js',
  'ambiguous-bodies.js',
  'answer-table.js',
  'arrivals.js',
  'audited-server.js',
  'awaited-answers.js',
  'bad-configuration-table.js',
  'batch-table.js',
  'canary-upstream.js',
  'certificates.js',
  'choices.js',
  'content-types.js',
  'event-stream.js',
  'every-tool.js',
  'everything-else.js',
  'forwarding-child.js',
  'forwarding-targets.js',
  'front-proxies.js',
  'fuzzed-messages.js',
  'fuzzed-values.js',
  'header-table.js',
  'hostile-records.js',
  'joined-messages.js',
  'json-bombs.js',
  'measure.js',
  'network.js',
  'origin-table.js',
  'posting.js',
  'probed-server.js',
  'protocol-clients.js',
  'proxy-program.js',
  'protocol-eras.js',
  'raw-client.js',
  'raw-http.js',
  'raw-syslog.js',
  'receiver-process.js',
  'record-maker.js',
  'recording-upstream.js',
  'rsyslog.js',
  'run-all.js',
  'run-command.js',
  'server-probe.js',
  'smuggling-table.js',
  'spoofing-callers.js',
  'sse-client.js',
  'stdio-client.js',
  'strict-receivers.js',
  'syslog-destinations.js',
  'syslog-ng.js',
  'system-calls.js',
  'tool-calls.js',
  'trail-builder.js',
  'virtual-forwarder.js',
  'ways-in.js',
  'whole-service.js',
])

const here = import.meta.dirname
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'))
const proofs = readdirSync(here)
  .filter((file) => file.endsWith('.js') && !support.has(file))
  .filter((file) => wanted.length === 0 || wanted.includes(basename(file, '.js')))
  .sort()

const failed: string[] = []
for (const file of proofs) {
  const child = spawn(process.execPath, [join(here, file), ...flags], { stdio: 'inherit' })
  const [status] = (await once(child, 'exit')) as [number | null]
  if (status !== 0) failed.push(basename(file, '.js'))
  process.stdout.write('\n')
}
for (const name of failed) process.stdout.write(`failed: ${name}\n`)
process.stdout.write(`${proofs.length - failed.length} passed, ${failed.length} failed\n`)
process.exitCode = failed.length === 0 && proofs.length > 0 ? 0 : 1
