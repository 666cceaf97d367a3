import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditLine } from '../src/audit/trail-sinks.js'
import { until } from './audited-server.js'
import { makeCertificates } from './certificates.js'
import { writeHostileTrail } from './hostile-records.js'
import { startProof } from './measure.js'
import { startRawReceiver } from './raw-syslog.js'
import type { ParsedMessage, SyslogReceiver } from './receiver-process.js'
import { type RsyslogTransport, startRsyslog } from './rsyslog.js'
import { root, run } from './run-command.js'
import { deliver, syslogDestination } from './syslog-destinations.js'
import { startSyslogNg } from './syslog-ng.js'

// What we send is measured at a receiver of our own, byte for byte; then the real rsyslog and syslog-ng have to take it
// apart into just that.

const proof = startProof('F10: rsyslog and syslog-ng read every field as it was sent')
const count = proof.short ? 200 : 1_000
const maxMessageBytes = 8_096
const key = 'an audit key for a proof only'
/** What a host may call itself, and what is left of it in a header. */
const origin = { hostname: 'siem"]\\<134>1 h\u00f6st\n', pid: 4_711 }
const hostnameInHeader = 'siem"]\\<134>1hst'
const severities = { CRITICAL: 2, ERROR: 3, WARNING: 4, INFO: 6, DEBUG: 7 } as const

const fieldNames = [
  'pri',
  'timestamp',
  'hostname',
  'appName',
  'procid',
  'msgid',
  'structuredData',
  'msg',
] as const

const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-syslog-'))
const keyFile = join(folder, 'audit.key')
writeFileSync(keyFile, key)
try {
  const lines = await writeHostileTrail(join(folder, 'audit.jsonl'), key, count, proof.random)
  const long = lines.filter(({ line }) => line.length > maxMessageBytes)
  const longest = Math.max(...lines.map(({ line }) => line.length))
  proof.note(
    `${lines.length} records, ${long.length} too long for a message, up to ${longest} bytes`,
  )
  const sent = {
    tcp: await sentOver('tcp', lines),
    udp: await sentOver('udp', lines),
    relp: await sentOver('relp', lines),
  }
  await receivedBy('rsyslog', ['udp', 'tcp', 'tls', 'relp', 'relp+tls'], lines, sent)
  await receivedBy('syslog-ng', ['udp', 'tcp', 'tls'], lines, sent)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

type Sent = readonly ParsedMessage[]

/** Reads a message by the letter of RFC 5424, as far as we use it. */
function readMessage(message: string): ParsedMessage {
  const fields = /^<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) (-) ([ -~]*)$/.exec(message)
  if (!fields) throw new Error(`not a message of RFC 5424: ${message.slice(0, 200)}`)
  const [pri, timestamp, hostname, appName, procid, msgid, structuredData, msg] = fields.slice(
    1,
  ) as [string, string, string, string, string, string, string, string]
  return { pri, timestamp, hostname, appName, procid, msgid, structuredData, msg }
}

interface PartText {
  readonly audit_part: number
  readonly of: number
  readonly seq: number
  readonly text: string
}

function seqOf({ msg }: ParsedMessage): number {
  return (JSON.parse(msg) as { seq: number }).seq
}

/** What was sent of each record, in the order of its parts. */
function bySeq(messages: readonly ParsedMessage[]): Map<number, ParsedMessage[]> {
  const found = new Map<number, ParsedMessage[]>()
  for (const message of messages) {
    const seq = seqOf(message)
    found.set(seq, [...(found.get(seq) ?? []), message])
  }
  return found
}

/** The record again, from its one message or from all its parts. */
function joined(messages: readonly ParsedMessage[]): string {
  const texts = messages.map(({ msg }) => msg)
  if (!texts[0]?.startsWith('{"audit_part": ')) return texts.length === 1 ? (texts[0] ?? '') : ''
  const parts = texts.map((text) => JSON.parse(text) as PartText)
  const whole = parts.every((part, at) => part.audit_part === at + 1 && part.of === parts.length)
  return whole ? parts.map(({ text }) => text).join('') : ''
}

