import type { Level } from '../../audit/audit-log.js'
import type { AuditLine } from '../../audit/trail-sinks.js'
import { allTaken, type Delivery, DeliveryError } from '../destination.js'
import { answerObject, objectOrNull } from './answer-json.js'
import { authorization } from './authorization.js'
import type { HttpsAnswer, HttpsFormat } from './format.js'
import { recordId, recordMilliseconds } from './record-identity.js'
import { readStatus } from './statuses.js'

const severities: Readonly<Record<Level, number>> = {
  DEBUG: 5,
  INFO: 9,
  WARNING: 13,
  ERROR: 17,
  CRITICAL: 21,
}

/** OpenTelemetry logs over HTTP, as JSON, at `/v1/logs`. */
export const otlp: HttpsFormat = {
  name: 'otlp',
  gzip: true,
  contentType: 'application/json',
  maxRecords: 1_000,
  maxBytes: 4_000_000,
  maxRecordBytes: null,
  wrapping: { times: 2, plus: 600 },
  headers: (token) => authorization(token, 'Bearer'),
  body: (lines, { hostname }) =>
    JSON.stringify({
      resourceLogs: [
        {
          resource: {
            attributes: [text('service.name', 'mcp-defectdojo'), text('host.name', hostname)],
          },
          scopeLogs: [{ scope: { name: 'mcp-defectdojo.audit' }, logRecords: lines.map(record) }],
        },
      ],
    }),
  readsAnswer: (status) => status < 300,
  read,
}

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })

function record(line: AuditLine) {
  const milliseconds = recordMilliseconds(line)
  return {
    // Zero stands for a time that is not known; 64-bit numbers are written as text.
    timeUnixNano: milliseconds === null ? '0' : `${milliseconds}000000`,
    severityNumber: severities[line.level],
    severityText: line.level,
    body: { stringValue: line.line },
    attributes: [
      text('event.name', line.eventType),
      text('audit.chain_id', line.chainId),
      { key: 'audit.seq', value: { intValue: String(line.seq) } },
      text('log.record.uid', recordId(line)),
    ],
  }
}

function read(answer: HttpsAnswer, lines: readonly AuditLine[]): Delivery {
  const delivery = readStatus(answer)
  // A full success may have nothing to say.
  if (answer.text.trim() === '') return delivery
  const said = answerObject(answer.text)
  const rejected = Number(objectOrNull(said?.partialSuccess)?.rejectedLogRecords ?? 0)
  if (said === null || !Number.isSafeInteger(rejected) || rejected < 0) {
    throw new DeliveryError('bad_answer')
  }
  if (rejected === 0) return delivery
  // Nothing was taken, so it is no second attempt to find out why.
  if (rejected >= lines.length && lines.length > 1) {
    throw new DeliveryError('otlp_rejected', { remedy: 'isolate' })
  }
  // The protocol forbids a second attempt and does not say which: all are kept as what may be missing there.
  const reason = `otlp_rejected_${rejected}_of_${lines.length}`
  return { ...allTaken, refused: lines.map((_, at) => ({ at, reason })) }
}
