import type { HttpsFormat } from './format.js'
import { readStatus } from './statuses.js'

/** The log intake of Datadog, at `/api/v2/logs`. */
export const datadog: HttpsFormat = {
  name: 'datadog',
  gzip: true,
  contentType: 'application/json',
  maxRecords: 1_000,
  maxBytes: 5_000_000,
  // An entry of more than 1 MB is cut and still answered with 202.
  maxRecordBytes: 990_000,
  wrapping: { times: 2, plus: 400 },
  headers: (token): Record<string, string> => (token === null ? {} : { 'dd-api-key': token }),
  body: (lines, { hostname }) =>
    JSON.stringify(
      lines.map(({ line }) => ({
        ddsource: 'mcp-defectdojo',
        service: 'mcp-defectdojo',
        hostname,
        message: line,
      })),
    ),
  readsAnswer: () => false,
  read: readStatus,
}
