import { authorization } from './authorization.js'
import type { HttpsFormat } from './format.js'
import { batchId } from './record-identity.js'
import { readStatus } from './statuses.js'

/** One record per line. */
export const ndjson: HttpsFormat = {
  name: 'ndjson',
  gzip: false,
  contentType: 'application/x-ndjson',
  maxRecords: 10_000,
  maxBytes: 1_000_000,
  maxRecordBytes: null,
  wrapping: { times: 1, plus: 1 },
  headers: (token, lines) => ({
    ...authorization(token, 'Bearer', []),
    'idempotency-key': batchId(lines),
  }),
  body: (lines) => lines.map(({ line }) => `${line}\n`).join(''),
  readsAnswer: () => false,
  read: readStatus,
}
