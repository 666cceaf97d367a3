import type { AuditLine } from '../src/audit/trail-sinks.js'
import type { Destination } from '../src/forward/destination.js'
import { createSyslogCycles } from '../src/forward/syslog/cycles.js'
import { createSyslogDatagrams } from '../src/forward/syslog/datagrams.js'
import type { SyslogOrigin } from '../src/forward/syslog/format.js'
import { createRelp } from '../src/forward/syslog/relp.js'
import type { RsyslogTransport } from './rsyslog.js'

/** Files of our side of a TLS connection; null where there is none. */
export interface ClientTlsFiles {
  readonly caFile: string | null
  readonly certFile: string | null
  readonly keyFile: string | null
}

export interface SyslogTarget {
  readonly port: number
  readonly origin: SyslogOrigin
  /** 127.0.0.1 if absent. */
  readonly host?: string
  readonly tls?: ClientTlsFiles
  readonly timeoutMilliseconds?: number
}

const noTls: ClientTlsFiles = { caFile: null, certFile: null, keyFile: null }

/** Our destination for a transport, as the server makes it. */
export function syslogDestination(
  transport: RsyslogTransport,
  { port, origin, host = '127.0.0.1', tls = noTls, timeoutMilliseconds = 5_000 }: SyslogTarget,
): Destination {
  const target = { host, port, origin, tls, timeoutMilliseconds }
  switch (transport) {
    case 'udp':
      return createSyslogDatagrams({ host, port, origin })
    case 'tcp':
    case 'tls':
      return createSyslogCycles({ ...target, protocol: transport })
    case 'relp':
    case 'relp+tls':
      return createRelp({ ...target, secure: transport === 'relp+tls' })
  }
}

/** Sends the lines in batches of no more than `atOnce` and than the destination takes; every one has to be taken. */
export async function deliver(
  destination: Destination,
  lines: readonly AuditLine[],
  {
    atOnce = destination.batchSize,
    after = async () => {},
  }: {
    readonly atOnce?: number
    /** Called with the lines that were sent just now. */
    readonly after?: (lines: readonly AuditLine[]) => Promise<unknown>
  } = {},
): Promise<void> {
  const limit = Math.min(atOnce, destination.batchSize)
  let batch: AuditLine[] = []
  let bytes = 0
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return
    const { again, refused } = await destination.send(batch)
    if (again.length + refused.length > 0) throw new Error('a line was not taken')
    await after(batch)
    batch = []
    bytes = 0
  }
  for (const line of lines) {
    if (batch.length >= limit || bytes + line.line.length > destination.batchBytes) await flush()
    batch.push(line)
    bytes += line.line.length
  }
  await flush()
}
