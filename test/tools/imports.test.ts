import t from 'tap'
import { buildBench, type SeenRequest } from './tool-bench.js'

const none = { active: 0, verified: 0, duplicate: 0, false_p: 0, is_mitigated: 0, total: 0 }
const counted = (critical: number, high: number) => ({
  info: none,
  low: none,
  medium: none,
  high: { ...none, total: high },
  critical: { ...none, total: critical },
  total: { ...none, total: critical + high },
})
const shown = (critical: number, high: number) => ({
  critical,
  high,
  medium: 0,
  low: 0,
  info: 0,
  total: critical + high,
})
const echo = {
  scan_type: 'SARIF',
  active: false,
  test: 11,
  test_id: 11,
  engagement_id: 5,
  product_id: 4,
  product_type_id: 1,
  pro: ['advertising'],
}
const report = { scan_type: 'SARIF', file_name: 'scan.sarif' }

/** The form of an upload: plain fields in order, then name and text of the file. */
async function formOf({ body }: SeenRequest) {
  const form = body as FormData
  const file = form.get('file') as File
  const fields = [...form.entries()].filter(([name]) => name !== 'file')
  return { fields, file: { name: file.name, type: file.type, text: await file.text() } }
}

t.test('an import sends the defaults that harm nobody, and the report as it is', async (t) => {
  const bench = await buildBench(t, {
    'POST import-scan/': () => ({
      status: 201,
      body: { ...echo, statistics: { after: counted(1, 2) } },
    }),
  })
  const text = '{"runs": ["\u00e9\u{1f600}"]}'

  await bench.run('import_scan', { ...report, content: text })
  const result = await bench.run('import_scan', {
    ...report,
    file: Buffer.from(text).toString('base64'),
  })

  for (const request of bench.requests) {
    t.same(await formOf(request), {
      fields: [
        ['scan_type', 'SARIF'],
        ['auto_create_context', 'true'],
        ['close_old_findings', 'false'],
        ['deduplication_on_engagement', 'true'],
        ['push_to_jira', 'false'],
      ],
      file: { name: 'scan.sarif', type: 'application/octet-stream', text },
    })
  }
  t.strictSame(result, {
    test: 11,
    test_id: 11,
    engagement_id: 5,
    product_id: 4,
    findings_affected: 3,
    scan_type: 'SARIF',
    findings_count: 3,
    created: 3,
    closed: null,
    reactivated: 0,
    untouched: 0,
    statistics: { before: null, delta: null, after: shown(1, 2) },
  })
})

t.test('every option of a reimport reaches DefectDojo, tags in lower case', async (t) => {
  const bench = await buildBench(t, {
    'POST reimport-scan/': () => ({
      status: 201,
      body: {
        ...echo,
        statistics: {
          before: counted(1, 2),
          delta: {
            created: counted(1, 0),
            closed: counted(0, 2),
            reactivated: counted(0, 0),
            'left untouched': counted(1, 0),
          },
          after: counted(2, 2),
        },
      },
    }),
  })

  const result = await bench.run('reimport_scan', {
    ...report,
    content: '{}',
    product_name: 'Payments',
    engagement_name: 'Release',
    auto_create_context: false,
    close_old_findings: false,
    deduplication_on_engagement: false,
    product_type_name: 'Web',
    active: true,
    verified: false,
    minimum_severity: 'Low',
    push_to_jira: true,
    version: '4.2',
    branch_tag: 'main',
    commit_hash: 'abc123',
    build_id: '77',
    tags: ['Nightly', 'trunk'],
    group_by: 'component_name+component_version',
    test_id: '11',
    do_not_reactivate: 'true',
  })

  const [request] = bench.requests
  t.same((request && (await formOf(request)))?.fields, [
    ['scan_type', 'SARIF'],
    ['product_name', 'Payments'],
    ['engagement_name', 'Release'],
    ['auto_create_context', 'false'],
    ['close_old_findings', 'false'],
    ['deduplication_on_engagement', 'false'],
    ['product_type_name', 'Web'],
    ['active', 'true'],
    ['verified', 'false'],
    ['minimum_severity', 'Low'],
    ['push_to_jira', 'true'],
    ['version', '4.2'],
    ['branch_tag', 'main'],
    ['commit_hash', 'abc123'],
    ['build_id', '77'],
    ['group_by', 'component_name+component_version'],
    ['do_not_reactivate', 'true'],
    ['test', '11'],
    ['tags', 'nightly'],
    ['tags', 'trunk'],
  ])
  t.match(result, {
    findings_affected: 3,
    findings_count: 4,
    created: 1,
    closed: 2,
    reactivated: 0,
    untouched: 1,
    statistics: { before: shown(1, 2), delta: { closed: shown(0, 2) }, after: shown(2, 2) },
  })
  t.notOk('_warning' in (result as object))
})

t.test('a reimport closes what the report lacks unless told otherwise, and says so', async (t) => {
  const bench = await buildBench(t, {
    'POST reimport-scan/': () => ({ status: 201, body: echo }),
  })

  const result = await bench.run('reimport_scan', { ...report, content: '{}', test_id: 11 })

  const [request] = bench.requests
  const { fields } = request ? await formOf(request) : { fields: [] }
  t.same(
    fields.filter(([name]) => /close|reactivate/.test(name)),
    [
      ['close_old_findings', 'true'],
      ['do_not_reactivate', 'false'],
    ],
  )
  t.match(result, { test_id: 11, created: null, findings_count: null, findings_affected: null })
})

t.test('a report in which DefectDojo found nothing is pointed out', async (t) => {
  const bench = await buildBench(t, {
    'POST import-scan/': () => ({
      status: 201,
      body: { ...echo, statistics: { after: counted(0, 0) } },
    }),
  })

  const result = await bench.run('import_scan', { ...report, content: '{}' })

  t.match(result, {
    created: 0,
    _warning: {
      message: /^Nothing was imported: .*scan_type.*minimum_severity/,
      nothing_imported: true,
    },
  })
})

t.test('a waiting client hears that a report is sent, then that it is being read', async (t) => {
  const bench = await buildBench(t, {
    'POST import-scan/': () => ({ status: 201, body: echo }),
    'POST reimport-scan/': () => ({ status: 400, body: {} }),
  })

  await bench.run('import_scan', { ...report, content: '{}' })
  await bench.refusal('reimport_scan', { ...report, content: '{}', test_id: 11 })

  const steps = [
    [0, 2, 'Sending the report'],
    [1, 2, 'DefectDojo is reading the report'],
  ]
  const phases = [
    ['info', 'Sending the report'],
    ['info', 'DefectDojo is reading the report'],
  ]
  t.same(bench.traces.progress, [...steps, ...steps])
  t.same(bench.traces.log, [...phases, ['info', 'The report is imported'], ...phases])
})

t.test('of a large report a client hears in tenths how much is sent', async (t) => {
  const bench = await buildBench(t, {
    'POST import-scan/': () => ({ status: 201, body: echo }),
  })

  await bench.run('import_scan', { ...report, content: 'x'.repeat(6 * 1_048_576) })

  const { progress } = bench.traces
  t.same(
    progress.map(([done]) => done),
    [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
  )
  t.ok(progress.every(([, total]) => total === 2))
  t.match(progress[5], [0.5, 2, /^Sending the report, [23] of 7 MiB$/])
})
