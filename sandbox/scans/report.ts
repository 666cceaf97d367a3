import { broken, modelRefused } from '../http/api-error.js'
import type { Exchange, UploadedFile } from '../http/exchange.js'
import { type ParsedFinding, ReportError, type ReportParser } from '../parsers/parsed-report.js'
import type { FindingRecord, TestRecord } from '../records.js'
import { cvss3Score } from '../rules/cvss.js'
import { settleStatus } from '../rules/finding-status.js'
import { severities } from '../rules/severities.js'
import { day } from '../rules/times.js'
import type { ImportOptions } from './options.js'

/** Reads the report: what a parser rejects is a 400 in its words, what breaks it is a 500 without a reason. */
export function readReport(parse: ReportParser, file: UploadedFile): ReturnType<ReportParser> {
  try {
    return parse(file.content.toString('utf8'))
  } catch (error) {
    if (error instanceof ReportError) throw modelRefused(error.message)
    throw broken()
  }
}

/** The findings that `minimum_severity` lets through. */
export function severeEnough(
  findings: readonly ParsedFinding[],
  options: ImportOptions,
): ParsedFinding[] {
  const least = severities.indexOf(options.minimum_severity)
  return findings.filter((finding) => severities.indexOf(finding.severity) >= least)
}

/** Stores a finding of a report in its test. */
export function storeParsed(
  x: Exchange,
  test: TestRecord,
  parsed: ParsedFinding,
  options: ImportOptions,
): FindingRecord {
  const { store } = x
  const tags = [
    ...(parsed.tags ?? []),
    ...(options.apply_tags_to_findings ? (options.tags ?? []) : []),
  ]
  const finding = store.createFinding({
    ...parsed,
    test: test.id,
    title: parsed.title,
    severity: parsed.severity,
    date: options.scan_date ?? parsed.date ?? day(store.now()),
    active: options.active ?? parsed.active ?? true,
    verified: options.verified ?? parsed.verified ?? false,
    cvssv3_score: parsed.cvssv3_score ?? cvss3Score(parsed.cvssv3 ?? '') ?? null,
    cwes: parsed.cwe ? [`CWE-${parsed.cwe}`] : [],
    vulnerability_ids: [...(parsed.vulnerability_ids ?? [])],
    service: options.service ?? parsed.service ?? null,
    reporter: x.user.id,
    tags: tags.map((tag) => tag.toLowerCase()),
  })
  settleStatus(store, finding, null, x.user)
  return finding
}
