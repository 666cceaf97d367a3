import type { Static } from '@sinclair/typebox'
import type { DojoCall } from './dojo-call.js'
import { pageReader } from './record-reader.js'
import { TestTypeRecord } from './records.js'

/** The most that every edition gives at once. */
const pageSize = 250
/** Far more than any DefectDojo has: a count that is wrong must not keep us asking. */
const mostTestTypes = 10_000

/** Test types of a new DefectDojo that stand for work of people; all others are named after a report format (API §7.2). */
const kindsOfWork: ReadonlySet<string> = new Set([
  'API Test',
  'Static Check',
  'Pen Test',
  'Web Application Test',
  'Security Research',
  'Threat Modeling',
  'Manual Code Review',
  'Prowler',
])

const readPage = pageReader(TestTypeRecord)

/**
 * The names that an import takes as its scan type. DefectDojo lists them nowhere but among its test types, so a test type that
 * somebody made by hand is among them, and DefectDojo has the last word.
 */
export async function readScanTypes(dojo: Pick<DojoCall, 'get'>): Promise<readonly string[]> {
  const rows: Static<typeof TestTypeRecord>[] = []
  for (let total = mostTestTypes; rows.length < total; ) {
    const { count, results } = readPage(
      await dojo.get('test_types/', { limit: pageSize, offset: rows.length }),
    )
    rows.push(...results)
    total = results.length === 0 ? 0 : Math.min(count ?? 0, mostTestTypes)
  }
  return scanTypesAmong(rows)
}

function scanTypesAmong(rows: readonly Static<typeof TestTypeRecord>[]): readonly string[] {
  const names = new Set(rows.filter(({ active }) => active !== false).map(({ name }) => name))
  return [...names]
    .filter((name) => !kindsOfWork.has(name) && !names.has(formatOfReport(name) ?? ''))
    .sort()
}

/** `ESLint Scan (SARIF)` is made of a SARIF report that names its tool; an import takes `SARIF` only. */
const formatOfReport = (name: string): string | undefined => / Scan \((.+)\)$/.exec(name)?.[1]
