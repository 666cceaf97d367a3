import type { AuditValue } from './audit-log.js'
import { bounded } from './record-bounds.js'
import type { AuditRecord } from './records.js'
import type { Redactor } from './redaction.js'

/** What redaction looks at of one field; far more than is kept, so that no cut runs through a secret that is kept. */
const beforeRedaction = { field: 200_000, string: 100_000 }

/** Makes records fit to be chained: redacted and bounded first, so that the MAC covers what is written. */
export function createRecordCleaner(redactor: Redactor): (record: AuditRecord) => AuditRecord {
  const clean = (value: AuditValue): AuditValue =>
    bounded(redactor.redactValue(bounded(value, beforeRedaction)))

  return (record) => {
    const fields = Object.entries(record).map(([name, value]) => [
      name,
      value === undefined ? undefined : clean(value),
    ])
    const { timestamp, level, logger, event_type } = record
    return Object.assign(Object.fromEntries(fields), { timestamp, level, logger, event_type })
  }
}
