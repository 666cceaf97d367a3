import { randomUUID } from 'node:crypto'
import type { AuditLine } from '../../audit/trail-sinks.js'
import { allTaken, type Delivery, DeliveryError } from '../destination.js'
import { answerObject, objectOrNull } from './answer-json.js'
import type { FollowUp, FormatContext, HttpsAnswer, HttpsFormat } from './format.js'
import { recordId, recordMilliseconds } from './record-identity.js'
import { readStatus } from './statuses.js'

/** Acknowledgements are counted per channel; any number that nobody else uses will do. */
const channel = randomUUID()

/** Codes that speak of one event: its text, that it is missing, that it is blank. */
const eventCodes: ReadonlySet<unknown> = new Set([6, 12, 13])
/** Codes that speak of the token, the index or the channel. */
const settingsCodes: ReadonlySet<unknown> = new Set([1, 2, 3, 4, 7, 10, 11, 14, 16])

/** The HTTP Event Collector of Splunk, at `/services/collector/event`. */
export const splunkHec: HttpsFormat = {
  name: 'splunk_hec',
  gzip: true,
  contentType: 'application/json',
  maxRecords: 1_000,
  maxBytes: 1_000_000,
  maxRecordBytes: null,
  wrapping: { times: 2, plus: 400 },
  headers: (token) => ({
    ...(token !== null && { authorization: `Splunk ${token}` }),
    'x-splunk-request-channel': channel,
  }),
  body: (lines, { hostname }) => lines.map((line) => event(line, hostname)).join(''),
  readsAnswer: (status) => status < 300 || status === 400,
  read,
  follow,
}

/** One after the other they make the body: no array, no commas. */
function event(line: AuditLine, hostname: string): string {
  const milliseconds = recordMilliseconds(line)
  return JSON.stringify({
    ...(milliseconds !== null && { time: milliseconds / 1_000 }),
    host: hostname,
    source: 'mcp-defectdojo',
    sourcetype: 'mcp_defectdojo:audit',
    event: line.line,
    fields: { audit_id: recordId(line) },
  })
}

function read(answer: HttpsAnswer, lines: readonly AuditLine[]): Delivery {
  const said = answerObject(answer.text)
  const code = said?.code
  const known = Number.isSafeInteger(code)
  if (answer.status === 400 && known) {
    const at = said?.['invalid-event-number']
    if (eventCodes.has(code) && isPlace(at, lines.length)) {
      // What stands before it is in already: sent again it would be there twice.
      const again = Array.from({ length: lines.length - at - 1 }, (_, after) => at + 1 + after)
      return { ...allTaken, again, refused: [{ at, reason: `hec_code_${code}` }] }
    }
    if (settingsCodes.has(code)) throw new DeliveryError(`hec_code_${code}`)
  }
  const delivery = readStatus(answer)
  // A proxy's friendly page is not the word of the collector.
  if (!known) throw new DeliveryError('bad_answer')
  if (code !== 0) throw new DeliveryError(`hec_code_${code}`)
  return delivery
}

const isPlace = (value: unknown, count: number): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < count

/** With indexer acknowledgement the first answer says `received` only; the second one says that it is on disk. */
function follow(answer: HttpsAnswer, { pathname }: FormatContext): FollowUp | null {
  const id = answerObject(answer.text)?.ackId
  if (!Number.isSafeInteger(id)) return null
  // A proxy may have put something before the path.
  const before = /^(.*)\/services\/collector(\/|$)/.exec(pathname)?.[1] ?? ''
  return {
    path: `${before}/services/collector/ack?channel=${channel}`,
    body: JSON.stringify({ acks: [id] }),
    confirms(told) {
      const { status, text } = told
      if (status >= 500 || status === 408 || status === 429) return false
      if (status >= 300) throw new DeliveryError(`ack_http_${status}`)
      return objectOrNull(answerObject(text)?.acks)?.[String(id)] === true
    },
  }
}
