import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { allTaken, type Remedy } from '../src/forward/destination.js'
import type { HttpsFormatName } from '../src/forward/https/format.js'
import type { HttpsDestinationOptions } from '../src/forward/https/https-destination.js'

interface Reply {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

/** What a receiver answers to a batch of three lines, and what that means. */
export interface AnswerCase {
  readonly answers: Reply | RequestListener
  /** What becomes of the batch. */
  readonly means: Outcome
  readonly options?: Partial<HttpsDestinationOptions>
}

/** A delivery, or the failure of the batch as a whole. */
export type Outcome =
  | {
      readonly again: readonly number[]
      readonly refused: readonly { at: number; reason: string }[]
      readonly retryAfterSeconds: number | null
    }
  | {
      readonly reason: string
      readonly remedy: Remedy
      readonly retryAfterSeconds: number | null
    }

const taken: Outcome = allTaken
const fails =
  (remedy: Remedy) =>
  (reason: string, retryAfterSeconds: number | null = null): Outcome => ({
    reason,
    remedy,
    retryAfterSeconds,
  })
const retry = fails('retry')
const isolate = fails('isolate')
const smaller = fails('smaller')
const partly = (
  again: readonly number[],
  refused: Readonly<Record<number, string>>,
  retryAfterSeconds: number | null = null,
): Outcome => ({
  again,
  refused: Object.entries(refused).map(([at, reason]) => ({ at: Number(at), reason })),
  retryAfterSeconds,
})

/** Answers when the request has come in whole. */
export const afterBody =
  (answer: (response: ServerResponse, request: IncomingMessage) => void): RequestListener =>
  (request, response) => {
    request.on('end', () => answer(response, request)).resume()
  }

export const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const reset = afterBody((response) => response.socket?.resetAndDestroy())
const silence = afterBody(() => {})
const silent = { timeoutMilliseconds: 100 }
/** An answer that begins, and then neither goes on nor ends. */
const halfAnswer = (status: number): RequestListener =>
  afterBody((response) => {
    response.writeHead(status, { 'content-length': '100' })
    response.write('{"code":')
  })
/** An answer whose connection breaks within it. */
const brokenAnswer = (status: number): RequestListener =>
  afterBody((response) => {
    response.writeHead(status, { 'content-length': '100' })
    response.write('{"code":', () => response.socket?.destroy())
  })
const longAnswer = (status: number): RequestListener =>
  afterBody((response) => {
    response.on('error', () => {})
    response.writeHead(status).end('x'.repeat(2_000_000))
  })

const hec = (status: number, code: number, more: object = {}): Reply => ({
  status,
  body: { text: 'said', code, ...more },
})
const at = (place: unknown) => ({ 'invalid-event-number': place })

/** Takes everything and promises an acknowledgement; what it says when it is asked for that is the argument. */
function acknowledging(answer: (response: ServerResponse, poll: number) => void): RequestListener {
  let polls = 0
  return afterBody((response, { url }) => {
    if (url?.startsWith('/services/collector/ack?channel=')) answer(response, ++polls)
    else json(response, 200, { text: 'Success', code: 0, ackId: 0 })
  })
}
export const quick = { ack: { pollMilliseconds: 1, timeoutMilliseconds: 60_000 } }
const impatient = { ack: { pollMilliseconds: 1, timeoutMilliseconds: 50 } }

const created = { create: { status: 201 } }
const item = (status: number, type: unknown = 'some_type') => ({
  create: { status, error: { type, reason: 'said' } },
})
const bulk = (items: unknown, headers: Record<string, string> = {}): Reply => ({
  status: 200,
  headers,
  body: { took: 1, errors: true, items },
})

/** What all formats read alike. */
const common: Readonly<Record<string, AnswerCase>> = {
  '400': { answers: { status: 400 }, means: isolate('http_400') },
  '401': { answers: { status: 401 }, means: retry('http_401') },
  '403': { answers: { status: 403 }, means: retry('http_403') },
  '404': { answers: { status: 404 }, means: retry('http_404') },
  '405': { answers: { status: 405 }, means: retry('http_405') },
  '407': { answers: { status: 407 }, means: retry('http_407') },
  '408': { answers: { status: 408 }, means: retry('http_408') },
  '413': { answers: { status: 413 }, means: smaller('http_413') },
  '415': { answers: { status: 415 }, means: retry('http_415') },
  '422': { answers: { status: 422 }, means: isolate('http_422') },
  '425': { answers: { status: 425 }, means: retry('http_425') },
  '429 with a number of seconds': {
    answers: { status: 429, headers: { 'retry-after': '7' } },
    means: retry('http_429', 7),
  },
  '500': { answers: { status: 500 }, means: retry('http_500') },
  '503 for longer than an hour': {
    answers: { status: 503, headers: { 'retry-after': '86400' } },
    means: retry('http_503', 3_600),
  },
  '503 until a date': {
    answers: { status: 503, headers: { 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' } },
    means: retry('http_503', 3_600),
  },
  '503 with a wish that nobody can read': {
    answers: { status: 503, headers: { 'retry-after': 'soon' } },
    means: retry('http_503'),
  },
  'a redirect': {
    answers: { status: 307, headers: { location: '/elsewhere' } },
    means: retry('redirect_refused'),
  },
  'a reset after the body': { answers: reset, means: retry('ECONNRESET') },
  silence: { answers: silence, means: retry('timeout'), options: silent },
  'an error whose text breaks off': { answers: brokenAnswer(503), means: retry('http_503') },
}

/** What only one format knows. */
const own: Readonly<Record<HttpsFormatName, Readonly<Record<string, AnswerCase>>>> = {
  json_array: {
    '204': { answers: { status: 204 }, means: taken },
    '200 with any text': { answers: { status: 200, body: 'thanks' }, means: taken },
    '200 whose text breaks off': { answers: brokenAnswer(200), means: taken },
    '200 whose text never ends': {
      answers: halfAnswer(200),
      means: taken,
      // The status must have come by then, also on a busy machine.
      options: { timeoutMilliseconds: 2_000 },
    },
    '200 with more text than is read': { answers: longAnswer(200), means: taken },
    '406, of settings too': { answers: { status: 406 }, means: retry('http_406') },
    '410, of settings too': { answers: { status: 410 }, means: retry('http_410') },
  },
  ndjson: {
    '202': { answers: { status: 202 }, means: taken },
    '409': { answers: { status: 409 }, means: isolate('http_409') },
  },
  splunk_hec: {
    'code 0': { answers: hec(200, 0), means: taken },
    'another code with 200': { answers: hec(200, 9), means: retry('hec_code_9') },
    'a page of a proxy': { answers: { status: 200, body: 'Welcome' }, means: retry('bad_answer') },
    'no text at all': { answers: { status: 200 }, means: retry('bad_answer') },
    'an array': { answers: { status: 200, body: [{ code: 0 }] }, means: retry('bad_answer') },
    'text that breaks off': { answers: brokenAnswer(200), means: retry('ECONNRESET') },
    'text that never ends': {
      answers: halfAnswer(200),
      means: retry('timeout'),
      options: silent,
    },
    'more text than is read': { answers: longAnswer(200), means: retry('answer_too_long') },
    'code 12 in the middle': {
      answers: hec(400, 12, at(1)),
      means: partly([2], { 1: 'hec_code_12' }),
    },
    'code 6 at the beginning': {
      answers: hec(400, 6, at(0)),
      means: partly([1, 2], { 0: 'hec_code_6' }),
    },
    'code 13 at the end': { answers: hec(400, 13, at(2)), means: partly([], { 2: 'hec_code_13' }) },
    'code 6 beyond the end': { answers: hec(400, 6, at(3)), means: isolate('http_400') },
    'code 6 at no number': { answers: hec(400, 6, at('1')), means: isolate('http_400') },
    'code 6 without a number': { answers: hec(400, 6), means: isolate('http_400') },
    'code 5': { answers: hec(400, 5), means: isolate('http_400') },
    'code 7, a wrong index': { answers: hec(400, 7, at(0)), means: retry('hec_code_7') },
    'code 10, no channel': { answers: hec(400, 10), means: retry('hec_code_10') },
    'code 11, a bad channel': { answers: hec(400, 11), means: retry('hec_code_11') },
    'code 14, no acknowledgements': { answers: hec(400, 14), means: retry('hec_code_14') },
    'code 3 with 401': { answers: hec(401, 3), means: retry('http_401') },
    'code 4 with 403': { answers: hec(403, 4), means: retry('http_403') },
    'code 9 with 503': { answers: hec(503, 9), means: retry('http_503') },
    'a 400 whose text breaks off': { answers: brokenAnswer(400), means: retry('ECONNRESET') },
    'an acknowledgement at the third time': {
      answers: acknowledging((response, poll) => json(response, 200, { acks: { 0: poll === 3 } })),
      means: taken,
      options: quick,
    },
    'an acknowledgement that never comes': {
      answers: acknowledging((response) => json(response, 200, { acks: { 0: false } })),
      means: retry('not_indexed'),
      options: impatient,
    },
    'an acknowledgement of something else': {
      answers: acknowledging((response) => json(response, 200, { acks: { 1: true } })),
      means: retry('not_indexed'),
      options: impatient,
    },
    'an acknowledgement after failures': {
      answers: acknowledging((response, poll) => {
        if (poll === 1) response.socket?.resetAndDestroy()
        else if (poll === 2) json(response, 503, { code: 9 })
        else if (poll === 3) response.end('Welcome')
        else json(response, 200, { acks: { 0: true } })
      }),
      means: taken,
      options: quick,
    },
    'acknowledgements that are off': {
      answers: acknowledging((response) => json(response, 400, { code: 14 })),
      means: retry('ack_http_400'),
      options: quick,
    },
    'silence when asked for an acknowledgement': {
      answers: acknowledging(() => {}),
      means: retry('not_indexed'),
      options: impatient,
    },
  },
  elastic_bulk: {
    'all created': { answers: bulk([created, created, created]), means: taken },
    'one is there already': { answers: bulk([created, item(409), created]), means: taken },
    'one is too much now': {
      answers: bulk([created, item(429), created]),
      means: partly([1], {}),
    },
    'one is too much, with a wish': {
      answers: bulk([item(429), created, created], { 'retry-after': '3' }),
      means: partly([0], {}, 3),
    },
    'one has no shard': { answers: bulk([created, created, item(503)]), means: partly([2], {}) },
    'one has no index': { answers: bulk([item(404), created, created]), means: partly([0], {}) },
    'one may not be written': {
      answers: bulk([item(403), created, created]),
      means: partly([0], {}),
    },
    'one does not fit the mapping': {
      answers: bulk([created, item(400, 'mapper_parsing_exception'), created]),
      means: partly([], { 1: 'item_400_mapper_parsing_exception' }),
    },
    'a bit of everything': {
      answers: bulk([item(400, 'mapper_parsing_exception'), item(429), created]),
      means: partly([1], { 0: 'item_400_mapper_parsing_exception' }),
    },
    'a type that is a text from outside': {
      answers: bulk([item(400, 'Ignore all instructions'), item(422, 7), created]),
      means: partly([], { 0: 'item_400_unknown', 1: 'item_422_unknown' }),
    },
    'nothing may be written': {
      answers: bulk([item(403), item(403), item(403)]),
      means: retry('item_403'),
    },
    'everything is too much now': {
      answers: bulk([item(429), item(429), item(429)], { 'retry-after': '9' }),
      means: retry('item_429', 9),
    },
    'too few items': { answers: bulk([created, created]), means: retry('bad_answer') },
    'items that are none': { answers: bulk([null, created, created]), means: retry('bad_answer') },
    'no items': { answers: { status: 200, body: { errors: false } }, means: retry('bad_answer') },
    'no JSON': { answers: { status: 200, body: '{"items":[' }, means: retry('bad_answer') },
    'text that breaks off': { answers: brokenAnswer(200), means: retry('ECONNRESET') },
    'more text than is read': { answers: longAnswer(200), means: retry('answer_too_long') },
  },
  datadog: {
    '202': { answers: { status: 202, body: {} }, means: taken },
    '200': { answers: { status: 200 }, means: taken },
  },
  loki: {
    '204': { answers: { status: 204 }, means: taken },
    '200': { answers: { status: 200 }, means: taken },
    'a line too old': {
      answers: { status: 400, body: 'entry too far behind' },
      means: isolate('http_400'),
    },
  },
  otlp: {
    'nothing to say': { answers: { status: 200 }, means: taken },
    'a full success': { answers: { status: 200, body: {} }, means: taken },
    'a warning only': {
      answers: { status: 200, body: { partialSuccess: { errorMessage: 'slow down' } } },
      means: taken,
    },
    'none rejected': {
      answers: { status: 200, body: { partialSuccess: { rejectedLogRecords: '0' } } },
      means: taken,
    },
    'two rejected': {
      answers: { status: 200, body: { partialSuccess: { rejectedLogRecords: '2' } } },
      means: partly([], {
        0: 'otlp_rejected_2_of_3',
        1: 'otlp_rejected_2_of_3',
        2: 'otlp_rejected_2_of_3',
      }),
    },
    'rejected by a number': {
      answers: { status: 200, body: { partialSuccess: { rejectedLogRecords: 1 } } },
      means: partly([], {
        0: 'otlp_rejected_1_of_3',
        1: 'otlp_rejected_1_of_3',
        2: 'otlp_rejected_1_of_3',
      }),
    },
    'rejected by no number': {
      answers: { status: 200, body: { partialSuccess: { rejectedLogRecords: 'many' } } },
      means: retry('bad_answer'),
    },
    'a page of a proxy': { answers: { status: 200, body: 'Welcome' }, means: retry('bad_answer') },
    'text that breaks off': { answers: brokenAnswer(200), means: retry('ECONNRESET') },
  },
}

/** A server that gives this answer. */
const replying = ({ status, headers = {}, body = '' }: Reply): RequestListener =>
  afterBody((response) => {
    response.writeHead(status, headers)
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })

/** Every case of a format, with its title: what all formats read alike, and what only this one knows. */
export const answerCases = (
  format: HttpsFormatName,
): readonly (AnswerCase & { readonly title: string; readonly handle: RequestListener })[] =>
  [...Object.entries(common), ...Object.entries(own[format])].map(([title, each]) => ({
    ...each,
    title,
    handle: typeof each.answers === 'function' ? each.answers : replying(each.answers),
  }))
