import { authorization } from './authorization.js'
import type { HttpsFormat } from './format.js'
import { batchId } from './record-identity.js'
import { readStatus } from './statuses.js'

/** An array of records, for any webhook (behaviour spec §6.2). */
export const jsonArray: HttpsFormat = {
  name: 'json_array',
  gzip: false,
  contentType: 'application/json',
  maxRecords: 10_000,
  // Many servers in front of a webhook take 1 MiB unless they are told otherwise.
  maxBytes: 1_000_000,
  maxRecordBytes: null,
  wrapping: { times: 1, plus: 2 },
  headers: (token, lines) => ({
    ...authorization(token, 'Bearer', []),
    'idempotency-key': batchId(lines),
  }),
  // The lines as they are: taken apart and printed again they could lose their MAC.
  body: (lines) => `[${lines.map(({ line }) => line).join(',')}]`,
  readsAnswer: () => false,
  read: readStatus,
}
