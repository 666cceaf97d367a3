import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { gunzip } from 'node:zlib'
import type { HttpsFormatName } from '../src/forward/https/format.js'

export interface StrictReceiverOptions {
  /** What it lets in, without a scheme. */
  readonly token?: string
  /** Loki: the tenant it wants to be told. */
  readonly tenant?: string
  /** Lines it refuses, in its own way. */
  readonly poison?: (line: string) => boolean
  /** Splunk: acknowledgements are on, and told at this poll; without it they are off. */
  readonly ackAfterPolls?: number
  /** An outage, say: looks at each request first, and returns whether it has answered it. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => boolean
}

export interface StrictRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly status: number
  /** Of the body as it was sent. */
  readonly bytes: number
  /** Lines that it brought and that were not there before. */
  readonly taken: number
}

/** Takes exactly what the real product would take, as far as its documentation says. */
export interface StrictReceiver {
  handle(request: IncomingMessage, response: ServerResponse): void
  /** The lines that are in, in the order of their arrival. */
  readonly records: string[]
  readonly requests: StrictRequest[]
}

interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Verdict {
  readonly status: number
  readonly answer?: unknown
  readonly taken?: readonly string[]
}

interface Rules {
  readonly token: string
  readonly tenant: string | undefined
  readonly poison: (line: string) => boolean
  readonly ackAfterPolls: number | undefined
  /** What stays between requests: identities that are in, and how often an acknowledgement was asked for. */
  readonly seen: Set<string>
  readonly polls: Map<number, number>
}

type Judge = (received: Received, rules: Rules) => Verdict

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

type Members = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const list = (value: unknown): readonly unknown[] | null => (Array.isArray(value) ? value : null)
const mediaType = ({ headers }: Received): string =>
  headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? ''

/** The place after the object that begins at `start`, or -1. Brackets in strings do not count. */
function objectEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === 0x22) {
      for (at++; text.charCodeAt(at) !== 0x22; at++) {
        if (at >= text.length) return -1
        if (text.charCodeAt(at) === 0x5c) at++
      }
    } else if (unit === 0x7b) depth++
    else if (unit === 0x7d && --depth === 0) return at + 1
  }
  return -1
}

const bearer = ({ headers }: Received, { token }: Rules): boolean =>
  headers.authorization === `Bearer ${token}` || headers.authorization === token

/** The very texts of the objects in an array, or null. */
function arrayTexts(body: string): string[] | null {
  if (!list(parsed(body))?.every(isObject)) return null
  const texts: string[] = []
  for (let at = body.indexOf('{'); at >= 0; at = body.indexOf('{', at)) {
    const end = objectEnd(body, at)
    texts.push(body.slice(at, end))
    at = end
  }
  return texts
}

/** Any webhook: a batch is taken or not. */
const generic =
  (type: string, linesOf: (body: string) => string[] | null): Judge =>
  (received, rules) => {
    if (!bearer(received, rules)) return { status: 401 }
    if (mediaType(received) !== type) return { status: 415 }
    const lines = linesOf(received.body)
    if (lines === null || lines.length === 0 || lines.some(rules.poison)) return { status: 400 }
    return { status: 200, taken: lines }
  }

const jsonArray = generic('application/json', arrayTexts)

const ndjson = generic('application/x-ndjson', (body) => {
  if (!body.endsWith('\n')) return null
  const lines = body.slice(0, -1).split('\n')
  return lines.every((line) => isObject(parsed(line))) ? lines : null
})

const hec = (status: number, code: number, text: string, more: object = {}): Verdict => ({
  status,
  answer: { text, code, ...more },
})