/** The messages a receiver of our own got, after checking that they say what the records say. */
async function sentOver(protocol: 'udp' | 'tcp' | 'relp', lines: readonly AuditLine[]) {
  const receiver = await startRawReceiver(protocol)
  const destination = syslogDestination(protocol, { port: receiver.port, origin })
  try {
    // Datagrams are lost where a buffer is full, so none is sent while many are on their way.
    let expected = 0
    const arrived = async (batch: readonly AuditLine[]): Promise<void> => {
      if (protocol !== 'udp') return
      const known = new Set(batch.map(({ seq }) => seq))
      await until('the datagrams have come', () => {
        const got = bySeq(receiver.messages.slice(expected).map(readMessage))
        return batch.every(({ seq, line }) => joined(got.get(seq) ?? []) === line)
      })
      expected += receiver.messages
        .slice(expected)
        .filter((m) => known.has(seqOf(readMessage(m)))).length
    }
    await deliver(destination, lines, { ...(protocol === 'udp' && { atOnce: 1 }), after: arrived })
  } finally {
    destination.close()
    await receiver.end()
  }
  const { messages, violations } = receiver
  proof.check(`${protocol}: every frame is one`, violations.length === 0, violations[0] ?? 'all')
  const longest = Math.max(...messages.map((message) => message.length))
  // With TCP the length stands before the message, and some count it in.
  const countBytes = protocol === 'tcp' ? `${longest} `.length : 0
  proof.check(
    `${protocol}: no frame has more than 8,096 bytes`,
    longest + countBytes <= maxMessageBytes,
    `${messages.length} messages, the longest ${longest} + ${countBytes} bytes`,
  )
  const read = messages.map(readMessage)
  const groups = bySeq(read)
  const wrong = lines.filter(({ seq, line, level, timestamp }) => {
    const own = groups.get(seq) ?? []
    const header = { pri: `${16 * 8 + severities[level]}`, timestamp, procid: `${origin.pid}` }
    const right = own.every(
      (message) =>
        message.pri === header.pri &&
        message.timestamp === header.timestamp &&
        message.procid === header.procid &&
        message.hostname === hostnameInHeader &&
        message.appName === 'mcp-defectdojo' &&
        message.msgid === '-',
    )
    return !right || joined(own) !== line
  })
  proof.check(
    `${protocol}: the messages are the records, each once`,
    wrong.length === 0 && groups.size === lines.length,
    `${wrong.length} wrong, ${groups.size} of ${lines.length} records`,
  )
  return read
}

