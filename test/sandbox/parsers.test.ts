import { readFileSync } from 'node:fs'
import t from 'tap'
import { parsers } from '../../sandbox/parsers/index.js'
import { type ParsedReport, ReportError } from '../../sandbox/parsers/parsed-report.js'

function parse(scanType: string, report: unknown): ParsedReport {
  const parser = parsers.get(scanType)
  if (parser === undefined) throw new Error(`no parser for ${scanType}`)
  return parser(typeof report === 'string' ? report : JSON.stringify(report))
}

function example(name: string): string {
  return readFileSync(new URL(`../../examples/scans/${name}`, import.meta.url), 'utf8')
}

const jsonTypes = [...parsers.keys()]

t.test(
  'a report that is not JSON is refused in the words of Python, by every format',
  async (t) => {
    const broken: [string, string][] = [
      ['not json', 'Expecting value: line 1 column 1 (char 0)'],
      ['', 'Expecting value: line 1 column 1 (char 0)'],
      ['{', 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
      ['{"a" 1}', "Expecting ':' delimiter: line 1 column 6 (char 5)"],
      ['{"a": 1 "b"}', "Expecting ',' delimiter: line 1 column 9 (char 8)"],
      ['{"a": 1,}', 'Illegal trailing comma before end of object: line 1 column 8 (char 7)'],
      ['{\n "é😀": [1,\n tru]}', 'Expecting value: line 3 column 2 (char 14)'],
      ['["abc', 'Unterminated string starting at: line 1 column 2 (char 1)'],
      ['["a\tb"]', 'Invalid control character at: line 1 column 4 (char 3)'],
      ['["a\\q"]', 'Invalid \\escape: line 1 column 4 (char 3)'],
      ['["\\u12g4"]', 'Invalid \\uXXXX escape: line 1 column 4 (char 3)'],
      ['"\\u1243', 'Invalid \\uXXXX escape: line 1 column 3 (char 2)'],
      ['{} {}', 'Extra data: line 1 column 4 (char 3)'],
    ]

    for (const scanType of jsonTypes) {
      for (const [report, message] of broken) {
        t.throws(() => parse(scanType, report), new ReportError(message), `${scanType}: ${report}`)
      }
    }
  },
)

t.test('a byte order mark is no fault', async (t) => {
  t.same(parse('SARIF', '\uFEFF{}'), { findings: [] })
})

t.test(
  'a report of another shape is nothing, a refusal or a crash, as in DefectDojo',
  async (t) => {
    const bandit = { results: [], generated_at: '2026-01-01T00:00:00Z' }

    t.same(parse('SARIF', {}), { findings: [] })
    t.same(parse('Semgrep JSON Report', {}), { findings: [] })
    t.same(parse('Generic Findings Import', {}), { findings: [] })
    t.throws(
      () => parse('Trivy Scan', {}),
      new ReportError('Schema of Trivy json report is not supported'),
    )
    for (const report of [example('eslint-shelljs.sarif'), { hello: 1 }, []]) {
      const crash = catchError(() => parse('Bandit Scan', report))
      t.ok(crash && !(crash instanceof ReportError), 'a crash, which DefectDojo answers 500 to')
    }
    t.same(parse('Bandit Scan', bandit), { findings: [] })
  },
)

t.test('Bandit confidence becomes a number and an unknown severity a refusal', async (t) => {
  const result = {
    code: '1 ```x```',
    filename: 'a.py',
    issue_confidence: 'MEDIUM',
    issue_severity: 'UNDEFINED',
    issue_text: 'Text',
    line_number: 3,
    test_id: 'B101',
    test_name: 'assert_used',
  }
  const report = (item: object) => ({ generated_at: '2026-02-03T10:00:00Z', results: [item] })

  const [finding] = parse('Bandit Scan', report({ ...result, issue_severity: 'LOW' })).findings

  t.match(finding, { severity: 'Low', scanner_confidence: 3, date: '2026-02-03' })
  t.ok(
    finding?.description.includes('1 \\`\\`\\`x\\`\\`\\`'),
    'a fence in the code cannot end the block',
  )
  t.throws(
    () => parse('Bandit Scan', report(result)),
    new ReportError(
      'Finding severity "Undefined" is not supported. Any of the following are supported: ' +
        "['Info', 'Low', 'Medium', 'High', 'Critical'].",
    ),
  )
})

t.test('Semgrep results of one rule at one place are one finding', async (t) => {
  const result = {
    check_id: 'rule',
    path: 'a.py',
    start: { line: 1, col: 1 },
    extra: {
      severity: 'CRITICAL',
      message: 'Bad',
      lines: 'x = 1',
      fix: 'x = 2',
      fingerprint: 'abc',
      metadata: { cwe: 'CWE-79: XSS' },
    },
  }

  const { findings } = parse('Semgrep JSON Report', {
    results: [result, { ...result, start: { line: 1, col: 9 } }, { ...result, start: { line: 2 } }],
  })

  t.equal(findings.length, 2)
  t.match(findings[0], {
    severity: 'Critical',
    cwe: 79,
    mitigation: 'x = 2',
    unique_id_from_tool: 'abc',
    nb_occurences: 2,
    description: '**Result message:** Bad\n**Snippet:**\n```x = 1```\n',
  })
  t.throws(
    () =>
      parse('Semgrep JSON Report', {
        results: [{ ...result, extra: { ...result.extra, severity: 'X' } }],
      }),
    new ReportError('Unknown value for severity: X'),
  )
})

t.test('Generic JSON carries its fields over and names its tool', async (t) => {
  const finding = {
    title: 'Outdated openssl',
    severity: 'informational',
    description: 'openssl 3.0.1',
    date: '2026-08-03T10:00:00',
    cve: 'CVE-2026-1',
    vulnerability_ids: ['CVE-2026-1', 'GHSA-x'],
    cwes: ['CWE-79', 80],
    tags: ['a'],
    endpoints: ['https://shop.example'],
    epss_score: 0.5,
    known_exploited: true,
    active: false,
    line: 4,
    mitigation: null,
  }

  const { testType, findings } = parse('Generic Findings Import', {
    type: 'Our Scanner',
    findings: [finding],
  })

  t.equal(testType, 'Our Scanner')
  t.strictSame(findings, [
    {
      title: 'Outdated openssl',
      severity: 'Info',
      description: 'openssl 3.0.1',
      date: '2026-08-03',
      vulnerability_ids: ['CVE-2026-1', 'GHSA-x'],
      cwe: 79,
      cwes: [79, 80],
      tags: ['a'],
      epss_score: 0.5,
      known_exploited: true,
      active: false,
      line: 4,
    },
  ])
})

t.test('Generic JSON is refused for missing, unknown and impossible values', async (t) => {
  const good = { title: 'T', severity: 'Low', description: 'D' }
  const refuse = (finding: object, message: string) =>
    t.throws(
      () => parse('Generic Findings Import', { findings: [finding] }),
      new ReportError(message),
    )

  refuse({ severity: 'Low' }, "Required fields are missing: ['description', 'title']")
  refuse({ ...good, zeal: 1, colour: 2 }, "Not allowed fields are present: ['colour', 'zeal']")
  refuse({ ...good, date: '2026-02-30' }, 'Unknown string format: 2026-02-30')
  refuse(
    { ...good, severity: 'Awful' },
    'Finding severity "Awful" is not supported. Any of the following are supported: ' +
      "['Info', 'Low', 'Medium', 'High', 'Critical'].",
  )
})

t.test('Generic CSV is read by its header, quoted cells included', async (t) => {
  const csv = [
    'Date,Title,CweId,Severity,Description,Mitigation,Active,Verified,CVE',
    '08/03/2026,"Stored ""XSS"", in notes",79,High,"two',
    'lines",Escape,TRUE,FALSE,CVE-2026-7',
    '2026-08-04,Other,0,Unknown,D,,FALSE,TRUE,',
    '2026-08-05,Other,0,Unknown,D,,FALSE,TRUE,',
    '',
  ].join('\r\n')

  const { findings } = parse('Generic Findings Import', csv)

  t.equal(findings.length, 2)
  t.match(findings[0], {
    title: 'Stored "XSS", in notes',
    severity: 'High',
    date: '2026-08-03',
    description: 'two\r\nlines',
    cwe: 79,
    active: true,
    verified: false,
    vulnerability_ids: ['CVE-2026-7'],
  })
  t.match(findings[1], { severity: 'Info', active: false, verified: true, nb_occurences: 2 })
  t.throws(
    () => parse('Generic Findings Import', 'Title,Severity,Description,Date\n"open,High,D,x'),
    new ReportError('row 2 has a quote out of place'),
  )
})

function catchError(run: () => unknown): unknown {
  try {
    run()
    return undefined
  } catch (error) {
    return error
  }
}
