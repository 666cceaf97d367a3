import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { Got, OptionsInit } from 'got'
import {
  DojoFailure,
  failureOfError,
  failureOfPage,
  failureOfStatus,
  type RawAnswer,
} from './failures.js'
import { createJsonWatch, parseJson } from './json-body.js'
import { readRetryAfter } from './retry.js'
import type { UpstreamMethod } from './upstream-event.js'

/** One request, ready to be sent. */
export interface Outgoing {
  readonly method: UpstreamMethod
  /** Absolute address. */
  readonly address: string
  /** Closed name of what it is about; decides how a refusal is read. */
  readonly resource: string
  /** JSON text or a form. */
  readonly body?: string | FormData
}

export interface ExchangeLimits {
  readonly timeoutMs: number
  /** Largest body, decompressed. */
  readonly maxResponseBytes: number
  /** Stops the request; absent for what must run to its end. */
  readonly signal: AbortSignal | undefined
  /** Called when the connection stands, right before the first byte of the request can leave. */
  readonly onSending?: (() => void) | undefined
  /** Told how much of the body has been handed to the network, again and again. */
  readonly onSent?: ((bytes: number, total: number) => void) | undefined
}

/** How a request ended: a parsed body, or why there is none. `detail` is DefectDojo's own text, for DEBUG logs only. */
export type ExchangeResult =
  | { readonly ok: true; readonly status: number; readonly body: unknown }
  | { readonly ok: false; readonly failure: DojoFailure; readonly detail?: string }

/** Enough to read any refusal; a page of HTML need not be read to its end. */
const maxRefusalBytes = 65_536

/** Sends one request with the instance that holds its credential, and reads the answer within the limits. Never rejects. */
export async function exchange(
  got: Got,
  outgoing: Outgoing,
  limits: ExchangeLimits,
): Promise<ExchangeResult> {
  const answer = await readAnswer(got, outgoing, limits)
  if (answer instanceof DojoFailure) return { ok: false, failure: answer }
  const { status, contentType, text = '' } = answer
  const fail = (failure: DojoFailure): ExchangeResult => ({ ok: false, failure, detail: text })

  if (!isSuccess(status)) return fail(failureOfStatus(answer, outgoing.resource))
  // Some 204 claim a JSON body and have none; a read always has one.
  if (text === '' && outgoing.method !== 'GET') return { ok: true, status, body: {} }
  if (!isJson(contentType)) return fail(failureOfPage(status))
  const body = parseJson(text)
  if (body === undefined) return fail(new DojoFailure('unreadable', { status }))
  return { ok: true, status, body }
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300

const isJson = (contentType: string): boolean =>
  /^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType)

async function readAnswer(
  got: Got,
  { method, address, body }: Outgoing,
  limits: ExchangeLimits,
): Promise<RawAnswer | DojoFailure> {
  if (limits.signal?.aborted) return new DojoFailure('cancelled', { delivered: false })
  if (limits.timeoutMs <= 0) return new DojoFailure('timeout', { delivered: false })

  let delivered = false
  let stopped: 'cancelled' | 'timeout' | undefined
  const stop = new AbortController()
  const end = (reason: 'cancelled' | 'timeout') => (): void => {
    stopped ??= reason
    stop.abort()
  }
  const cancel = end('cancelled')
  limits.signal?.addEventListener('abort', cancel, { once: true })
  const timer = setTimeout(end('timeout'), limits.timeoutMs)

  const options: OptionsInit & { isStream: true } = { method, signal: stop.signal, isStream: true }
  if (body !== undefined) options.body = body
  if (typeof body === 'string') options.headers = { 'content-type': 'application/json' }
  const stream = got.stream(address, options)
  // The reader below may have left when a late error comes; without a listener it would end the process.
  stream.on('error', () => {})
  stream.once('request', (request: ClientRequest) => {
    whenConnected(request, () => {
      // What was stopped while it waited for its connection must not use it after all.
      if (stopped !== undefined) {
        request.destroy()
        return
      }
      delivered = true
      limits.onSending?.()
    })
  })
  const { onSent } = limits
  if (onSent)
    stream.on('uploadProgress', ({ transferred, total = 0 }) => onSent(transferred, total))

  try {
    const answer = await readBody(stream, limits.maxResponseBytes)
    return answer
  } catch (error) {
    const status = stream.response?.statusCode
    if (stopped !== undefined) return new DojoFailure(stopped, { delivered })
    if (error instanceof DojoFailure) return error
    // A refusal counts even if its text did not come through.
    if (status !== undefined && !isSuccess(status)) {
      return { status, contentType: '', text: undefined, retryAfterSeconds: undefined }
    }
    return failureOfError(error, delivered, status)
  } finally {
    clearTimeout(timer)
    limits.signal?.removeEventListener('abort', cancel)
    stream.destroy()
  }
}

async function readBody(stream: ReturnType<Got['stream']>, maxBytes: number): Promise<RawAnswer> {
  const chunks: Uint8Array[] = []
  const withinJson = createJsonWatch()
  let size = 0
  let cut = false

  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    size += chunk.length
    const { status, contentType } = headOf(stream)
    if (isSuccess(status) && isJson(contentType)) {
      if (size > maxBytes || !withinJson(chunk)) throw new DojoFailure('too_large', { status })
    } else if (size > maxRefusalBytes) {
      cut = true
      break
    }
    chunks.push(chunk)
  }
  const head = headOf(stream)
  return { ...head, text: cut ? undefined : Buffer.concat(chunks).toString('utf8') }
}

function headOf(stream: ReturnType<Got['stream']>): Omit<RawAnswer, 'text'> {
  const { response } = stream
  if (!response) throw new TypeError('a body without a head')
  return {
    status: response.statusCode,
    contentType: response.headers['content-type'] ?? '',
    retryAfterSeconds: readRetryAfter(response.headers['retry-after'], Date.now()),
  }
}

/**
 * Calls back once the request's connection stands. Before that nothing of the request can have been sent, which is the
 * difference between "it failed" and "nobody knows".
 */
function whenConnected(request: ClientRequest, connected: () => void): void {
  request.once('socket', (socket: Socket & { secureConnecting?: boolean }) => {
    if (socket.connecting || socket.secureConnecting) {
      socket.once(
        'encrypted' in socket || socket.secureConnecting ? 'secureConnect' : 'connect',
        connected,
      )
    } else connected()
  })
}
