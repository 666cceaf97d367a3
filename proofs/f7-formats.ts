import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { createAuditLog } from '../src/audit/create-audit-log.js'
import type { HttpsFormatName } from '../src/forward/https/format.js'
import { httpsFormatNames, httpsFormats } from '../src/forward/https/formats.js'
import { createHttpsDestination } from '../src/forward/https/https-destination.js'
import { startForwarding } from '../src/forward/start-forwarding.js'
import { prepareServer, startServer, until } from './audited-server.js'
import { choicesFrom } from './choices.js'
import { auditKey, type HttpReceiver, startHttpReceiver } from './forwarding-targets.js'
import { fuzzedValues } from './fuzzed-values.js'
import { startProof } from './measure.js'
import { lastingPort, startReceiver } from './receiver-process.js'
import { root, run } from './run-command.js'
import { usualPath, usualToken } from './strict-receivers.js'
import { lineOf, upTo } from './virtual-forwarder.js'

// Each format against a receiver that is as strict as the product. That those are strict is shown with what they refuse, and that
// the one of bulk requests is right with what another program sends to it.

const proof = startProof('F7: each named format is what its product takes')
const { anyText, anyValue } = fuzzedValues(choicesFrom(proof.random), 10_000)
const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-f7-'))
const records = 1_000

try {
  await accepted()
  await refused()
  await secondOpinion()
  await starts()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

/** One trail of records that hold anything, to a receiver of each format. */
async function accepted(): Promise<void> {
  const file = join(folder, 'audit.jsonl')
  const audit = await createAuditLog({
    ...{ key: auditKey, file, failureMode: 'closed', secrets: [] },
    stderr: () => {},
  })
  const receivers = new Map<HttpsFormatName, HttpReceiver>()
  for (const format of httpsFormatNames) receivers.set(format, await startHttpReceiver(format))
  const forwarding = await startForwarding(
    audit,
    [...receivers].map(([format, { port }]) => destinationOf(format, port)),
  )
  for (let number = 0; number < records; number++) {
    audit.event('INFO', anyText(), { event_type: 'lifecycle', value: anyValue(), number })
    while (audit.stats().queued > 200) await pause(1)
  }
  await audit.close('lifespan_exit')
  await forwarding.close(60_000)
  const trail = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  for (const [format, receiver] of receivers) {
    const good = receiver.requests.filter(({ status }) => status >= 200 && status < 300)
    const same = trail.filter((line, at) => line === receiver.records[at])
    proof.check(
      `${format}: all of ${records} fuzzed records and what surrounds them, byte for byte`,
      same.length === trail.length &&
        trail.length > records &&
        receiver.records.length === trail.length &&
        good.length === receiver.requests.length,
      `${same.length} of ${trail.length} lines, ${good.length} of ${receiver.requests.length} requests`,
    )
    await receiver.away()
  }
}

function destinationOf(format: HttpsFormatName, port: number, token = usualToken) {
  return createHttpsDestination({
    url: new URL(`http://127.0.0.1:${port}${usualPath[format]}`),
    ...{ format, token, tenant: null, caFile: null, hostname: 'proof' },
    batchSize: 500,
    flushMilliseconds: 100,
    timeoutMilliseconds: 30_000,
  })
}

/** What the reference server sends, to products that do not take it: with the right address, media type and token. */
async function refused(): Promise<void> {
  const lines = upTo(3).map(lineOf)
  for (const format of ['splunk_hec', 'elastic_bulk', 'loki'] as const) {
    const receiver = await startHttpReceiver(format)
    const context = { hostname: 'proof', pathname: usualPath[format], tenant: null }
    const { body: right, headers } = httpsFormats[format]
    const { body: array } = httpsFormats.json_array
    const post = (body: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${receiver.port}${usualPath[format]}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers(usualToken, lines, context) },
        body,
      })
    const { status } = await post(array(lines, context))
    const taken = receiver.records.length
    proof.check(
      `${format}: the array of the reference server is refused`,
      status === 400 && taken === 0,
      `${status}, ${taken} of 3 taken`,
    )
    const control = await post(right(lines, context))
    proof.check(
      `${format}: and only for its shape`,
      control.ok && receiver.records.length === 3,
      `${control.status}, ${receiver.records.length} of 3 taken in its own`,
    )
    await receiver.away()
  }
}

/** The module of rsyslog that writes to Elasticsearch, and ours, to the same receiver. */
async function secondOpinion(): Promise<void> {
  const [user, password] = ['proof', 'only']
  const token = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const bodies: string[] = []
  const receiver = await startHttpReceiver('elastic_bulk', {
    token,
    intercept(request, response) {
      if (request.method !== 'POST') {
        // Whether there is anybody at all.
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
        return true
      }
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const sent = Buffer.concat(chunks)
        bodies.push(
          (request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent).toString(),
        )
      })
      return false
    },
  })
  const lines = upTo(40).map(lineOf)
  try {
    const theirs = await sentByRsyslog(
      receiver,
      { user, password },
      lines.map(({ line }) => line),
    )
    if (theirs !== null) {
      proof.check(
        'a bulk request of rsyslog is taken by the same receiver',
        theirs.every((status) => status === 200) && receiver.records.length === lines.length,
        `${theirs.length} requests, ${receiver.records.length} of ${lines.length} taken`,
      )
    }
    const others = bodies.splice(0)
    const ours = destinationOf('elastic_bulk', receiver.port, token)
    receiver.records.length = 0
    await ours.send(lines)
    ours.close()
    proof.check(
      'so is ours',
      receiver.records.length === lines.length,
      `${receiver.records.length} of ${lines.length} taken`,
    )
    const shape = [...new Set(bodies.map(shapeOf))]
    if (theirs === null) return
    const otherShape = [...new Set(others.map(shapeOf))]
    proof.check(
      'both have the same shape',
      shape.length === 1 && otherShape.length === 1 && shape[0] === otherShape[0],
      `ours ${shape.join(' or ')}; theirs ${otherShape.join(' or ')}`,
    )
  } finally {
    await receiver.away()
  }
}