const splunkHec: Judge = (received, rules) => {
  const { path, headers, body } = received
  const { pathname } = new URL(path, 'http://host')
  const { authorization } = headers
  if (authorization === undefined) return hec(401, 2, 'Token is required')
  if (!authorization.startsWith('Splunk ')) return hec(401, 3, 'Invalid authorization')
  if (authorization !== `Splunk ${rules.token}`) return hec(403, 4, 'Invalid token')
  const channel = headers['x-splunk-request-channel']
  if (pathname === '/services/collector/ack') return hecAcknowledgements(received, rules)
  if (!/^\/services\/collector(\/event(\/1\.0)?)?$/.test(pathname)) {
    return hec(404, 404, 'The requested URL was not found on this server.')
  }
  if (rules.ackAfterPolls !== undefined && channel === undefined) {
    return hec(400, 10, 'Data channel is missing')
  }
  if (body.trim() === '') return hec(400, 5, 'No data')

  const taken: string[] = []
  const wrong = (code: number, text: string): Verdict => ({
    ...hec(400, code, text, { 'invalid-event-number': taken.length }),
    taken,
  })
  for (let at = 0; at < body.length; ) {
    const end = body[at] === '{' ? objectEnd(body, at) : -1
    const event = end < 0 ? undefined : parsed(body.slice(at, end))
    if (!isObject(event)) return wrong(6, 'Invalid data format')
    if (event.event === undefined) return wrong(12, 'Event field is required')
    if (event.event === '') return wrong(13, 'Event field cannot be blank')
    if (typeof event.event !== 'string') return wrong(6, 'Invalid data format')
    if (event.time !== undefined && !Number.isFinite(Number(event.time))) {
      return wrong(6, 'Invalid data format')
    }
    if (event.fields !== undefined && !isObject(event.fields)) {
      return wrong(15, 'Error in handling indexed fields')
    }
    if (rules.poison(event.event)) return wrong(6, 'Invalid data format')
    taken.push(event.event)
    at = end
  }
  if (rules.ackAfterPolls === undefined) return { ...hec(200, 0, 'Success'), taken }
  const ackId = rules.polls.size
  rules.polls.set(ackId, 0)
  return { ...hec(200, 0, 'Success', { ackId }), taken }
}

function hecAcknowledgements({ path, body }: Received, rules: Rules): Verdict {
  const { ackAfterPolls, polls } = rules
  if (ackAfterPolls === undefined) return hec(400, 14, 'ACK is disabled')
  if (!new URL(path, 'http://host').searchParams.has('channel')) {
    return hec(400, 10, 'Data channel is missing')
  }
  const asked = parsed(body)
  const ids = isObject(asked) ? list(asked.acks) : null
  if (ids === null) return hec(400, 6, 'Invalid data format')
  const acks = ids.map((id) => {
    const count = (polls.get(Number(id)) ?? Number.NEGATIVE_INFINITY) + 1
    polls.set(Number(id), count)
    return [String(id), count === ackAfterPolls]
  })
  return { status: 200, answer: { acks: Object.fromEntries(acks) } }
}

const elastic = (status: number, type: string, reason: string): Verdict => ({
  status,
  answer: { error: { type, reason, root_cause: [{ type, reason }] }, status },
})

const elasticBulk: Judge = (received, rules) => {
  const { path, headers, body } = received
  const { authorization } = headers
  if (authorization !== `ApiKey ${rules.token}` && authorization !== rules.token) {
    return elastic(401, 'security_exception', 'missing authentication credentials')
  }
  const [, index] = /^(?:\/([^/_][^/]*))?\/_bulk$/.exec(path.split('?')[0] ?? '') ?? [null, null]
  if (index === null) return elastic(405, 'method_not_allowed', 'Incorrect HTTP method for uri')
  if (!['application/json', 'application/x-ndjson'].includes(mediaType(received))) {
    return { status: 406, answer: { error: 'Content-Type header is not supported', status: 406 } }
  }
  if (!body.endsWith('\n')) {
    return elastic(
      400,
      'illegal_argument_exception',
      'The bulk request must be terminated by a newline [\\n]',
    )
  }
  const texts = body.slice(0, -1).split('\n')
  const taken: string[] = []
  const items: { create: { status: number; [name: string]: unknown } }[] = []
  for (let at = 0; at < texts.length; at += 2) {
    const action = parsed(texts[at] ?? '')
    const create = isObject(action) && Object.keys(action).length === 1 ? action.create : undefined
    const source = texts[at + 1]
    if (!isObject(create) || source === undefined) {
      return elastic(
        400,
        'illegal_argument_exception',
        `Malformed action/metadata line [${at + 1}], expected START_OBJECT`,
      )
    }
    const { _id: id, _index: target = index } = create
    if (typeof target !== 'string') {
      return elastic(400, 'action_request_validation_exception', 'index is missing')
    }
    const key = `${target}/${id}`
    const document = parsed(source)
    const event = isObject(document) && isObject(document.event) ? document.event.original : null
    const failed = (status: number, type: string) =>
      items.push({ create: { _index: target, _id: id, status, error: { type, reason: '…' } } })
    if (typeof event !== 'string' || !isObject(document) || rules.poison(event)) {
      failed(400, 'document_parsing_exception')
    } else if (Number.isNaN(Date.parse(String(document['@timestamp'])))) {
      failed(400, 'document_parsing_exception')
    } else if (rules.seen.has(key)) {
      failed(409, 'version_conflict_engine_exception')
    } else {
      rules.seen.add(key)
      taken.push(event)
      items.push({ create: { _index: target, _id: id, result: 'created', status: 201 } })
    }
  }
  const errors = items.some(({ create }) => create.status >= 400)
  return { status: 200, answer: { took: 1, errors, items }, taken }
}

