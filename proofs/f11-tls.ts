import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'node:tls'
import type { AuditLine } from '../src/audit/trail-sinks.js'
import { DeliveryError, type Destination } from '../src/forward/destination.js'
import { createHttpsDestination } from '../src/forward/https/https-destination.js'
import { until } from './audited-server.js'
import { clientName, type KeyPair, makeCertificates } from './certificates.js'
import { startProof } from './measure.js'
import { lastingPort, type SyslogReceiver } from './receiver-process.js'
import { startRsyslog } from './rsyslog.js'
import { type ClientTlsFiles, syslogDestination } from './syslog-destinations.js'

// Bad servers are the real `openssl s_server`, good ones a real rsyslog, and Node's own server for HTTPS.

type Transport = 'tls' | 'relp+tls' | 'https'
const transports: readonly Transport[] = ['tls', 'relp+tls', 'https']

interface BadServer {
  readonly name: string
  readonly pair: KeyPair
  readonly caFile: string
  /** Why it has to be refused; any other reason would say nothing. */
  readonly reason: RegExp
  readonly options?: readonly string[]
}

const proof = startProof('F11: no server that is not the one, and the one with a private authority')
const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-tls-'))
const certificates = makeCertificates(join(folder, 'tls'))
const { caFile, otherCaFile, server, client } = certificates
const origin = { hostname: 'proof.example', pid: 4_711 }
/** The first from servers that send their authority along. */
const unknownAuthority =
  /^(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY)$/
/** A receiver may hang up at different moments, and at none of them it may look as if it had taken something. */
const attempts = proof.short ? 50 : 300
let seq = 0
try {
  await badServers()
  await serverNames()
  const good = await startGoodServers('good')
  try {
    for (const transport of transports) await authorities(transport, good)
  } finally {
    await good.end()
  }
  await clientCertificates('gtls', ['tls', 'relp+tls'])
  await clientCertificates('ossl', ['tls'])
} finally {
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

function nextLine(): AuditLine {
  seq++
  const timestamp = new Date().toISOString().replace('Z', '000+00:00')
  const line = `{"timestamp": "${timestamp}", "seq": ${seq}}`
  return { line, seq, chainId: 'c', mac: '', level: 'INFO', timestamp, eventType: 'audit' }
}

function destinationTo(
  transport: Transport,
  port: number,
  tls: ClientTlsFiles,
  host = '127.0.0.1',
): Destination {
  if (transport !== 'https') {
    return syslogDestination(transport, { host, port, origin, tls, timeoutMilliseconds: 3_000 })
  }
  return createHttpsDestination({
    url: new URL(`https://${host}:${port}/audit`),
    format: 'json_array',
    token: 'proof-token',
    tenant: null,
    batchSize: 10,
    flushMilliseconds: 0,
    caFile: tls.caFile,
    timeoutMilliseconds: 3_000,
    hostname: origin.hostname,
  })
}

function withCa(file: string): ClientTlsFiles {
  return { caFile: file, certFile: null, keyFile: null }
}

/** Null if it was delivered, or why not. */
async function refusal(destination: Destination): Promise<string | null> {
  try {
    await destination.send([nextLine()])
    return null
  } catch (error) {
    return error instanceof DeliveryError ? error.reason : `${error}`
  }
}

interface OpensslServer {
  readonly port: number
  output(): string
  end(): Promise<void>
}

async function opensslServer(pair: KeyPair, options: readonly string[]): Promise<OpensslServer> {
  const port = await lastingPort()
  const child: ChildProcess = spawn(
    'openssl',
    [
      ...['s_server', '-accept', `${port}`, '-cert', pair.certFile, '-key', pair.keyFile],
      ...options,
    ],
    // It ends with its input.
    { stdio: ['pipe', 'pipe', 'pipe'] },
  )
  const exit = once(child, 'exit')
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('latin1').on('data', (text: string) => {
      output += text
    })
  }
  await until('openssl s_server listens', () => {
    if (child.exitCode !== null) throw new Error(`openssl s_server did not start:\n${output}`)
    return output.includes('ACCEPT')
  })
  return {
    port,
    output: () => output,
    async end() {
      child.kill('SIGKILL')
      await exit
    },
  }
}

/** What a client sees that takes anything: the server is there, and speaks the version it should. */
async function protocolOf(port: number): Promise<string | null> {
  const socket = connect({
    ...{ port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: 'TLSv1' },
    ciphers: 'ALL:@SECLEVEL=0',
  })
  try {
    await once(socket, 'secureConnect')
    return socket.getProtocol()
  } catch {
    return null
  } finally {
    socket.destroy()
  }
}

