import t from 'tap'
import { parsers } from '../../sandbox/parsers/index.js'
import type { ParsedReport } from '../../sandbox/parsers/parsed-report.js'

function parse(scanType: string, report: unknown): ParsedReport {
  const parser = parsers.get(scanType)
  if (parser === undefined) throw new Error(`no parser for ${scanType}`)
  return parser(typeof report === 'string' ? report : JSON.stringify(report))
}

t.test('SARIF is rated by security-severity, then by level, then by the rule', async (t) => {
  const rules = [
    { id: 'scored', properties: { 'security-severity': '9.8' } },
    { id: 'worded', properties: { 'security-severity': 'HIGH' } },
    { id: 'odd', properties: { 'security-severity': 'bad' } },
    { id: 'quiet', defaultConfiguration: { level: 'note' } },
    { id: 'plain' },
  ]
  const results = [
    { ruleId: 'scored', level: 'note', message: { text: 'a' } },
    { ruleId: 'worded', message: { text: 'b' } },
    { ruleId: 'odd', message: { text: 'c' } },
    { ruleId: 'quiet', message: { text: 'd' } },
    { ruleId: 'quiet', level: 'error', message: { text: 'e' } },
    { ruleId: 'plain', message: { text: 'f' } },
    { ruleId: 'unlisted', level: 'warning', message: { text: 'g' } },
    { ruleId: 'plain', level: 'none', message: { text: 'h' } },
  ]

  const { findings } = parse('SARIF', sarif(rules, results))

  t.same(
    findings.map((finding) => finding.severity),
    ['Critical', 'High', 'Info', 'Info', 'High', 'Medium', 'Medium', 'Medium'],
  )
  t.equal(findings[0]?.cvssv3_score, 9.8)
})

t.test('SARIF weaknesses come from relationships, properties, tags and taxa', async (t) => {
  const rules = [
    {
      id: 'tags',
      properties: { tags: ['security', 'external/cwe/cwe-022', 'external/cwe/cwe-73'] },
    },
    { id: 'relation', relationships: [{ target: { id: 'CWE-89' } }] },
    { id: 'own', properties: { cwe: ['CWE-79', 'CWE-80'] } },
    { id: 'CVE-2021-44228-log4j' },
  ]
  const results = [
    { ruleId: 'tags', message: { text: 'a' } },
    { ruleId: 'relation', message: { text: 'b' }, properties: { cwe: 'cwe-564: x' } },
    {
      ruleId: 'own',
      message: { text: 'c' },
      taxa: [{ id: '116', toolComponent: { name: 'CWE' } }],
    },
    { ruleId: 'CVE-2021-44228-log4j', message: { text: 'd' } },
  ]

  const { findings } = parse('SARIF', sarif(rules, results))

  t.match(findings[0], { cwe: 73, cwes: [22, 73], tags: ['security', 'cwe-022', 'cwe-73'] })
  t.match(findings[1], { cwe: 564, cwes: [89, 564] })
  t.match(findings[2], { cwe: 116, cwes: [79, 80, 116] })
  t.match(findings[3], { vulnerability_ids: ['CVE-2021-44228'] })
  t.notOk(findings[3]?.cwe)
})

t.test('SARIF suppressions, kinds, several places, fingerprints and long messages', async (t) => {
  const at = (uri: string, region?: object) => ({
    physicalLocation: { artifactLocation: { uri }, ...(region && { region }) },
  })
  const long = `${'word '.repeat(40)}end`
  const rules = [{ id: 'r', name: 'Rule', messageStrings: { m: { text: '{0} flows into {1}' } } }]
  const results = [
    { ruleId: 'r', message: { text: 'a' }, suppressions: [{ kind: 'inSource' }] },
    { ruleId: 'r', message: { text: 'b' }, kind: 'pass' },
    {
      ruleId: 'r',
      message: { id: 'm', arguments: ['name', 'query'] },
      locations: [
        at('a.js', { startLine: 4, snippet: { text: 'run(x)' } }),
        at('b.bin', { byteOffset: 9 }),
        at('c.js'),
      ],
      partialFingerprints: { 'z/v1': 'old', 'z/v2': 'new', 'a/v1': 'one' },
      fixes: [{ description: { text: 'Bind the value.' } }],
    },
    { ruleId: 'r', message: { text: long }, fingerprints: { 'stable/v1': 'whole' } },
  ]

  const { findings } = parse('SARIF', sarif(rules, results))

  t.equal(findings.length, 5)
  t.match(findings[0], { active: false, false_p: true })
  t.match(findings[1], {
    title: 'name flows into query',
    file_path: 'a.js',
    line: 4,
    mitigation: 'Bind the value.',
    unique_id_from_tool: 'a:one|z:new',
    description: '**Result message:** name flows into query\n**Snippet:**\n```\nrun(x)\n```',
  })
  t.same([findings[2]?.file_path, findings[2]?.line], ['b.bin', undefined])
  t.same([findings[3]?.file_path, findings[3]?.line], ['c.js', undefined])
  t.equal(findings[4]?.title, `${'word '.repeat(28)}word [...]`)
  t.equal(findings[4]?.unique_id_from_tool, 'whole')
})