/** Statuses of its requests; null when there is no such module here, which is said. */
async function sentByRsyslog(
  receiver: HttpReceiver,
  { user, password }: { readonly user: string; readonly password: string },
  texts: readonly string[],
): Promise<number[] | null> {
  const own = join(folder, 'rsyslog')
  mkdirSync(own)
  const port = await lastingPort()
  const config = join(own, 'rsyslog.conf')
  writeFileSync(
    config,
    `global(workDirectory="${own}")
module(load="imtcp")
module(load="omelasticsearch")
template(name="Id" type="string" string="%procid%")
template(name="Document" type="string" string="{\\"@timestamp\\":\\"%timereported:::date-rfc3339%\\",\\"event\\":{\\"original\\":\\"%msg:::json%\\"}}")
ruleset(name="received") {
  action(type="omelasticsearch" server="127.0.0.1" serverPort="${receiver.port}" usehttps="off" uid="${user}" pwd="${password}"
    bulkmode="on" writeoperation="create" bulkid="Id" dynbulkid="on" searchIndex="other" searchType="" template="Document"
    errorFile="${own}/errors" action.resumeRetryCount="-1")
}
input(type="imtcp" address="127.0.0.1" port="${port}" ruleset="received")
action(type="omfile" file="${own}/internal")
`,
  )
  const program = '/usr/sbin/rsyslogd'
  const checked = await run(program, ['-N1', '-f', config]).catch((error) => ({
    status: null,
    stderr: String(error),
  }))
  if (checked.status !== 0 || /could not load module/.test(checked.stderr)) {
    proof.check(
      'rsyslog can write to Elasticsearch: apt-get install rsyslog rsyslog-elasticsearch',
      false,
      checked.stderr.trim().split('\n').at(-1) ?? '',
    )
    return null
  }
  const rsyslog = await startReceiver({
    ...{ name: 'rsyslog', command: program, folder: own, ports: { tcp: port } },
    args: ['-n', '-f', config, '-i', join(own, 'pid')],
    file: join(own, 'none'),
    fieldsFile: join(own, 'none'),
  })
  try {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const time = new Date().toISOString()
    socket.end(texts.map((text, at) => `<134>1 ${time} host app ${at + 1} - - ${text}\n`).join(''))
    await until('rsyslog has sent what it got', () => receiver.records.length >= texts.length)
    return receiver.requests
      .filter(({ path }) => path.startsWith('/_bulk'))
      .map(({ status }) => status)
  } catch (error) {
    throw new Error(`${(error as Error).message}; rsyslog said: ${rsyslog.log()}`)
  } finally {
    await rsyslog.end()
  }
}

/** What of a bulk request its receiver looks at: lines in pairs, an action with its target and a document, and how it ends. */
function shapeOf(body: string): string {
  const end = body.endsWith('\n') && !body.endsWith('\n\n') ? 'final newline' : 'no final newline'
  const lines = body.replace(/\n$/, '').split('\n')
  const kinds = new Set<string>()
  for (let at = 0; at < lines.length; at += 2) {
    const action = JSON.parse(lines[at] ?? '') as Record<string, Record<string, unknown>>
    const document = JSON.parse(lines[at + 1] ?? '') as Record<string, unknown>
    const target = Object.values(action)[0] ?? {}
    const named = ['_id', '_index'].filter((name) => typeof target[name] === 'string')
    const said = ['@timestamp', 'event'].filter((name) => name in document)
    kinds.add(`{${Object.keys(action)}: {${named}}} / {${said}}`)
  }
  return `${[...kinds].join(' and ')}, ${lines.length % 2 === 0 ? 'pairs' : 'no pairs'}, ${end}`
}

/** The service, as a user starts it, with the address of a product and the format it comes with. */
async function starts(): Promise<void> {
  const products = ['splunk_hec', 'elastic_bulk', 'datadog', 'loki', 'otlp'] as const
  for (const format of proof.short ? products.slice(0, 2) : products) {
    const home = mkdtempSync(join(folder, 'service-'))
    const settings = (more: Record<string, string>) =>
      prepareServer(home, 'http://127.0.0.1:9', {
        AUDIT_LOG_HTTPS_URL: `http://127.0.0.1:9${usualPath[format]}`,
        AUDIT_LOG_HTTPS_ALLOW_HTTP: 'true',
        ...more,
      })
    const { env } = await settings({ AUDIT_LOG_HTTPS_FORMAT: 'json_array' })
    const ended = await run(process.execPath, [join(root, 'dist/cli/main.js'), 'serve'], {
      ...{ cwd: home, env, bare: true },
    })
    const advice = `AUDIT_LOG_HTTPS_FORMAT=${format}`
    proof.check(
      `an array to the address of ${format} is refused at the start, which names the format`,
      ended.status !== 0 && ended.status !== null && ended.stderr.includes(advice),
      `exit ${ended.status}`,
    )
    const server = await startServer(await settings({ AUDIT_LOG_HTTPS_FORMAT: format }))
    const status = await server.stop()
    proof.check(`with ${advice} it starts`, status === 0, `exit ${status} when it was told to end`)
  }
}
