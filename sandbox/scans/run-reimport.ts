import type { Exchange, UploadedFile } from '../http/exchange.js'
import type { ParsedFinding } from '../parsers/parsed-report.js'
import type { FindingRecord, TestRecord } from '../records.js'
import { dedupeSettings } from '../rules/dedupe-settings.js'
import { hashCode } from '../rules/hash-code.js'
import { timestamp } from '../rules/times.js'
import { titleCase } from '../rules/title-case.js'
import { mitigate } from './mitigate.js'
import type { ImportOptions } from './options.js'
import { readReport, severeEnough, storeParsed } from './report.js'
import type { Outcome } from './run-import.js'
import { scanTypeNamed } from './scan-types.js'

/**
 * Compares a report with a test: findings that are in both are left or come back to life, new ones are added, and those that the
 * report lacks are closed unless told otherwise. What is the same is decided as 3.2.0 decides it: by the test's scan type, through
 * the hash of the fields that it names (rules/dedupe-settings.ts), the tool's own id, or title and severity for tests made by hand.
 */
export function runReimport(
  x: Exchange,
  test: TestRecord,
  options: ImportOptions,
  file: UploadedFile,
): Outcome {
  const { store } = x
  const report = readReport(scanTypeNamed(options.scan_type).parse, file)
  const service = options.service ?? ''
  const known = store.findings.all().filter((finding) => finding.test === test.id)
  const candidates = indexed(test, known)
  const outcome: Outcome = { test, created: [], closed: [], reactivated: [], untouched: [] }
  const seen = new Set<FindingRecord>()
  for (const parsed of severeEnough(report.findings, options)) {
    const keys = keysOfParsed(test, parsed)
    const match = keys.map((key) => candidates.get(key)).find((found) => found !== undefined)
    if (!match) {
      const finding = storeParsed(x, test, parsed, options)
      for (const key of keys) candidates.set(key, finding)
      outcome.created.push(finding)
      seen.add(finding)
    } else if (!seen.has(match)) {
      seen.add(match)
      if (comesBack(match, parsed, options)) {
        reactivate(x, match, parsed, options)
        outcome.reactivated.push(match)
      } else outcome.untouched.push(match)
    }
  }
  if (options.close_old_findings) {
    for (const finding of known) {
      if (seen.has(finding) || finding.is_mitigated) continue
      if ((finding.service ?? '') !== service) continue
      mitigate(x, finding, `Mitigated by ${options.scan_type} re-upload.`)
      outcome.closed.push(finding)
    }
  }
  for (const name of ['version', 'branch_tag', 'build_id', 'commit_hash'] as const) {
    const value = options[name]
    if (value !== undefined) test[name] = value
  }
  if (options.tags) test.tags = store.spell('test', options.tags)
  test.percent_complete = 100
  test.updated = timestamp(store.now())
  return outcome
}

function indexed(test: TestRecord, findings: readonly FindingRecord[]): Map<string, FindingRecord> {
  const index = new Map<string, FindingRecord>()
  for (const finding of findings) {
    const title = finding.title.toLowerCase()
    for (const key of keys(test, { ...finding, title, hash: finding.hash_code })) {
      if (!index.has(key)) index.set(key, finding)
    }
  }
  return index
}

function keysOfParsed(test: TestRecord, parsed: ParsedFinding): string[] {
  const title = titleCase(parsed.title.slice(0, 511))
  const whole = {
    title,
    severity: parsed.severity,
    description: parsed.description,
    cwe: parsed.cwe ?? 0,
    line: parsed.line ?? null,
    file_path: parsed.file_path ?? null,
    vuln_id_from_tool: parsed.vuln_id_from_tool ?? null,
    vulnerability_ids: parsed.vulnerability_ids ?? [],
  }
  return keys(test, {
    title: title.toLowerCase(),
    severity: parsed.severity,
    unique_id_from_tool: parsed.unique_id_from_tool ?? null,
    hash: hashCode(whole, test.scan_type),
  })
}

function keys(
  test: TestRecord,
  finding: {
    title: string
    severity: string
    unique_id_from_tool: string | null
    hash: string | null
  },
): string[] {
  const { algorithm } = dedupeSettings(test.scan_type)
  if (algorithm === 'legacy') return [`title ${finding.severity} ${finding.title}`]
  const byId =
    algorithm.startsWith('unique_id') && finding.unique_id_from_tool
      ? [`id ${finding.unique_id_from_tool}`]
      : []
  return algorithm === 'unique_id_from_tool' ? byId : [...byId, `hash ${finding.hash}`]
}

/** Only what was fixed comes back; what someone judged (false positive, out of scope, accepted, duplicate) stays judged. */
function comesBack(finding: FindingRecord, parsed: ParsedFinding, options: ImportOptions): boolean {
  if (!finding.is_mitigated || options.do_not_reactivate) return false
  if (finding.false_p || finding.out_of_scope || finding.risk_accepted) return false
  return (options.active ?? parsed.active ?? true) === true
}

function reactivate(
  x: Exchange,
  finding: FindingRecord,
  parsed: ParsedFinding,
  options: ImportOptions,
): void {
  const at = timestamp(x.store.now())
  Object.assign(finding, {
    active: true,
    verified: options.verified ?? parsed.verified ?? false,
    is_mitigated: false,
    mitigated: null,
    mitigated_by: null,
    last_status_update: at,
    updated: at,
  })
  x.store.addNote(finding, {
    entry: `Re-activated by ${options.scan_type} re-upload.`,
    author: x.user.id,
  })
}