async function badServers(): Promise<void> {
  const { expired, wrongName, selfSigned } = certificates
  const bad: readonly BadServer[] = [
    { name: 'another authority', pair: server, caFile: otherCaFile, reason: unknownAuthority },
    { name: 'expired', pair: expired, caFile, reason: /^CERT_HAS_EXPIRED$/ },
    {
      name: 'of another host',
      pair: wrongName,
      caFile,
      reason: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    },
    { name: 'self-signed', pair: selfSigned, caFile, reason: /^DEPTH_ZERO_SELF_SIGNED_CERT$/ },
    {
      name: 'TLS 1.1 only',
      pair: server,
      caFile,
      reason: /^(EPROTO|ERR_SSL_\w*(PROTOCOL|VERSION)\w*)$/,
      options: ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'],
    },
  ]
  const reachable: string[] = []
  const refused = new Map<Transport, string[]>(transports.map((transport) => [transport, []]))
  for (const { name, pair, caFile, reason, options = [] } of bad) {
    const running = await opensslServer(pair, options)
    try {
      const version = await protocolOf(running.port)
      if (version === (name === 'TLS 1.1 only' ? 'TLSv1.1' : 'TLSv1.3')) reachable.push(name)
      for (const transport of transports) {
        const destination = destinationTo(transport, running.port, withCa(caFile))
        const why = await refusal(destination)
        destination.close()
        proof.note(`${transport}, ${name}: ${why ?? 'delivered'}`)
        // Whoever sends before it has looked has told a stranger.
        const told = /mcp-defectdojo|relp_version|POST|proof-token/.test(running.output())
        if (why !== null && reason.test(why) && !told) refused.get(transport)?.push(name)
      }
    } finally {
      await running.end()
    }
  }
  proof.check(
    'control: a client that verifies nothing reaches each of them',
    reachable.length === bad.length,
    `${reachable.length} of ${bad.length}`,
  )
  for (const [transport, names] of refused) {
    proof.check(
      `${transport}: bad servers are refused for what is wrong with them, and told nothing`,
      names.length === bad.length,
      `${names.length} of ${bad.length}`,
    )
  }
}

async function serverNames(): Promise<void> {
  for (const transport of transports) {
    const running = await opensslServer(server, [
      ...['-servername', 'localhost', '-cert2', server.certFile, '-key2', server.keyFile],
    ])
    const destination = destinationTo(transport, running.port, withCa(caFile), 'localhost')
    const sending = refusal(destination)
    const named = (): boolean => running.output().includes('Hostname in TLS extension: "localhost"')
    await until('the name arrives', named, 5_000).catch(() => {})
    proof.check(`${transport}: the server is told which name is meant (SNI)`, named())
    destination.close()
    await sending
    await running.end()
  }
}

interface GoodServers {
  port(transport: Transport): number
  /** Records it has received. */
  received(transport: Transport): number
  /** Their numbers; of syslog only. */
  numbers(): Set<number>
  restart(): Promise<void>
  end(): Promise<void>
}

async function startGoodServers(
  name: string,
  asking?: { readonly clientName: string; readonly tlsDriver: 'gtls' | 'ossl' },
): Promise<GoodServers> {
  const own = join(folder, name)
  mkdirSync(own)
  const syslog: SyslogReceiver<'tls' | 'relp+tls'> = await startRsyslog({
    folder: own,
    transports: ['tls', 'relp+tls'],
    tlsFiles: { caFile, ...server, ...(asking && { clientName: asking.clientName }) },
    ...(asking && { tlsDriver: asking.tlsDriver }),
    fields: false,
  })
  let requests = 0
  const https = createServer(
    { cert: readFileSync(server.certFile), key: readFileSync(server.keyFile) },
    (request, response) => {
      requests++
      request.on('end', () => response.end('{}')).resume()
    },
  )
  https.listen(0, '127.0.0.1')
  await once(https, 'listening')
  return {
    port: (transport) =>
      transport === 'https' ? (https.address() as AddressInfo).port : syslog.ports[transport],
    received: (transport) => (transport === 'https' ? requests : syslog.records().length),
    numbers: () =>
      new Set(syslog.records().map((text) => (JSON.parse(text) as { seq: number }).seq)),
    async restart() {
      https.closeAllConnections()
      await syslog.restart()
    },
    async end() {
      https.closeAllConnections()
      https.close()
      await syslog.end()
    },
  }
}

/** Sends until the reason is the one; a connection that ended with its server has to be noticed first. */
async function refusedFor(destination: Destination, reason: RegExp): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const why = await refusal(destination)
    if (why === null) return 'delivered'
    if (reason.test(why) || attempt === 10) return why
    await pause(100)
  }
}