t.test('Trivy gives vulnerabilities, misconfigurations, secrets and licences', async (t) => {
  const { findings } = parse('Trivy Scan', trivyReport)

  t.same(
    findings.map((finding) => [finding.title, finding.severity]),
    [
      ['CVE-2026-0001 libssl3 3.0.1-1', 'Critical'],
      ['CVE-2026-0002 zlib1g 1.2', 'High'],
      ['DS002 - Image user should not be root', 'High'],
      ['Secret detected in app/.env - AWS Access Key', 'Critical'],
      ['License detected in Node.js - AGPL-3.0', 'Info'],
    ],
  )
  t.match(findings[0], {
    cwe: 787,
    cwes: [787, 120],
    vulnerability_ids: ['CVE-2026-0001'],
    cvssv3: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    cvssv3_score: 9.8,
    component_name: 'libssl3',
    component_version: '3.0.1-1',
    mitigation: '3.0.1-2',
    fix_available: true,
    file_path: 'shop:1.4 (debian 12.5)',
    active: true,
    verified: true,
    tags: ['debian', 'os-pkgs'],
  })
  t.match(findings[1], { active: false, verified: true, is_mitigated: true, fix_available: false })
  t.match(findings[2], {
    file_path: 'Dockerfile',
    vulnerability_ids: ['AVD-DS-0002'],
    mitigation: 'Add USER',
    references: 'https://avd.example/ds002\nhttps://docs.example/user',
    description: /Last USER is root\nNumber\tContent\n7\tUSER root\n/,
  })
  t.match(findings[3], { line: 12, file_path: 'app/.env' })
})

t.test('Trivy reads the bare list of old versions and cluster scans', async (t) => {
  const Results = trivyReport.Results.slice(0, 1)
  const resource = { Namespace: 'shop', Kind: 'Deployment', Name: 'web', Results }

  const old = parse('Trivy Scan', Results).findings
  const cluster = parse('Trivy Scan', { ClusterName: 'prod', Resources: [resource] }).findings

  t.same(parse('Trivy Scan', 'null'), { findings: [] })
  t.equal(old.length, 2)
  t.same(
    cluster.map((finding) => finding.service),
    ['shop / Deployment / web', 'shop / Deployment / web'],
  )
})

const trivyReport = {
  SchemaVersion: 2,
  ArtifactName: 'shop:1.4',
  Results: [
    {
      Target: 'shop:1.4 (debian 12.5)',
      Class: 'os-pkgs',
      Type: 'debian',
      Vulnerabilities: [
        {
          VulnerabilityID: 'CVE-2026-0001',
          PkgName: 'libssl3',
          InstalledVersion: '3.0.1-1',
          FixedVersion: '3.0.1-2',
          Status: 'fixed',
          Severity: 'CRITICAL',
          SeveritySource: 'nvd',
          Title: 'openssl: overflow',
          Description: 'A buffer overflow.',
          CweIDs: ['CWE-787', 'CWE-120'],
          References: ['https://avd.example/1'],
          CVSS: {
            nvd: { V3Vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', V3Score: 9.8 },
          },
        },
        {
          VulnerabilityID: 'CVE-2026-0002',
          PkgName: 'zlib1g',
          InstalledVersion: '1.2',
          Status: 'not_affected',
          CVSS: { redhat: { V3Score: 7.1 } },
        },
        { VulnerabilityID: 'CVE-2026-0003', Severity: 'HIGH' },
        { VulnerabilityID: 'CVE-2026-0004', PkgName: 'odd', Severity: 'SOMETHING' },
      ],
    },
    {
      Target: 'Dockerfile',
      Class: 'config',
      Type: 'dockerfile',
      Misconfigurations: [
        {
          ID: 'DS002',
          AVDID: 'AVD-DS-0002',
          Type: 'Dockerfile Security Check',
          Title: 'Image user should not be root',
          Description: 'Running as root is risky.',
          Message: 'Last USER is root',
          Resolution: 'Add USER',
          Severity: 'HIGH',
          PrimaryURL: 'https://avd.example/ds002',
          References: ['https://avd.example/ds002', 'https://docs.example/user'],
          CauseMetadata: { Code: { Lines: [{ Number: 7, Content: 'USER root' }] } },
        },
      ],
    },
    {
      Target: 'app/.env',
      Class: 'secret',
      Secrets: [
        {
          Category: 'AWS',
          Title: 'AWS Access Key',
          Severity: 'CRITICAL',
          Match: 'KEY=****',
          StartLine: 12,
        },
      ],
    },
    {
      Target: 'Node.js',
      Class: 'license',
      Licenses: [{ Severity: 'UNKNOWN', Category: 'unknown', PkgName: 'x', Name: 'AGPL-3.0' }],
    },
  ],
}

function sarif(rules: readonly object[], results: readonly object[]): object {
  return { version: '2.1.0', runs: [{ tool: { driver: { name: 'Tool', rules } }, results }] }
}
