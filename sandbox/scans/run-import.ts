import type { Exchange, UploadedFile } from '../http/exchange.js'
import type { EngagementRecord, FindingRecord, TestRecord } from '../records.js'
import { timestamp } from '../rules/times.js'
import { mitigate } from './mitigate.js'
import type { ImportOptions } from './options.js'
import { readReport, severeEnough, storeParsed } from './report.js'
import { scanTypeNamed, testTypeName } from './scan-types.js'
import { environmentId } from './target.js'

/** What an import or reimport did with the findings of a test. */
export interface Outcome {
  test: TestRecord
  created: FindingRecord[]
  closed: FindingRecord[]
  reactivated: FindingRecord[]
  untouched: FindingRecord[]
}

/** Makes the test that a report of this type goes into; finished once the report is in. */
function createImportTest(
  x: Exchange,
  engagement: EngagementRecord,
  options: ImportOptions,
  environment: number | null,
  tool: string | undefined,
): TestRecord {
  const { store } = x
  const at = options.scan_date ? `${options.scan_date}T00:00:00Z` : timestamp(store.now())
  return store.createTest({
    engagement: engagement.id,
    test_type: store.testTypeNamed(testTypeName(options.scan_type, tool)).id,
    scan_type: options.scan_type,
    title: options.test_title ?? null,
    target_start: at,
    target_end: at,
    percent_complete: 50,
    version: options.version ?? null,
    build_id: options.build_id ?? null,
    commit_hash: options.commit_hash ?? null,
    branch_tag: options.branch_tag ?? null,
    lead: options.lead ?? x.user.id,
    environment,
    tags: options.tags ?? [],
  })
}

/** Puts a report into a new test of the engagement, and closes what it lacks if asked to. */
export function runImport(
  x: Exchange,
  engagement: EngagementRecord,
  options: ImportOptions,
  file: UploadedFile,
): Outcome {
  const { parse, testFirst } = scanTypeNamed(options.scan_type)
  const environment = environmentId(x, options)
  const early = testFirst
    ? createImportTest(x, engagement, options, environment, undefined)
    : undefined
  const report = readReport(parse, file)
  const test = early ?? createImportTest(x, engagement, options, environment, report.testType)
  const created = severeEnough(report.findings, options).map((parsed) =>
    storeParsed(x, test, parsed, options),
  )
  test.percent_complete = 100
  const closed =
    options.close_old_findings || options.close_old_findings_product_scope
      ? closeOthers(x, engagement, test, created, options)
      : []
  return { test, created, closed, reactivated: [], untouched: [] }
}

/** Closes the active findings of the same test type in other tests of the engagement, or product, that the report lacks. */
function closeOthers(
  x: Exchange,
  engagement: EngagementRecord,
  test: TestRecord,
  created: readonly FindingRecord[],
  options: ImportOptions,
): FindingRecord[] {
  const { store } = x
  const hashes = new Set(created.map((finding) => finding.hash_code))
  const ids = new Set(created.map((finding) => finding.unique_id_from_tool).filter(Boolean))
  const old = store.findings.all().filter((finding) => {
    if (!finding.active || finding.test === test.id) return false
    const home = store.tests.get(finding.test)
    if (home?.test_type !== test.test_type) return false
    const inScope = options.close_old_findings_product_scope
      ? store.engagements.get(home.engagement)?.product === engagement.product
      : home.engagement === engagement.id
    if (!inScope || (finding.service ?? '') !== (options.service ?? '')) return false
    return !hashes.has(finding.hash_code) && !ids.has(finding.unique_id_from_tool)
  })
  for (const finding of old) {
    mitigate(
      x,
      finding,
      `This finding has been automatically closed as it is not present anymore in recent scans.`,
    )
  }
  return old
}