async function authorities(transport: Transport, good: GoodServers): Promise<void> {
  const file = join(folder, `${transport}.ca.pem`)
  copyFileSync(otherCaFile, file)
  const before = good.received(transport)
  const destination = destinationTo(transport, good.port(transport), withCa(file))
  try {
    const first = await refusal(destination)
    copyFileSync(caFile, file)
    const second = await refusal(destination)
    const arrived = (): boolean => good.received(transport) === before + 1
    await until('the record is there', arrived, 5_000).catch(() => {})
    proof.check(
      `${transport}: a private authority is accepted`,
      second === null && arrived(),
      second ?? `${good.received(transport) - before} of 1 received`,
    )
    proof.check(
      `${transport}: an authority that comes into the file counts at the next connection`,
      first !== null && unknownAuthority.test(first) && second === null,
      `before: ${first}`,
    )
    copyFileSync(otherCaFile, file)
    await good.restart()
    const third = await refusedFor(destination, unknownAuthority)
    proof.check(
      `${transport}: one that leaves it is refused from then on`,
      unknownAuthority.test(third) && arrived(),
      third,
    )
  } finally {
    destination.close()
  }
}

/**
 * With OpenSSL, imtcp of rsyslog 8.2302 takes records from about a third of the clients that it should refuse for their name;
 * with GnuTLS it refuses them all. Either way we may believe no more than is true.
 */
async function clientCertificates(
  tlsDriver: 'gtls' | 'ossl',
  over: readonly Transport[],
): Promise<void> {
  const good = await startGoodServers(`asking-${tlsDriver}`, { clientName, tlsDriver })
  try {
    for (const transport of over) {
      const name = transport === 'tls' ? `tls (${tlsDriver})` : transport
      const foreignMayPass = transport === 'tls' && tlsDriver === 'ossl'
      await strangers(good, transport, `${name}, without a certificate`, null, false)
      await strangers(good, transport, `${name}, with another's`, server, foreignMayPass)
      await oursIsGiven(good, transport, name)
    }
  } finally {
    await good.end()
  }
}

async function strangers(
  good: GoodServers,
  transport: Transport,
  name: string,
  pair: KeyPair | null,
  mayPass: boolean,
): Promise<void> {
  const before = good.numbers().size
  const tls = pair ? { caFile, ...pair } : withCa(caFile)
  const refusals = new Map<string, number>()
  const believed: number[] = []
  let destination = destinationTo(transport, good.port(transport), tls)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const why = await refusal(destination)
    if (why === null) believed.push(seq)
    else refusals.set(why, (refusals.get(why) ?? 0) + 1)
    // Now and then without the session of the connection before.
    if (attempt % 3 > 0) continue
    destination.close()
    destination = destinationTo(transport, good.port(transport), tls)
  }
  destination.close()
  const lost = (): number => {
    const there = good.numbers()
    return believed.filter((number) => !there.has(number)).length
  }
  await until('the records are there', () => lost() === 0, 5_000).catch(() => {})
  const received = good.numbers().size - before
  const reasons = [...refusals].map(([why, times]) => `${times} ${why}`)
  proof.check(
    `${name}: ${mayPass ? 'what counts as delivered was received' : 'nothing is received, and nothing counts as delivered'}`,
    lost() === 0 && (mayPass || (received === 0 && believed.length === 0)),
    [`${believed.length} believed, ${received} received, ${lost()} lost`, ...reasons].join(', '),
  )
}

async function oursIsGiven(good: GoodServers, transport: Transport, name: string): Promise<void> {
  const before = good.numbers().size
  const destination = destinationTo(transport, good.port(transport), { caFile, ...client })
  const wanted = 10
  const failures: string[] = []
  // As the forwarder does: what failed comes again.
  for (let delivered = 0; delivered < wanted && failures.length < wanted; ) {
    const why = await refusal(destination)
    if (why === null) delivered++
    else failures.push(why)
  }
  destination.close()
  const received = (): number => good.numbers().size - before
  await until('the records are there', () => received() >= wanted, 5_000).catch(() => {})
  proof.check(
    `${name}, with ours: accepted`,
    received() === wanted,
    `${received()} of ${wanted} received, ${failures.length} attempts failed${failures.length > 0 ? `: ${failures.join(', ')}` : ''}`,
  )
  // A receiver may refuse to go on with a session; that has to be learned from, not tried for ever.
  proof.check(`${name}, with ours: no more than 2 attempts in vain`, failures.length <= 2)
}
