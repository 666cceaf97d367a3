import { type Answer, json } from '../dojo/upstream.js'

/** What DefectDojo says, and what nobody else may ever read. */
export const said = 'upstream <canary> & "Zürich" 100%/7'
/** Characters that look different in an address and in JSON. */
export const apiKey = ['canary', 'key/with+more', 'than~letters=='].join('-')
const bodyBytes = 200 * 1024 * 1024

const text = (status: number, type: string, headers: Record<string, string> = {}): Answer => {
  const body = `<html>${said} ${apiKey} ${Buffer.from(said).toString('base64')}</html>`
  return (_, response) =>
    response.writeHead(status, { 'content-type': type, 'x-said': 'canary', ...headers }).end(body)
}
const detail = (status: number, words: string, headers: Record<string, string> = {}): Answer =>
  json(status, { detail: words, more: [said, apiKey] }, headers)

const endless: Answer = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const chunk = Buffer.from(JSON.stringify(said).padEnd(65_536))
  let left = bodyBytes
  const more = (): void => {
    while (left > 0) {
      left -= chunk.length
      if (!response.write(left > 0 ? chunk : ']')) {
        response.once('drain', more)
        return
      }
    }
    response.end()
  }
  response.write('[')
  more()
}

/** One way in which DefectDojo, or something in its place, can fail, and what a caller reads then. */
export interface Fault {
  readonly name: string
  /** Undefined: nothing listens. */
  readonly answer: Answer | undefined
  /** The first sentence, up to its bracket; `write` where a change reads otherwise. */
  readonly says: string
  readonly writeSays?: string
  /** How a change ends; a read always ends in `upstream_error`. */
  readonly writeEnds?: 'unknown_outcome' | 'upstream_error'
  /** Part of our second sentence. */
  readonly hint?: RegExp
  readonly retryAfter?: number
}

const noAnswer = 'DefectDojo request failed'
const notAnApi = /That address is not a DefectDojo API/
export const faults: readonly Fault[] = [
  { name: 'down', answer: undefined, says: noAnswer, hint: /No connection/ },
  {
    name: 'silent',
    answer: () => {},
    says: noAnswer,
    writeEnds: 'unknown_outcome',
  },
  {
    name: 'slow in the middle of an answer',
    answer: (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write(`{"detail":"${apiKey}`)
    },
    says: noAnswer,
    writeEnds: 'unknown_outcome',
  },
  {
    name: 'gone without an answer',
    answer: (_, response) => response.socket?.destroy(),
    says: noAnswer,
    writeEnds: 'unknown_outcome',
  },
  {
    name: 'truncated JSON',
    answer: (_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"detail":"${said}`),
    says: 'Request failed (HTTP 200',
    writeSays: noAnswer,
    writeEnds: 'unknown_outcome',
  },
  {
    name: 'an answer shorter than announced',
    answer: (_, response) => {
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': '9999' })
        .write(`{"detail":"${said}`)
      setImmediate(() => response.socket?.destroy())
    },
    says: noAnswer,
    writeEnds: 'unknown_outcome',
  },
  {
    name: 'a body of 200 MB',
    answer: endless,
    says: 'Request failed (HTTP 200',
    writeSays: noAnswer,
    writeEnds: 'unknown_outcome',
  },
  {
    name: 'a page',
    answer: text(200, 'text/html'),
    says: 'Request failed (HTTP 200',
    hint: notAnApi,
  },
  {
    name: 'a redirect',
    answer: text(302, 'text/html', { location: 'https://sso.canary.test/login' }),
    says: 'Request failed (HTTP 302',
    hint: notAnApi,
  },
  {
    name: 'a wrong key',
    answer: detail(403, 'Invalid token.'),
    says: 'Insufficient permissions (HTTP 403',
    hint: /DEFECTDOJO_API_KEY is wrong/,
  },
  {
    name: 'a key without permission',
    answer: detail(403, `You do not have permission, ${said}`),
    says: 'Insufficient permissions (HTTP 403',
    hint: /lacks the permission/,
  },
  {
    name: 'not found',
    answer: detail(404, `No Finding matches ${said}`),
    says: 'Resource not found (HTTP 404',
  },
  {
    name: 'a conflict',
    answer: detail(409, said),
    says: 'Conflict with current state (HTTP 409',
  },
  {
    name: 'too many requests',
    answer: detail(429, said, { 'retry-after': '17' }),
    says: 'Rate limit exceeded (HTTP 429',
    retryAfter: 17,
  },
  {
    name: 'a server error',
    answer: text(500, 'text/html'),
    says: 'DefectDojo server error (HTTP 500',
  },
  {
    name: 'a gateway error',
    answer: text(502, 'text/html'),
    says: 'DefectDojo server error (HTTP 502',
    writeEnds: 'unknown_outcome',
  },
  {
    name: 'another shape',
    answer: json(200, { [said]: apiKey, id: said, results: [{ id: apiKey, title: said }] }),
    says: 'Invalid API response data: ',
  },
]
