import { ToolError } from '../errors.js'
import { hintForBody, hintForCode, notAnApi } from './failure-hints.js'
import { parseJson } from './json-body.js'
import { unknownObject } from './known-refusals.js'

/** Why a request to DefectDojo failed, as one of a closed set. */
export type FailureReason =
  | 'refused' // 4xx
  | 'server_error' // 5xx
  | 'not_an_api' // 3xx, or a 2xx that is not JSON
  | 'unreadable' // a 2xx that claims to be JSON and is not
  | 'too_large'
  | 'unreachable' // nothing was sent
  | 'lost' // something may have been sent, and no whole answer came
  | 'timeout'
  | 'cancelled'

interface FailureFacts {
  /** HTTP status, or null when no whole answer came. */
  readonly status?: number
  /** Node's name of a connection error, such as `ECONNREFUSED`. */
  readonly code?: string | undefined
  /** Whether DefectDojo may have received the request; true unless it is known not to have. */
  readonly delivered?: boolean
  readonly retryAfterSeconds?: number | undefined
  /** What we know more, in sentences of ours. */
  readonly hints?: readonly string[]
}

/** A failed request in our own words: no key, no address, no header and no text of DefectDojo's. The log may have it whole. */
export class DojoFailure extends Error {
  override readonly name = 'DojoFailure'
  readonly status: number | null
  readonly code: string | undefined
  readonly delivered: boolean
  readonly retryAfterSeconds: number | undefined
  readonly hints: readonly string[]

  constructor(
    readonly reason: FailureReason,
    facts: FailureFacts = {},
  ) {
    super([reason, facts.status && `HTTP ${facts.status}`, facts.code].filter(Boolean).join(', '))
    this.status = facts.status ?? null
    this.code = facts.code
    this.delivered = facts.delivered ?? true
    this.retryAfterSeconds = facts.retryAfterSeconds
    this.hints = facts.hints ?? []
  }
}

/** True when what was asked for is not there, or not to be seen; of a list, when that is so of what it was to belong to. */
export const isMissing = ({ status, hints }: DojoFailure): boolean =>
  status === 404 || hints.some((hint) => hint.endsWith(unknownObject))

/** An answer as it came over the wire; `text` is absent when its body could not be read in full. */
export interface RawAnswer {
  readonly status: number
  readonly contentType: string
  readonly text: string | undefined
  readonly retryAfterSeconds: number | undefined
}

/** What is wrong with an answer outside 2xx. */
export function failureOfStatus(answer: RawAnswer, resource: string): DojoFailure {
  const { status, retryAfterSeconds } = answer
  if (status < 400) return failureOfPage(status)
  const hints = hintForBody(status, answer.contentType, parseJson(answer.text ?? ''), resource)
  return new DojoFailure(status >= 500 ? 'server_error' : 'refused', {
    status,
    retryAfterSeconds,
    hints,
  })
}

/** A redirect, or a page where an answer should be. */
export const failureOfPage = (status: number): DojoFailure =>
  new DojoFailure('not_an_api', { status, hints: [notAnApi] })

/**
 * What a thrown error of the HTTP library means. Such errors carry the request's headers, and with them the key, so nothing of
 * them is kept but a short code.
 * @param delivered whether the connection stood, so that DefectDojo may have received the request
 * @param status of the answer that had begun, if any
 */
export function failureOfError(error: unknown, delivered: boolean, status?: number): DojoFailure {
  const code = codeOf(error)
  if (status !== undefined && code !== undefined && /^Z_|^ERR__ERROR|^ERR_PADDING/.test(code)) {
    return new DojoFailure('unreadable', { status, code })
  }
  return new DojoFailure(delivered ? 'lost' : 'unreachable', {
    code,
    delivered,
    hints: hintForCode(code, delivered),
  })
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : undefined
}

/** What the wording of an error depends on besides the failure. */
export interface FailedRequest {
  readonly requestId: string
  readonly write: boolean
  /** The variable that holds the key it was sent under. */
  readonly keyVariable: string
  /** The variable that holds the time limit it ran under. */
  readonly timeVariable: string
}

const notSent = 'The change was not sent.'
const unknownOutcome =
  'The outcome is unknown: DefectDojo may or may not have made the change. Check before repeating the call.'

/**
 * The error a caller sees: the sentence of behaviour spec §7.9 byte for byte, then ours where we know more. A write that may
 * have been carried out although no good answer came is `unknown_outcome`.
 */
export function toToolError(failure: DojoFailure, request: FailedRequest): ToolError {
  const { requestId, write } = request
  const { retryAfterSeconds, reason } = failure
  const error = (code: ConstructorParameters<typeof ToolError>[0], ...sentences: string[]) =>
    new ToolError(code, sentences.join(' '), {
      cause: failure,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    })

  if (reason === 'cancelled' && !(write && failure.delivered)) {
    const sentence = `The call was cancelled (request_id=${requestId})`
    return write ? error('cancelled', `${sentence}.`, notSent) : error('cancelled', sentence)
  }
  const unknown = write && outcomeIsUnknown(failure)
  const knownStatus = unknown && (failure.status ?? 0) < 300 ? null : failure.status
  const sentence = sentenceFor(knownStatus, requestId)
  if (unknown) return error('unknown_outcome', `${sentence}.`, unknownOutcome)

  const more = explanation(failure, request)
  const code = failure.status === null ? 'upstream_unreachable' : 'upstream'
  return more.length === 0 ? error(code, sentence) : error(code, `${sentence}.`, ...more)
}

/** Gateways give these when they stop waiting for an answer; what they passed on may still be carried out. */
const gaveUpWaiting = (status: number): boolean =>
  status === 502 || status === 504 || (status >= 520 && status <= 530)

function outcomeIsUnknown({ reason, status, delivered }: DojoFailure): boolean {
  if (status === null) return delivered
  if (status < 300) return reason !== 'not_an_api'
  return gaveUpWaiting(status)
}

const sentences = new Map([
  [400, 'Invalid request parameters'],
  [401, 'Authentication failed'],
  [403, 'Insufficient permissions'],
  [404, 'Resource not found'],
  [405, 'Method not allowed'],
  [409, 'Conflict with current state'],
  [429, 'Rate limit exceeded'],
])

function sentenceFor(status: number | null, requestId: string): string {
  if (status === null) return `DefectDojo request failed (request_id=${requestId})`
  const words = sentences.get(status) ?? (status >= 500 ? 'DefectDojo server error' : undefined)
  return `${words ?? 'Request failed'} (HTTP ${status}, request_id=${requestId})`
}

function explanation(failure: DojoFailure, request: FailedRequest): readonly string[] {
  const { reason, status, retryAfterSeconds } = failure
  const more = failure.hints.map((hint) => hint.replace('{key}', request.keyVariable))
  if (reason === 'timeout') {
    more.push(`DefectDojo did not answer within the time limit (${request.timeVariable}).`)
  }
  if (reason === 'unreadable') more.push('The answer was not valid JSON.')
  if (reason === 'too_large') {
    more.push('The answer is larger than accepted (DEFECTDOJO_MAX_RESPONSE_BYTES).')
  }
  if (retryAfterSeconds !== undefined && (status === 429 || status === 503)) {
    more.push(`Try again in ${retryAfterSeconds} seconds.`)
  }
  if (request.write && status === 500) {
    more.push('Part of the change may have been made. Check before repeating the call.')
  }
  if (request.write && !failure.delivered) more.push(notSent)
  return more
}
