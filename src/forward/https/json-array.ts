import { Agent as HttpAgent, request as requestHttp } from 'node:http'
import { Agent, request as requestHttps } from 'node:https'
import { DeliveryError, type Destination } from '../destination.js'

export interface JsonArrayOptions {
  readonly url: URL
  /** Sent as a bearer token. */
  readonly token: string | null
  readonly batchSize: number
  readonly flushMilliseconds: number
  /** PEM; replaces the system's authorities. */
  readonly ca: string | null
  readonly timeoutMilliseconds: number
}

/** More of an answer is not read. */
const maxAnswerBytes = 65_536

/** An address as events may show it: some receivers take their secret in the query. */
const shownUrl = ({ origin, pathname }: URL): string => `${origin}${pathname}`

function retryAfterSeconds(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,5}$/.test(header) ? Math.min(Number(header), 3_600) : null
}

/** A webhook that takes a JSON array of records (behaviour spec §6.2). Redirects are refused: the token is not theirs. */
export function createJsonArray(options: JsonArrayOptions): Destination {
  const { url, token, batchSize, flushMilliseconds, ca, timeoutMilliseconds } = options
  const secure = url.protocol === 'https:'
  const agent = secure
    ? new Agent({ keepAlive: true, maxSockets: 1, ...(ca !== null && { ca }) })
    : new HttpAgent({ keepAlive: true, maxSockets: 1 })

  return {
    name: 'https',
    where: { url: shownUrl(url) },
    enabled: {
      message: 'HTTPS log forwarding enabled',
      fields: {
        https_url: shownUrl(url),
        https_batch_size: batchSize,
        https_flush_secs: flushMilliseconds / 1_000,
        https_ca: ca === null ? null : 'custom',
      },
    },
    batchSize,
    flushMilliseconds,

    send(lines) {
      // The lines as they are: taken apart and printed again they could lose their MAC.
      const body = `[${lines.map(({ line }) => line).join(',')}]`
      return new Promise((resolve, reject) => {
        const request = (secure ? requestHttps : requestHttp)(url, {
          method: 'POST',
          agent,
          signal: AbortSignal.timeout(timeoutMilliseconds),
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            'user-agent': 'mcp-defectdojo',
            ...(token !== null && { authorization: `Bearer ${token}` }),
          },
        })
        request.on('error', (error) => {
          reject(error.name === 'AbortError' ? new DeliveryError('timeout') : error)
        })
        request.on('response', (response) => {
          const status = response.statusCode ?? 0
          let bytes = 0
          response.on('error', () => {})
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length
            if (bytes > maxAnswerBytes) response.destroy()
          })
          if (status >= 200 && status < 300) resolve()
          else if (status >= 300 && status < 400) reject(new DeliveryError('redirect_refused'))
          else {
            const asked = retryAfterSeconds(response.headers['retry-after'])
            reject(new DeliveryError(`http_${status}`, asked))
          }
        })
        request.end(body)
      })
    },

    close: () => agent.destroy(),
  }
}
