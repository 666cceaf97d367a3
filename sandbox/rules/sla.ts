import type { FindingRecord, SlaConfigurationRecord } from '../records.js'
import { addDays } from './times.js'

/** The day a finding has to be dealt with, counted from `sla_start_date` or `date`; null for Info and for severities not enforced. */
export function slaExpiration(
  finding: Pick<FindingRecord, 'severity' | 'date' | 'sla_start_date'>,
  sla: SlaConfigurationRecord | undefined,
): string | null {
  if (!sla || finding.severity === 'Info') return null
  const level = finding.severity.toLowerCase() as 'critical' | 'high' | 'medium' | 'low'
  if (!sla[`enforce_${level}`]) return null
  return addDays(finding.sla_start_date ?? finding.date, sla[level])
}
