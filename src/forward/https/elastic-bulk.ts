import type { AuditLine } from '../../audit/trail-sinks.js'
import { type Delivery, DeliveryError } from '../destination.js'
import { answerObject, objectOrNull } from './answer-json.js'
import { authorization } from './authorization.js'
import type { FormatContext, HttpsAnswer, HttpsFormat } from './format.js'
import { recordId } from './record-identity.js'
import { readStatus, retryAfterSeconds } from './statuses.js'

/** Where records go when the address names no index. */
const index = 'mcp-defectdojo-audit'

/** The `_bulk` interface of Elasticsearch and OpenSearch. */
export const elasticBulk: HttpsFormat = {
  name: 'elastic_bulk',
  gzip: true,
  contentType: 'application/x-ndjson',
  // Each may come back with a long error, and the answer is read up to a limit.
  maxRecords: 500,
  maxBytes: 5_000_000,
  maxRecordBytes: null,
  wrapping: { times: 3, plus: 400 },
  headers: (token) => authorization(token, 'ApiKey', ['Basic', 'Bearer', 'ApiKey']),
  body: (lines, context) => lines.map((line) => action(line, context) + document(line)).join(''),
  readsAnswer: (status) => status < 300,
  read,
}

/** With an identity of ours a record that is there already is refused with 409 instead of being there twice. */
const action = (line: AuditLine, { pathname }: FormatContext): string =>
  `${JSON.stringify({
    create: { ...(pathname === '/_bulk' && { _index: index }), _id: recordId(line) },
  })}\n`

/** The exact line, whose MAC can be checked, and its fields, which can be searched. */
const document = ({ line, timestamp }: AuditLine): string =>
  `{"@timestamp":${JSON.stringify(timestamp)},"event":{"original":${JSON.stringify(line)}},"audit":${line}}\n`

function read(answer: HttpsAnswer, lines: readonly AuditLine[]): Delivery {
  readStatus(answer)
  const items = answerObject(answer.text)?.items
  if (!Array.isArray(items) || items.length !== lines.length) throw new DeliveryError('bad_answer')

  const again: number[] = []
  const refused: { at: number; reason: string }[] = []
  const retryAfter = retryAfterSeconds(answer)
  let lastWanted = 0
  for (const [at, item] of items.entries()) {
    const { status, error } = outcome(item)
    const meaning = itemMeaning(status)
    if (meaning === 'refused') refused.push({ at, reason: `item_${status}_${errorType(error)}` })
    if (meaning === 'again') {
      again.push(at)
      lastWanted = status
    }
  }
  // An index that takes none of them is more likely wrong than they are: that shows when they come one by one.
  const [first] = refused
  if (first && refused.length === lines.length && lines.length > 1) {
    throw new DeliveryError(first.reason, { remedy: 'isolate' })
  }
  if (again.length === lines.length) {
    throw new DeliveryError(`item_${lastWanted}`, { retryAfterSeconds: retryAfter })
  }
  return { again, refused, retryAfterSeconds: again.length > 0 ? retryAfter : null }
}

/** An item is `{"create": {"status": …, "error": {"type": …}}}`. */
function outcome(item: unknown): { readonly status: number; readonly error: unknown } {
  const result = objectOrNull(objectOrNull(item)?.create)
  const status = result?.status
  if (!Number.isSafeInteger(status)) throw new DeliveryError('bad_answer')
  return { status: Number(status), error: result?.error }
}

function itemMeaning(status: number): 'taken' | 'again' | 'refused' {
  if ((status >= 200 && status < 300) || status === 409) return 'taken'
  // Of the rest only what speaks of the document is final: not rights, a missing index, or a busy node.
  const final = status >= 400 && status < 500 && ![401, 403, 404, 408, 429].includes(status)
  return final ? 'refused' : 'again'
}

/** One of the product's own words, never a text that somebody wrote. */
function errorType(error: unknown): string {
  const type = objectOrNull(error)?.type
  return typeof type === 'string' && /^[a-z_]{1,50}$/.test(type) ? type : 'unknown'
}
