import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ReceiverTlsFiles,
  receiverPorts,
  type SyslogReceiver,
  startReceiver,
} from './receiver-process.js'
import { root, run } from './run-command.js'

export type SyslogNgTransport = 'udp' | 'tcp' | 'tls'

export interface SyslogNgOptions<T extends SyslogNgTransport> {
  /** For its configuration and everything it writes. */
  readonly folder: string
  readonly transports: readonly T[]
  /** Free ones where none is given. */
  readonly ports?: Partial<Record<T, number>>
  /** Needed for `tls`. */
  readonly tlsFiles?: ReceiverTlsFiles
  /** False: do not write the fields of each message. */
  readonly fields?: boolean
}

/** Kept between proofs, so that it is fetched once. */
const programFolder = join(tmpdir(), `mcp-defectdojo-syslog-ng-${process.getuid?.() ?? 0}`)

/** A real syslog-ng (Debian), which cannot be installed beside rsyslog, with a configuration of its own. */
export async function startSyslogNg<T extends SyslogNgTransport>(
  options: SyslogNgOptions<T>,
): Promise<SyslogReceiver<T>> {
  const { folder } = options
  const fetched = await run('bash', [join(root, 'scripts/syslog-ng.sh'), programFolder])
  if (fetched.status !== 0) throw new Error(`syslog-ng is needed:\n${fetched.stderr}`)
  const command = fetched.stdout.trim()
  const ports = await receiverPorts(options.transports, options.ports)
  const file = join(folder, 'syslog-ng.messages')
  const fieldsFile = join(folder, 'syslog-ng.fields')
  const config = join(folder, 'syslog-ng.conf')
  writeFileSync(config, configuration({ ...options, ports, file, fieldsFile }))
  const place = (name: string): string => join(folder, `syslog-ng.${name}`)
  const args = [
    ...['--foreground', '--stderr', '--no-caps', '--cfgfile', config],
    ...['--persist-file', place('persist'), '--control', place('ctl'), '--pidfile', place('pid')],
  ]
  return startReceiver({ name: 'syslog-ng', command, args, folder, ports, file, fieldsFile })
}

function configuration<T extends SyslogNgTransport>({
  transports,
  ports,
  tlsFiles,
  fields = true,
  file,
  fieldsFile,
}: SyslogNgOptions<T> & {
  readonly ports: Record<T, number>
  readonly file: string
  readonly fieldsFile: string
}): string {
  const sources = transports.map((transport) => {
    if (transport === 'tls' && !tlsFiles) throw new Error('tls needs certificates')
    const more = transport === 'tls' && tlsFiles ? tlsSettings(tlsFiles) : ''
    const room = transport === 'udp' ? 'so-rcvbuf(4194304)' : 'max-connections(20)'
    return `  syslog(ip("127.0.0.1") port(${ports[transport]}) transport("${transport}") ${room} log-iw-size(2000) log-msg-size(65536) ${more});`
  })
  return `@version: 3.38
options { keep-hostname(yes); keep-timestamp(yes); chain-hostnames(no); use-dns(no); dns-cache(no); stats-freq(0); };
source s_received {
${sources.join('\n')}
};
destination d_text { file("${file}" template("\${MESSAGE}\\n") flush-lines(1)); };
log { source(s_received); destination(d_text); flags(flow-control); };
${
  fields
    ? `template t_fields {
  template("$(format-json --scope none pri=\${PRI} timestamp=\${S_ISODATE} hostname=\${HOST} appname=\${PROGRAM} procid=\${PID} msgid=\${MSGID} sd=\${SDATA} msg=\${MESSAGE})\\n");
};
destination d_fields { file("${fieldsFile}" template(t_fields) frac-digits(6) time-zone("+00:00") flush-lines(1)); };
log { source(s_received); destination(d_fields); flags(flow-control); };`
    : ''
}
`
}

function tlsSettings({ caFile, certFile, keyFile, clientName }: ReceiverTlsFiles): string {
  const verify =
    clientName === undefined
      ? 'peer-verify(optional-untrusted)'
      : `peer-verify(required-trusted) trusted-dn("CN=${clientName}")`
  return `tls(key-file("${keyFile}") cert-file("${certFile}") ca-file("${caFile}") ${verify})`
}