function textBytes(messages: readonly ParsedMessage[]): number {
  return messages.reduce((sum, { msg }) => sum + msg.length + 1, 0)
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

async function receivedBy<T extends RsyslogTransport>(
  program: 'rsyslog' | 'syslog-ng',
  transports: readonly T[],
  lines: readonly AuditLine[],
  sent: Readonly<Record<'udp' | 'tcp' | 'relp', Sent>>,
): Promise<void> {
  const own = join(folder, program)
  mkdirSync(own)
  const certificates = makeCertificates(join(own, 'tls'))
  const { caFile, server } = certificates
  const options = { folder: own, transports, tlsFiles: { caFile, ...server } }
  const receiver = (await (program === 'rsyslog'
    ? startRsyslog(options)
    : startSyslogNg(options as never))) as SyslogReceiver<T>
  let before = 0
  try {
    for (const transport of transports) {
      const messages =
        sent[transport === 'udp' ? 'udp' : transport.startsWith('relp') ? 'relp' : 'tcp']
      await sendTo(receiver, transport, lines, messages, caFile)
      const received = receiver.parsed().slice(before)
      before += received.length
      compare(`${program}, ${transport}`, received, messages)
      await verify(`${program}, ${transport}`, receiver.records().slice(-received.length))
    }
    if (program === 'rsyslog') await cutsLongerOnes(receiver, receiver.ports['tcp' as T])
    else {
      await receiver.terminate()
      const late = receiver.records().length - before
      proof.check(`${program}: nothing came after that`, late === 0, `${late} messages`)
    }
  } finally {
    await receiver.end()
  }
}

async function sendTo<T extends RsyslogTransport>(
  receiver: SyslogReceiver<T>,
  transport: T,
  lines: readonly AuditLine[],
  messages: Sent,
  caFile: string,
): Promise<void> {
  const tls = { caFile, certFile: null, keyFile: null }
  const destination = syslogDestination(transport, { port: receiver.ports[transport], origin, tls })
  const groups = bySeq(messages)
  const count = receiver.parsed().length
  let size = sizeOf(receiver.file)
  const arrived = async (batch: readonly AuditLine[]): Promise<void> => {
    size += batch.reduce((sum, { seq }) => sum + textBytes(groups.get(seq) ?? []), 0)
    if (transport === 'udp') await until('they are written', () => sizeOf(receiver.file) >= size)
  }
  try {
    await deliver(destination, lines, { ...(transport === 'udp' && { atOnce: 3 }), after: arrived })
  } finally {
    destination.close()
  }
  const written = (): boolean =>
    sizeOf(receiver.file) >= size && receiver.parsed().length - count >= messages.length
  // What is missing then is for the comparison to say.
  await until('they are written', written).catch(() => {})
}

function compare(name: string, received: readonly ParsedMessage[], sent: Sent): void {
  const byText = new Map(sent.map((message) => [message.msg, message]))
  const seen = new Set<string>()
  let strange = 0
  const unequal = new Map<string, number>()
  for (const message of received) {
    const original = byText.get(message.msg)
    if (!original || seen.has(message.msg)) strange++
    seen.add(message.msg)
    for (const field of fieldNames) {
      if (original && original[field] !== message[field]) {
        unequal.set(field, (unequal.get(field) ?? 0) + 1)
      }
    }
  }
  proof.check(
    `${name}: every field of every message is what was sent`,
    seen.size === sent.length && unequal.size === 0,
    [
      `${seen.size} of ${sent.length}`,
      ...[...unequal].map(([field, n]) => `${field}: ${n} differ`),
    ].join(', '),
  )
  proof.check(
    `${name}: nothing that was not sent, nothing twice`,
    strange === 0,
    `${strange} injected`,
  )
}

/** In another order, as a SIEM gives them back. */
async function verify(name: string, records: readonly string[]): Promise<void> {
  const file = join(folder, 'from-siem.txt')
  const shuffled = records
    .map((record) => ({ record, place: proof.random() }))
    .sort((one, other) => one.place - other.place)
  writeFileSync(file, shuffled.map(({ record }) => `${record}\n`).join(''))
  const checkpoints = join(folder, 'checkpoints-from-siem.txt')
  const attesting = records.filter((record) => record.includes('"event_type": "audit_checkpoint"'))
  writeFileSync(checkpoints, attesting.map((record) => `${record}\n`).join(''))
  const { status, stdout } = await run(process.execPath, [
    ...[join(root, 'dist/cli/main.js'), 'audit', 'verify', file, '--unordered'],
    ...['--checkpoints', checkpoints, '--key-file', keyFile],
  ])
  const verdict = stdout.trim().split('\n').at(-1) ?? ''
  proof.check(`${name}: what it wrote verifies, its parts joined`, status === 0, verdict)
}

/** Without this the limit would be a number without a reason. */
async function cutsLongerOnes(receiver: SyslogReceiver<never>, port: number): Promise<void> {
  const text = 'x'.repeat(maxMessageBytes + 200)
  const message = `<134>1 2026-01-02T03:04:05Z host app 1 - - ${text}`
  const before = receiver.records().length
  const socket = connect(port, '127.0.0.1')
  socket.resume().end(`${message.length} ${message}`)
  await new Promise((resolve) => socket.on('close', resolve))
  await receiver.terminate()
  const written = receiver.records().slice(before)
  proof.check(
    'control: rsyslog cuts a message that is longer, and nothing else came',
    written.length > 0 &&
      !written.includes(text) &&
      written.join('').length <= text.length + 100 &&
      written.every((line) => /^x*$/.test(line)),
    written.map((line) => line.length).join(' + '),
  )
}
