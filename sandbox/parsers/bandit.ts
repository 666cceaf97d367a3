import type { ParsedFinding, ReportParser } from './parsed-report.js'
import { supportedSeverity } from './rating.js'
import { reportDay } from './report-date.js'
import {
  array,
  isObject,
  type JsonObject,
  numberOrNone,
  object,
  readJson,
  text,
  textOrNone,
  withoutUndefined,
} from './report-json.js'

/** "Bandit Scan": Bandit's JSON report. JSON of another shape crashes DefectDojo's parser, so it is a plain Error here. */
export const parseBandit: ReportParser = (report) => {
  const data = object(readJson(report), 'the report')
  const results = array(data.results, 'results')
  const date = results.length > 0 ? reportDay(text(data.generated_at, 'generated_at')) : undefined
  return { findings: results.map((item) => finding(object(item, 'a result'), date)) }
}

function finding(item: JsonObject, date: string | undefined): ParsedFinding {
  const testName = text(item.test_name, 'test_name')
  const testId = text(item.test_id, 'test_id')
  const filename = text(item.filename, 'filename')
  const code = String(item.code ?? 'None').replaceAll('```', '\\`\\`\\`')
  return withoutUndefined<ParsedFinding>({
    title: text(item.issue_text, 'issue_text'),
    severity: supportedSeverity(titleCase(text(item.issue_severity, 'issue_severity'))),
    description: [
      `**Test Name:** \`${testName}\``,
      `**Test ID:** \`${testId}\``,
      `**Filename:** \`${filename}\``,
      `**Line number:** \`${item.line_number}\``,
      `**Issue Confidence:** \`${text(item.issue_confidence, 'issue_confidence')}\``,
      '**Code:**',
      '```',
      code,
      '```',
    ].join('\n'),
    references: textOrNone(item.more_info),
    date,
    // Released DefectDojo leaves `issue_cwe` unread; here it is worth more in a triage than the omission is in likeness.
    cwe: isObject(item.issue_cwe) ? numberOrNone(item.issue_cwe.id) : undefined,
    file_path: filename,
    line: numberOrNone(item.line_number),
    static_finding: true,
    dynamic_finding: false,
    scanner_confidence: confidence(text(item.issue_confidence, 'issue_confidence')),
    vuln_id_from_tool: `${testName}:${testId}`,
  })
}

function titleCase(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase()
}

/** DefectDojo's scale runs from 1, certain, to 10. */
function confidence(word: string): number | undefined {
  return new Map([
    ['HIGH', 2],
    ['MEDIUM', 3],
    ['LOW', 6],
  ]).get(word.toUpperCase())
}
