import type { EngagementRecord, TestRecord } from '../records.js'
import { dedupeSettings } from '../rules/dedupe-settings.js'
import type { Store } from '../store.js'
import { notesOf } from './notes.js'

/** An engagement as reading shows it. */
export function engagementView(store: Store, engagement: EngagementRecord): object {
  const tests = new Set(
    store.tests.all().flatMap((test) => (test.engagement === engagement.id ? [test.id] : [])),
  )
  const acceptances = store.riskAcceptances
    .all()
    .filter((row) =>
      row.accepted_findings.some((id) => tests.has(store.findings.get(id)?.test ?? 0)),
    )
  return {
    ...engagement,
    notes: notesOf(store, engagement),
    files: [],
    risk_acceptance: acceptances.map((row) => row.id),
  }
}

/** A test as reading shows it. */
export function testView(store: Store, test: TestRecord): object {
  const settings = dedupeSettings(test.scan_type)
  return {
    ...test,
    test_type_name: store.testTypes.get(test.test_type)?.name ?? '',
    deduplication_algorithm: settings.algorithm,
    hash_code_fields: settings.hashFields,
    notes: notesOf(store, test),
    files: [],
    finding_groups: [],
  }
}

/** A test as creating one answers it: less than reading. */
export function createdTestView(test: TestRecord): object {
  return { ...test, notes: [], files: [] }
}
