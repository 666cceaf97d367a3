import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { AuditLine } from '../../audit/trail-sinks.js'
import {
  allTaken,
  type Delivery,
  DeliveryError,
  type Destination,
  deliveryError,
} from '../destination.js'
import { createConnections } from './connections.js'
import { exchange } from './exchange.js'
import type { FollowUp, FormatContext, HttpsAnswer, HttpsFormatName } from './format.js'
import { httpsFormats } from './formats.js'

export interface HttpsDestinationOptions {
  readonly url: URL
  readonly format: HttpsFormatName
  /** Each format has its own header for it. */
  readonly token: string | null
  /** Whose records they are, for a receiver with several owners. */
  readonly tenant: string | null
  readonly batchSize: number
  readonly flushMilliseconds: number
  /** A PEM file that replaces the system's authorities; read anew with every batch. */
  readonly caFile: string | null
  readonly timeoutMilliseconds: number
  /** The host that the records come from. */
  readonly hostname: string
  /** For a receiver that says later whether it has kept what it received. */
  readonly ack?: { readonly pollMilliseconds: number; readonly timeoutMilliseconds: number }
}

const usualAck = { pollMilliseconds: 1_000, timeoutMilliseconds: 120_000 }
const compress = promisify(gzip)

/** A receiver over HTTP, in one of the formats. A batch counts as sent when the receiver says so. */
export function createHttpsDestination(options: HttpsDestinationOptions): Destination {
  const { url, token, flushMilliseconds, caFile, timeoutMilliseconds, ack = usualAck } = options
  const format = httpsFormats[options.format]
  const context: FormatContext = {
    hostname: options.hostname,
    pathname: url.pathname,
    tenant: options.tenant,
  }
  const batchSize = Math.max(1, Math.min(options.batchSize, format.maxRecords))
  const { times, plus } = format.wrapping
  const shown = shownUrl(url)
  const connections = createConnections(url, caFile)
  const closing = new AbortController()

  async function post(
    target: URL,
    text: string,
    lines: readonly AuditLine[],
    more: { readonly zipped: boolean; readonly timeoutMilliseconds: number },
  ): Promise<HttpsAnswer> {
    const plain = Buffer.from(text)
    const body = more.zipped ? await compress(plain, { level: 1 }) : plain
    return exchange({
      url: target,
      agent: await connections.agent(),
      headers: {
        'content-type': format.contentType,
        'content-length': body.length,
        ...(more.zipped && { 'content-encoding': 'gzip' }),
        'accept-encoding': 'identity',
        'user-agent': 'mcp-defectdojo',
        ...format.headers(token, lines, context),
      },
      body,
      timeoutMilliseconds: more.timeoutMilliseconds,
      signal: closing.signal,
      readsAnswer: format.readsAnswer,
    })
  }

  async function deliver(lines: readonly AuditLine[]): Promise<Delivery> {
    const text = format.body(lines, context)
    const answer = await post(url, text, lines, { zipped: format.gzip, timeoutMilliseconds })
    const delivery = format.read(answer, lines)
    const question = format.follow?.(answer, context) ?? null
    if (question) await confirmed(question, lines)
    return delivery
  }

  /** Asks until the receiver has kept the batch. An answer that got lost is no answer: it is asked again. */
  async function confirmed(question: FollowUp, lines: readonly AuditLine[]): Promise<void> {
    const target = new URL(question.path, url)
    const deadline = performance.now() + ack.timeoutMilliseconds
    for (;;) {
      const left = deadline - performance.now()
      if (left <= 0) throw new DeliveryError('not_indexed')
      const signal = closing.signal
      await pause(Math.min(ack.pollMilliseconds, left), null, { signal, ref: false }).catch(() => {
        throw new DeliveryError('closed')
      })
      const answer = await post(target, question.body, lines, {
        zipped: false,
        timeoutMilliseconds: Math.min(timeoutMilliseconds, Math.max(left, 1)),
      }).catch((error) => {
        if (signal.aborted) throw error
        connections.renew()
        return null
      })
      if (answer && question.confirms(answer)) return
    }
  }

  /** The receiver would take the beginning of these, and say that it had taken them. */
  const tooLong = ({ line }: AuditLine): boolean =>
    format.maxRecordBytes !== null && Buffer.byteLength(line) > format.maxRecordBytes

  async function send(lines: readonly AuditLine[]): Promise<Delivery> {
    if (!lines.some(tooLong)) return deliver(lines)
    const places = [...lines.keys()]
    const isTooLong = lines.map(tooLong)
    const sent = places.filter((at) => !isTooLong[at])
    const place = (at: number): number => sent[at] ?? 0
    const delivery =
      sent.length > 0 ? await deliver(lines.filter((_, at) => !isTooLong[at])) : allTaken
    const refused = [
      ...places.filter((at) => isTooLong[at]).map((at) => ({ at, reason: 'record_too_long' })),
      ...delivery.refused.map(({ at, reason }) => ({ at: place(at), reason })),
    ]
    return { ...delivery, again: delivery.again.map(place), refused }
  }

  return {
    name: 'https',
    label: url.origin,
    where: { url: shown },
    enabled: {
      message: 'HTTPS log forwarding enabled',
      fields: {
        https_url: shown,
        https_batch_size: batchSize,
        https_flush_secs: flushMilliseconds / 1_000,
        https_ca: caFile === null ? null : 'custom',
        https_format: format.name,
      },
    },
    batchSize,
    batchBytes: Math.max(1, Math.floor((format.maxBytes - batchSize * plus) / times)),
    flushMilliseconds,

    async send(lines) {
      try {
        return await send(lines)
      } catch (error) {
        const failure = deliveryError(error)
        // Another connection may get further: to a healthy server, or under the authorities of today.
        if (failure.remedy === 'retry') connections.renew()
        throw failure
      }
    },

    close() {
      closing.abort()
      connections.renew()
    },
  }
}

/** Some receivers take their secret in the query or in the path: neither a query nor a long part of a path is shown. */
const shownUrl = ({ origin, pathname }: URL): string =>
  origin +
  pathname
    .split('/')
    .map((part) => (part.length > 20 ? '…' : part))
    .join('/')
