import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import type { ForwardingTargets } from '../src/forward/destinations.js'
import type { SpoolLimit } from '../src/forward/forwarder.js'
import type { HttpsFormatName } from '../src/forward/https/format.js'
import { lastingPort } from './receiver-process.js'
import type { RecordMakerOptions } from './record-maker.js'
import {
  type StrictReceiver,
  type StrictReceiverOptions,
  strictReceiver,
  usualPath,
  usualToken,
} from './strict-receivers.js'

export const auditKey = randomBytes(32).toString('hex')
const noTls: ForwardingTargets['syslogTls'] = { caFile: null, certFile: null, keyFile: null }

/** Settings of a process whose trail lies in `folder` and goes to syslog receivers on this machine. */
export const toSyslog = (
  folder: string,
  receivers: readonly { protocol: ForwardingTargets['syslog'][number]['protocol']; port: number }[],
  more: { readonly caFile?: string; readonly limit?: SpoolLimit } = {},
): RecordMakerOptions =>
  makerOptions(
    folder,
    {
      syslog: receivers.map(({ protocol, port }) => ({ protocol, host: '127.0.0.1', port })),
      syslogTls: { ...noTls, caFile: more.caFile ?? null },
      https: null,
    },
    more.limit,
  )

/** The same for a receiver over HTTP. */
export const toHttp = (
  folder: string,
  format: HttpsFormatName,
  port: number,
  more: { readonly batchSize?: number; readonly limit?: SpoolLimit } = {},
): RecordMakerOptions =>
  makerOptions(
    folder,
    {
      syslog: [],
      syslogTls: noTls,
      https: {
        url: `http://127.0.0.1:${port}${usualPath[format]}`,
        format,
        token: usualToken,
        tenant: null,
        batchSize: more.batchSize ?? 500,
        flushSeconds: 0.2,
        caFile: null,
      },
    },
    more.limit,
  )

const makerOptions = (
  folder: string,
  targets: ForwardingTargets,
  limit: SpoolLimit | undefined,
): RecordMakerOptions => ({
  audit: { key: auditKey, file: join(folder, 'audit.jsonl') },
  targets,
  forwarding: { ...(limit && { limit }) },
})

/** A strict receiver over HTTP that can go away and come back on the same port. */
export interface HttpReceiver extends StrictReceiver {
  readonly port: number
  /** Nobody listens any more, and whoever was connected is no more. */
  away(): Promise<void>
  back(): Promise<void>
  /** Takes connections and answers nothing, until it is `back`. */
  hang(): void
}

export async function startHttpReceiver(
  format: HttpsFormatName,
  options: StrictReceiverOptions = {},
): Promise<HttpReceiver> {
  let hanging = false
  const receiver = strictReceiver(format, {
    ...options,
    intercept: (request, response) => hanging || (options.intercept?.(request, response) ?? false),
  })
  const port = await lastingPort()
  let server: Server | null = null

  async function back(): Promise<void> {
    hanging = false
    if (server) return
    const opened = createServer((request, response) => receiver.handle(request, response))
    await new Promise<void>((resolve) => opened.listen(port, '127.0.0.1', resolve))
    opened.unref()
    server = opened
  }

  await back()
  return {
    ...receiver,
    port,
    back,
    async away() {
      const closing = server
      server = null
      closing?.closeAllConnections()
      await new Promise((resolve) => (closing ? closing.close(resolve) : resolve(null)))
    },
    hang() {
      hanging = true
    },
  }
}
