import { type ParsedFinding, ReportError, type ReportParser } from './parsed-report.js'
import { reportDay } from './report-date.js'
import {
  isObject,
  type Json,
  type JsonObject,
  numberOrNone,
  object,
  objects,
  readJson,
  text,
  textOrNone,
  withoutUndefined,
} from './report-json.js'
import { describeResult, messageText } from './sarif-message.js'
import { sarifIdentity, sarifSeverity, sarifTags, sarifWeaknesses } from './sarif-rating.js'
import { shorten } from './shorten.js'

const TITLE_WIDTH = 150

/**
 * "SARIF" 2.1.0. One finding a location of every failed result; a suppressed result is an inactive false positive.
 * Several runs are put together under the first one's tool. No `runs` is an empty report, not an error.
 */
export const parseSarif: ReportParser = (report) => {
  const runs = objects(object(readJson(report), 'the report').runs, 'runs')
  const tests = runs.map((run) => ({
    tool: text(driver(run).name, 'tool.driver.name'),
    findings: runFindings(run),
  }))
  const findings = tests.flatMap((test) => test.findings)
  const [first] = tests
  return first === undefined ? { findings } : { testType: first.tool, findings }
}

function driver(run: JsonObject): JsonObject {
  return object(object(run.tool, 'tool').driver, 'tool.driver')
}

function runFindings(run: JsonObject): ParsedFinding[] {
  const rules = rulesOf(run)
  const date = lastInvocationDay(run)
  return objects(run.results, 'results')
    .filter((result) => (result.kind ?? 'fail') === 'fail')
    .flatMap((result) => resultFindings(result, rules.get(String(result.ruleId)), date))
}

function rulesOf(run: JsonObject): Map<string, JsonObject> {
  const own = objects(driver(run).rules, 'rules')
  const rules =
    own.length > 0
      ? own
      : objects(object(run.tool, 'tool').extensions, 'extensions').flatMap((extension) =>
          objects(extension.rules, 'rules'),
        )
  return new Map(rules.map((rule) => [text(rule.id, 'a rule id'), rule]))
}

function lastInvocationDay(run: JsonObject): string | undefined {
  const end = objects(run.invocations, 'invocations').at(-1)?.endTimeUtc
  return end === undefined || end === null ? undefined : reportDay(text(end, 'endTimeUtc'))
}

function resultFindings(
  result: JsonObject,
  rule: JsonObject | undefined,
  date: string | undefined,
): ParsedFinding[] {
  const suppressed = Array.isArray(result.suppressions) && result.suppressions.length > 0
  const ruleId = textOrNone(result.ruleId)
  const cve = /CVE-\d+-\d+/i.exec(ruleId ?? '')?.[0]?.toUpperCase()
  const tags = sarifTags(result, rule)
  const locations = objects(result.locations, 'locations')
  return (locations.length > 0 ? locations : [undefined]).map((location) =>
    withoutUndefined<ParsedFinding>({
      title: title(result, rule),
      ...sarifSeverity(result, rule),
      description: describeResult(result, rule, location),
      mitigation: fixes(result.fixes),
      references: references(rule),
      date,
      ...sarifWeaknesses(result, rule),
      vulnerability_ids: cve === undefined ? undefined : [cve],
      ...place(location),
      active: !suppressed,
      false_p: suppressed,
      static_finding: true,
      dynamic_finding: false,
      unique_id_from_tool: sarifIdentity(result),
      vuln_id_from_tool: ruleId,
      tags: tags.length > 0 ? tags : undefined,
    }),
  )
}

function title(result: JsonObject, rule: JsonObject | undefined): string {
  const said = result.message === undefined ? undefined : messageText(result.message, rule)
  const title = said ?? ruleTitle(rule)
  if (title === undefined) throw new ReportError('No information found to create a title')
  return shorten(title, TITLE_WIDTH)
}

function ruleTitle(rule: JsonObject | undefined): string | undefined {
  if (rule === undefined) return undefined
  const described = rule.shortDescription ?? rule.fullDescription
  if (described !== undefined) return messageText(described, rule)
  return textOrNone(rule.name) ?? textOrNone(rule.id)
}

function references(rule: JsonObject | undefined): string | undefined {
  if (rule === undefined) return undefined
  if (rule.helpUri !== undefined) return textOrNone(rule.helpUri)
  const help = rule.help === undefined ? undefined : messageText(rule.help, rule)
  return help?.startsWith('http') ? help : undefined
}

function fixes(value: Json | undefined): string | undefined {
  if (value === undefined) return undefined
  return objects(value, 'fixes')
    .map((fix) => text(object(fix.description, 'description').text, 'a fix'))
    .join('\n')
}

function place(location: JsonObject | undefined): { file_path?: string; line?: number } {
  const physical = location?.physicalLocation
  if (physical === undefined) return {}
  const { artifactLocation, region } = object(physical, 'physicalLocation')
  const file_path = text(object(artifactLocation, 'artifactLocation').uri, 'uri')
  if (!isObject(region) || region.byteOffset !== undefined) return { file_path }
  const line = numberOrNone(region.startLine)
  if (line === undefined) throw new TypeError('a region has no startLine')
  return { file_path, line }
}
