import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ReceiverTlsFiles,
  receiverPorts,
  type SyslogReceiver,
  startReceiver,
} from './receiver-process.js'
import { run } from './run-command.js'

export type RsyslogTransport = 'udp' | 'tcp' | 'tls' | 'relp' | 'relp+tls'

export interface RsyslogOptions<T extends RsyslogTransport> {
  /** For its configuration and everything it writes. */
  readonly folder: string
  readonly transports: readonly T[]
  /** Free ones where none is given. */
  readonly ports?: Partial<Record<T, number>>
  /** Needed for `tls` and `relp+tls`. */
  readonly tlsFiles?: ReceiverTlsFiles
  /** What imtcp does TLS with; OpenSSL if absent. Our recipe takes GnuTLS (f11-tls says why). */
  readonly tlsDriver?: 'ossl' | 'gtls'
  /** False: do not write the fields of each message, which takes as long as writing its text. */
  readonly fields?: boolean
}

const program = '/usr/sbin/rsyslogd'
const wanted =
  'rsyslogd is needed: apt-get install rsyslog rsyslog-relp rsyslog-gnutls rsyslog-openssl'

/** A real rsyslog (Debian) with a configuration of its own; sizes and escapes are the ones it comes with. */
export async function startRsyslog<T extends RsyslogTransport>(
  options: RsyslogOptions<T>,
): Promise<SyslogReceiver<T>> {
  const { folder, transports } = options
  if (!existsSync(program)) throw new Error(wanted)
  const ports = await receiverPorts(transports, options.ports)
  const file = join(folder, 'rsyslog.messages')
  const fieldsFile = join(folder, 'rsyslog.fields')
  const config = join(folder, 'rsyslog.conf')
  writeFileSync(config, configuration({ ...options, ports, file, fieldsFile }))
  const checked = await run(program, ['-N1', '-f', config])
  if (checked.status !== 0 || /could not load module/.test(checked.stderr)) {
    throw new Error(`${wanted}; it does not take its configuration:\n${checked.stderr}`)
  }
  const args = ['-n', '-f', config, '-i', join(folder, 'rsyslog.pid')]
  return startReceiver({ name: 'rsyslog', command: program, args, folder, ports, file, fieldsFile })
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

function configuration<T extends RsyslogTransport>({
  folder,
  transports,
  ports,
  tlsFiles,
  tlsDriver = 'ossl',
  fields = true,
  file,
  fieldsFile,
}: RsyslogOptions<T> & {
  readonly ports: Record<T, number>
  readonly file: string
  readonly fieldsFile: string
}): string {
  const own = join(folder, 'rsyslog.internal')
  const has = (...names: RsyslogTransport[]): boolean =>
    names.some((name) => (transports as readonly RsyslogTransport[]).includes(name))
  const modules = [
    has('udp') && 'module(load="imudp")',
    has('tcp', 'tls') && 'module(load="imtcp")',
    has('relp', 'relp+tls') && 'module(load="imrelp" tls.tlslib="openssl")',
  ].filter((line) => line !== false)
  const tls = tlsFiles ? tlsSettings(tlsFiles, tlsDriver) : null
  const inputs = transports.map((transport) => {
    const plain = input(transport, ports[transport])
    if (transport !== 'tls' && transport !== 'relp+tls') return `${plain})`
    if (!tls) throw new Error(`${transport} needs certificates`)
    return `${plain} ${tls[transport as 'tls' | 'relp+tls']})`
  })
  // A direct queue: what is acknowledged is written. Rulesets without a queue of their own use the main one.
  return `global(workDirectory=${quoted(folder)} ${tls?.global ?? ''})
main_queue(queue.type="Direct")
${modules.join('\n')}
template(name="Text" type="string" string="%msg%\\n")
template(name="Fields" type="list" option.jsonf="on") {
  property(outname="pri" name="pri" format="jsonf")
  property(outname="timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="hostname" name="hostname" format="jsonf")
  property(outname="appname" name="app-name" format="jsonf")
  property(outname="procid" name="procid" format="jsonf")
  property(outname="msgid" name="msgid" format="jsonf")
  property(outname="sd" name="structured-data" format="jsonf")
  property(outname="msg" name="msg" format="jsonf")
}
ruleset(name="received" queue.type="Direct") {
  action(type="omfile" file=${quoted(file)} template="Text" asyncWriting="off" flushOnTXEnd="on")
  ${fields ? `action(type="omfile" file=${quoted(fieldsFile)} template="Fields" asyncWriting="off" flushOnTXEnd="on")` : ''}
}
${inputs.join('\n')}
# What it says of itself stays apart from what it received.
action(type="omfile" file=${quoted(own)})
`
}

/** An input without its closing bracket. */
function input(transport: RsyslogTransport, port: number): string {
  const place = `address="127.0.0.1" port="${port}" ruleset="received"`
  if (transport === 'udp') return `input(type="imudp" ${place} rcvbufSize="4m"`
  if (transport.startsWith('relp')) return `input(type="imrelp" ${place}`
  return `input(type="imtcp" ${place}`
}

function tlsSettings(
  { caFile, certFile, keyFile, clientName }: ReceiverTlsFiles,
  driver: 'ossl' | 'gtls',
) {
  const [ca, cert, key] = [caFile, certFile, keyFile].map(quoted)
  const peer = clientName === undefined ? '' : `[${quoted(clientName)}]`
  return {
    global: `defaultNetstreamDriverCAFile=${ca} defaultNetstreamDriverCertFile=${cert} defaultNetstreamDriverKeyFile=${key}`,
    tls: `streamDriver.name="${driver}" streamDriver.mode="1" ${peer ? `streamDriver.authMode="x509/name" permittedPeer=${peer}` : 'streamDriver.authMode="anon"'}`,
    'relp+tls': `tls="on" tls.caCert=${ca} tls.myCert=${cert} tls.myPrivKey=${key} ${peer ? `tls.authMode="name" tls.permittedPeer=${peer}` : ''}`,
  }
}
