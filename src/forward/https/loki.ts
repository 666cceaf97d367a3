import type { AuditLine } from '../../audit/trail-sinks.js'
import { authorization } from './authorization.js'
import type { HttpsFormat } from './format.js'
import { recordMilliseconds } from './record-identity.js'
import { readStatus } from './statuses.js'

/** Few and fixed: each new set of labels is a new stream for Loki to keep. */
const labels = { service_name: 'mcp-defectdojo', log: 'audit' }

/** The push interface of Grafana Loki, at `/loki/api/v1/push`. */
export const loki: HttpsFormat = {
  name: 'loki',
  gzip: true,
  contentType: 'application/json',
  maxRecords: 1_000,
  maxBytes: 1_000_000,
  maxRecordBytes: null,
  wrapping: { times: 2, plus: 40 },
  headers: (token, _lines, { tenant }) => ({
    ...authorization(token, 'Bearer'),
    ...(tenant !== null && { 'x-scope-orgid': tenant }),
  }),
  body: (lines) =>
    JSON.stringify({
      streams: [{ stream: labels, values: lines.map((line) => [nanoseconds(line), line.line]) }],
    }),
  readsAnswer: () => false,
  read: readStatus,
}

/**
 * The time of a record with its number in place of the nanoseconds: apart from its neighbours of the same millisecond,
 * and the same whenever it is sent, so that Loki drops a repetition.
 */
function nanoseconds(line: AuditLine): string {
  const milliseconds = recordMilliseconds(line)
  return milliseconds === null
    ? '0'
    : `${milliseconds}${String(line.seq % 1_000_000).padStart(6, '0')}`
}
