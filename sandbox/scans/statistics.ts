import type { FindingRecord } from '../records.js'

const columns = [
  'active',
  'verified',
  'duplicate',
  'false_p',
  'out_of_scope',
  'is_mitigated',
  'risk_accepted',
] as const
const levels = ['info', 'low', 'medium', 'high', 'critical'] as const

type Counts = Record<(typeof columns)[number] | 'total', number>
/** Counts by severity and state, as the answer of an import shows them. */
export type Statistics = Record<(typeof levels)[number] | 'total', Counts>

const zero = (): Counts => ({
  active: 0,
  verified: 0,
  duplicate: 0,
  false_p: 0,
  out_of_scope: 0,
  is_mitigated: 0,
  risk_accepted: 0,
  total: 0,
})

/** Counts findings as they are now. */
export function statisticsOf(findings: readonly FindingRecord[]): Statistics {
  const table: Statistics = {
    info: zero(),
    low: zero(),
    medium: zero(),
    high: zero(),
    critical: zero(),
    total: zero(),
  }
  for (const finding of findings) {
    const row = table[finding.severity.toLowerCase() as (typeof levels)[number]]
    for (const counts of [row, table.total]) {
      counts.total += 1
      for (const column of columns) if (finding[column]) counts[column] += 1
    }
  }
  return table
}
