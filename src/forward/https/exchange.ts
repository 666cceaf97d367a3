import { type Agent, type OutgoingHttpHeaders, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { DeliveryError } from '../destination.js'
import type { HttpsAnswer } from './format.js'

/** One request. */
export interface Exchange {
  readonly url: URL
  readonly agent: Agent
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
  /** For all of it, to the last byte of the answer. */
  readonly timeoutMilliseconds: number
  /** Ends it. */
  readonly signal: AbortSignal
  /** Whether the text of an answer with this status is needed; otherwise the status is enough. */
  readonly readsAnswer: (status: number) => boolean
}

/** More of an answer is not read. The one to a bulk request has something to say about every record. */
const maxAnswerBytes = 1_048_576

/** Posts a body and reads the answer, whatever its status. Redirects are not followed: the token is not theirs. */
export function exchange(options: Exchange): Promise<HttpsAnswer> {
  const { url, agent, headers, body, timeoutMilliseconds, signal, readsAnswer } = options
  if (signal.aborted) return Promise.reject(new DeliveryError('closed'))
  return new Promise((resolve, reject) => {
    let head: Pick<HttpsAnswer, 'status' | 'headers' | 'at'> | null = null
    const chunks: Buffer[] = []
    let bytes = 0

    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method: 'POST',
      agent,
      headers,
    })
    const finish = (failure: Error | null): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onClose)
      if (head && (failure === null || !readsAnswer(head.status))) {
        resolve({ ...head, text: failure ? '' : Buffer.concat(chunks).toString('utf8') })
      } else {
        reject(failure ?? new DeliveryError('bad_answer'))
      }
      if (failure) request.destroy()
    }
    const onClose = (): void => finish(new DeliveryError('closed'))
    const timer = setTimeout(() => finish(new DeliveryError('timeout')), timeoutMilliseconds)
    timer.unref()
    signal.addEventListener('abort', onClose)

    request.on('error', finish)
    request.on('response', (response) => {
      head = { status: response.statusCode ?? 0, headers: response.headers, at: Date.now() }
      response.on('error', finish)
      response.on('end', () => finish(null))
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > maxAnswerBytes) finish(new DeliveryError('answer_too_long'))
        else chunks.push(chunk)
      })
    })
    request.end(body)
  })
}