const datadog: Judge = (received, rules) => {
  const { path, headers, body } = received
  const key = headers['dd-api-key']
  if (key === undefined) return { status: 401, answer: { errors: [{ title: 'Unauthorized' }] } }
  if (key !== rules.token) return { status: 403, answer: { errors: [{ title: 'Forbidden' }] } }
  if (path.split('?')[0] !== '/api/v2/logs') return { status: 404 }
  if (mediaType(received) !== 'application/json') return { status: 415 }
  if (Buffer.byteLength(body) > 5_000_000) return { status: 413 }
  const entries = list(parsed(body))
  if (entries === null || entries.length === 0) return { status: 400 }
  if (entries.length > 1_000) return { status: 413 }
  const taken: string[] = []
  for (const entry of entries) {
    if (!isObject(entry) || typeof entry.message !== 'string') return { status: 400 }
    if (rules.poison(entry.message)) return { status: 400 }
    // Cut without a word, as there.
    taken.push(entry.message.slice(0, 1_000_000))
  }
  return { status: 202, answer: {}, taken }
}

const loki: Judge = (received, rules) => {
  const { path, headers, body } = received
  if (!bearer(received, rules)) return { status: 401 }
  if (rules.tenant !== undefined && headers['x-scope-orgid'] !== rules.tenant) {
    return { status: 401, answer: 'no org id' }
  }
  if (path.split('?')[0] !== '/loki/api/v1/push') return { status: 404 }
  // Anything else is read as compressed protobuf.
  if (mediaType(received) !== 'application/json') {
    return { status: 400, answer: 'snappy: corrupt input' }
  }
  const push = parsed(body)
  const streams = isObject(push) ? list(push.streams) : null
  if (streams === null || streams.length === 0) {
    return { status: 400, answer: 'error at least one valid stream is required for ingestion' }
  }
  const entries: [string, string][] = []
  for (const stream of streams) {
    const labels = isObject(stream) && isObject(stream.stream) ? Object.entries(stream.stream) : []
    const values = isObject(stream) ? list(stream.values) : null
    const strings = labels.every(([, value]) => typeof value === 'string')
    if (labels.length === 0 || labels.length > 15 || !strings || values === null) {
      return { status: 400, answer: 'error parsing labels' }
    }
    for (const value of values) {
      const [time, text] = list(value) ?? []
      if (typeof time !== 'string' || typeof text !== 'string' || !/^\d{1,19}$/.test(time)) {
        return { status: 400, answer: 'Value is string, but can not be parsed' }
      }
      entries.push([time, text])
    }
  }
  // What is good is taken, whatever is said about the rest; what is there already is dropped.
  const taken: string[] = []
  let refused = 0
  for (const [time, text] of entries) {
    if (rules.poison(text) || text.length > 262_144) refused++
    else if (!rules.seen.has(`${time} ${text}`)) {
      rules.seen.add(`${time} ${text}`)
      taken.push(text)
    }
  }
  return refused > 0
    ? { status: 400, answer: 'entry too far behind', taken }
    : { status: 204, taken }
}

