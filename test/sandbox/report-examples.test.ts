import { readFileSync } from 'node:fs'
import t from 'tap'
import { parsers } from '../../sandbox/parsers/index.js'
import type { ParsedReport } from '../../sandbox/parsers/parsed-report.js'

function parse(scanType: string, report: unknown): ParsedReport {
  const parser = parsers.get(scanType)
  if (parser === undefined) throw new Error(`no parser for ${scanType}`)
  return parser(typeof report === 'string' ? report : JSON.stringify(report))
}

function example(name: string): string {
  return readFileSync(new URL(`../../examples/scans/${name}`, import.meta.url), 'utf8')
}

function tally(values: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1
  return counts
}

t.test('the Bandit example has every result, rated as Bandit rates it', async (t) => {
  const raw = JSON.parse(example('bandit-paramiko.json'))

  const { findings } = parse('Bandit Scan', example('bandit-paramiko.json'))

  t.equal(findings.length, raw.results.length)
  t.same(tally(findings.map((finding) => finding.severity)), { High: 4, Medium: 1, Low: 16 })
  for (const [index, finding] of findings.entries()) {
    const result = raw.results[index]
    t.match(finding, {
      title: result.issue_text,
      file_path: result.filename,
      line: result.line_number,
      cwe: result.issue_cwe.id,
      references: result.more_info,
      vuln_id_from_tool: `${result.test_name}:${result.test_id}`,
      date: raw.generated_at.slice(0, 10),
      static_finding: true,
    })
    t.ok(finding.description.includes(`**Issue Confidence:** \`${result.issue_confidence}\``))
  }
})

t.test('the Semgrep example has every result, rated as DefectDojo rates Semgrep', async (t) => {
  const raw = JSON.parse(example('semgrep-luigi.json'))

  const { findings, testType } = parse('Semgrep JSON Report', example('semgrep-luigi.json'))

  t.equal(testType, undefined)
  t.equal(findings.length, raw.results.length)
  t.same(tally(findings.map((finding) => finding.severity)), { High: 20, Medium: 7, Low: 15 })
  for (const [index, finding] of findings.entries()) {
    const result = raw.results[index]
    t.match(finding, {
      title: result.check_id,
      file_path: result.path,
      line: result.start.line,
      cwe: Number(/\d+/.exec(result.extra.metadata.cwe[0])?.[0]),
    })
    t.notMatch(finding, { unique_id_from_tool: String })
    t.notMatch(finding.description, 'requires login')
  }
})

t.test(
  'the SARIF examples have every result at its place, under the tool of the run',
  async (t) => {
    for (const [name, tool, severities] of [
      ['eslint-shelljs.sarif', 'ESLint', { High: 3, Medium: 89 }],
      ['ruff-luigi.sarif', 'ruff', { High: 100 }],
    ] as const) {
      const [run] = JSON.parse(example(name)).runs

      const { testType, findings } = parse('SARIF', example(name))

      t.equal(testType, tool)
      t.equal(findings.length, run.results.length)
      t.same(tally(findings.map((finding) => finding.severity)), severities)
      for (const [index, finding] of findings.entries()) {
        const result = run.results[index]
        const { artifactLocation, region } = result.locations[0].physicalLocation
        t.match(finding, {
          file_path: artifactLocation.uri,
          line: region.startLine,
          vuln_id_from_tool: result.ruleId,
          active: true,
          false_p: false,
        })
        t.ok(finding.references?.startsWith('https://'), 'the rule says where to read on')
      }
    }
  },
)
