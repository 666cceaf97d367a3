import { createHash } from 'node:crypto'
import type { FindingRecord } from '../records.js'
import { dedupeSettings, type HashField } from './dedupe-settings.js'

type Hashed = Pick<
  FindingRecord,
  | 'title'
  | 'severity'
  | 'cwe'
  | 'line'
  | 'file_path'
  | 'description'
  | 'vuln_id_from_tool'
  | 'vulnerability_ids'
>

const legacyFields: readonly HashField[] = ['title', 'cwe', 'line', 'file_path', 'description']

/** The same digest as 3.2.0 for the same finding: values joined (`None` where there is none), in lower case, SHA-256. */
export function hashCode(finding: Hashed, scanType: string | null): string {
  const fields = dedupeSettings(scanType).hashFields ?? legacyFields
  const text = fields
    .map((field) => {
      if (field === 'vulnerability_ids') return [...finding.vulnerability_ids].sort().join('')
      return String(finding[field] ?? 'None')
    })
    .join('')
  return createHash('sha256').update(text.toLowerCase().trim()).digest('hex')
}