const otlp: Judge = (received, rules) => {
  const { path, body } = received
  if (!bearer(received, rules)) return { status: 401 }
  if (path.split('?')[0] !== '/v1/logs') return { status: 404 }
  if (mediaType(received) !== 'application/json') return { status: 415 }
  const lines = otlpLines(parsed(body))
  if (lines === null) return { status: 400, answer: { code: 3, message: 'cannot unmarshal' } }
  const taken = lines.filter((line) => !rules.poison(line))
  const rejected = lines.length - taken.length
  const partialSuccess = { rejectedLogRecords: String(rejected), errorMessage: 'refused' }
  return { status: 200, answer: rejected > 0 ? { partialSuccess } : {}, taken }
}

/** The bodies of all log records, or null where the shape is not the protocol's. */
function otlpLines(message: unknown): string[] | null {
  const within = (value: unknown, name: string): readonly unknown[] | null =>
    isObject(value) ? list(value[name]) : null
  const resources = within(message, 'resourceLogs')
  if (resources === null) return null
  const lines: string[] = []
  for (const resource of resources) {
    for (const scope of within(resource, 'scopeLogs') ?? [null]) {
      for (const record of within(scope, 'logRecords') ?? [null]) {
        if (!isObject(record) || !isObject(record.body)) return null
        const { timeUnixNano: time, severityNumber: severity, attributes } = record
        const text = record.body.stringValue
        if (typeof text !== 'string' || typeof time !== 'string' || !/^\d{1,19}$/.test(time)) {
          return null
        }
        if (!Number.isInteger(severity) || Number(severity) < 0 || Number(severity) > 24)
          return null
        const named = list(attributes)?.every(
          (one) => isObject(one) && typeof one.key === 'string' && isObject(one.value),
        )
        if (!named) return null
        lines.push(text)
      }
    }
  }
  return lines
}

const judges: Readonly<Record<HttpsFormatName, Judge>> = {
  json_array: jsonArray,
  ndjson,
  splunk_hec: splunkHec,
  elastic_bulk: elasticBulk,
  datadog,
  loki,
  otlp,
}

/** Where each product listens. */
export const usualPath: Readonly<Record<HttpsFormatName, string>> = {
  json_array: '/in',
  ndjson: '/in',
  splunk_hec: '/services/collector/event',
  elastic_bulk: '/_bulk',
  datadog: '/api/v2/logs',
  loki: '/loki/api/v1/push',
  otlp: '/v1/logs',
}

/** What stands for the token of every receiver. */
export const usualToken = ['not', 'a', 'token'].join('-')

/** The receiver of a format, as strict as the product. */
export function strictReceiver(
  format: HttpsFormatName,
  options: StrictReceiverOptions = {},
): StrictReceiver {
  const { token = usualToken, tenant, poison = () => false, ackAfterPolls, intercept } = options
  const rules: Rules = { token, tenant, poison, ackAfterPolls, seen: new Set(), polls: new Map() }
  const records: string[] = []
  const requests: StrictRequest[] = []

  function answer(request: IncomingMessage, response: ServerResponse, sent: Buffer, body: string) {
    const { url: path = '/', headers, method } = request
    const verdict: Verdict =
      method === 'POST' ? judges[format]({ path, headers, body }, rules) : { status: 405 }
    const { status, answer = '', taken = [] } = verdict
    for (const line of taken) records.push(line)
    requests.push({ path, headers, status, bytes: sent.length, taken: taken.length })
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(status === 204 ? undefined : text)
  }

  return {
    records,
    requests,
    handle(request, response) {
      if (intercept?.(request, response)) return
      const chunks: Buffer[] = []
      request.on('error', () => {})
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const sent = Buffer.concat(chunks)
        if (request.headers['content-encoding'] !== 'gzip') {
          answer(request, response, sent, sent.toString('utf8'))
          return
        }
        gunzip(sent, (error, plain) => {
          if (error) response.writeHead(400).end('not gzip')
          else answer(request, response, sent, plain.toString('utf8'))
        })
      })
    },
  }
}
