import t from 'tap'
import { furnish, sandboxClient } from './client.js'

const report = (...titles: string[]) => ({
  findings: titles.map((title) => ({ title, severity: 'High', description: `About ${title}.` })),
})

t.test('an import makes a test, counts what it stored, and keeps a history', async (t) => {
  const { scan, get, sandbox } = await sandboxClient(t)
  furnish(sandbox)
  const findings = [
    { title: 'one', severity: 'High', description: 'd', tags: ['own'] },
    { title: 'two', severity: 'Low', description: 'd', active: false },
    { title: 'three', severity: 'Info', description: 'd' },
  ]

  const answer = await scan(
    'import',
    {
      engagement: '1',
      minimum_severity: 'Low',
      scan_date: '2026-01-05',
      tags: ['Nightly', 'a,b'],
      apply_tags_to_findings: 'true',
      version: '1.2',
      service: 'api',
      test_title: 'Night',
      environment: 'Production',
    },
    { findings },
  )

  t.equal(answer.status, 201)
  t.match(answer.body, {
    engagement_id: 1,
    product_id: 1,
    product_type_id: 1,
    close_old_findings: false,
    deduplication_complete: false,
    tags: ['Nightly', 'a', 'b'],
    version: '1.2',
  })
  t.match(answer.body.statistics.after, {
    high: { active: 1, total: 1 },
    low: { active: 0, total: 1 },
    info: { total: 0 },
    total: { active: 1, total: 2 },
  })
  t.notOk('before' in answer.body.statistics)
  t.match((await get(`tests/${answer.body.test}/`)).body, {
    title: 'Night',
    scan_type: 'Generic Findings Import',
    percent_complete: 100,
    environment: 4,
    version: '1.2',
    tags: ['Nightly', 'a', 'b'],
  })
  t.match((await get(`findings/?test=${answer.body.test}&o=id`)).body.results, [
    { title: 'One', date: '2026-01-05', service: 'api', tags: ['a', 'b', 'nightly', 'own'] },
    { title: 'Two', active: false, static_finding: false },
  ])
  t.match((await get(`test_imports/?test=${answer.body.test}`)).body.results, [
    {
      type: 'import',
      version: '1.2',
      findings_affected: [1, 2],
      test_import_finding_action_set: [{ action: 'N' }, { action: 'N' }],
    },
  ])
  t.same(sandbox.faults, [])
})

t.test('active and verified follow the parser unless they are sent', async (t) => {
  const { scan, get, sandbox } = await sandboxClient(t)
  furnish(sandbox)
  const findings = [
    { title: 'one', severity: 'High', description: 'd', active: true, verified: true },
  ]
  const imported = async (form: Record<string, string>) => {
    const { body } = await scan('import', { engagement: '1', ...form }, { findings })
    return (await get(`findings/?test=${body.test}`)).body.results[0]
  }

  t.match(await imported({}), { active: true, verified: true })
  t.match(await imported({ active: 'false', verified: 'false' }), {
    active: false,
    verified: false,
  })
  t.match(await imported({ active: '', verified: '' }), { active: true, verified: true }, 'blank')
})

t.test('a reimport adds, closes, brings back and leaves alone', async (t) => {
  const { scan, get, post, sandbox } = await sandboxClient(t)
  furnish(sandbox)
  const first = await scan('import', { engagement: '1' }, report('kept', 'fixed', 'judged', 'back'))
  const test = String(first.body.test)
  const [, fixed, judged, back] = sandbox.store.findings.all()
  await post(`findings/${judged?.id}/close/`, { is_mitigated: true, false_p: true })
  await post(`findings/${back?.id}/close/`, { is_mitigated: true })

  const { body } = await scan(
    'reimport',
    { test, tags: 'again' },
    report('kept', 'judged', 'back', 'new'),
  )

  t.match(body.statistics.before.total, { total: 4, active: 2 })
  t.match(body.statistics.delta, {
    created: { total: { total: 1, active: 1 } },
    closed: { total: { total: 1, is_mitigated: 1, active: 0 } },
    reactivated: { total: { total: 1, active: 1 } },
    untouched: { total: { total: 2 } },
  })
  t.match(body.statistics.after.total, { total: 5, active: 3, is_mitigated: 2 })
  t.match((await get(`findings/${fixed?.id}/`)).body, {
    display_status: 'Inactive, Mitigated',
    notes: [{ entry: /re-upload/ }],
  })
  t.match((await get(`findings/${judged?.id}/`)).body, { active: false, false_p: true })
  t.same((await get(`tests/${test}/`)).body.tags, ['again'])
  const [newest] = (await get(`test_imports/?test=${test}`)).body.results
  const actions = newest?.test_import_finding_action_set as { action: string }[]
  t.same(
    actions.map(({ action }) => action),
    ['C', 'N', 'R', 'U', 'U'],
  )
})

t.test('a reimport can be told to leave findings as they are', async (t) => {
  const { scan, post, sandbox } = await sandboxClient(t)
  furnish(sandbox)
  const first = await scan('import', { engagement: '1', service: 'api' }, report('a', 'b'))
  const test = String(first.body.test)
  await post('findings/1/close/', { is_mitigated: true })
  const total = async (form: Record<string, string>, ...titles: string[]) => {
    const { body } = await scan('reimport', { test, ...form }, report(...titles))
    const { delta } = body.statistics
    return Object.entries(delta).map(([name, table]) => `${name} ${table.total.total}`)
  }

  t.same(await total({ do_not_reactivate: 'true', close_old_findings: 'false' }, 'a'), [
    'created 0',
    'closed 0',
    'reactivated 0',
    'untouched 1',
  ])
  t.same(
    await total({}, 'a'),
    ['created 0', 'closed 0', 'reactivated 1', 'untouched 0'],
    'without the service of the first import nothing is closed',
  )
  t.same(await total({ service: 'api' }, 'a'), [
    'created 0',
    'closed 1',
    'reactivated 0',
    'untouched 1',
  ])
})

t.test('an import closes what other tests of the type had only when asked', async (t) => {
  const { scan, sandbox } = await sandboxClient(t)
  furnish(sandbox)
  sandbox.store.createEngagement({ product: 1, name: 'Release 2' })
  await scan('import', { engagement: '1' }, report('a', 'b'))
  const open = () => sandbox.store.findings.all().filter(({ active }) => active).length

  await scan('import', { engagement: '1' }, report('a'))
  t.equal(open(), 3)
  await scan('import', { engagement: '2', close_old_findings: 'true' }, report('a'))
  t.equal(open(), 4, 'the other engagement is out of reach')
  await scan('import', { engagement: '1', close_old_findings: 'true' }, report('a'))
  t.equal(open(), 4, 'b is closed, a new a is there')
  await scan(
    'import',
    { engagement: '2', close_old_findings: 'true', close_old_findings_product_scope: 'true' },
    report('c'),
  )
  t.equal(open(), 1)
})

t.test('duplicates are marked while deduplication is on, and only then', async (t) => {
  for (const deduplication of [false, true]) {
    const { scan, sandbox } = await sandboxClient(t, { deduplication })
    furnish(sandbox)
    await scan('import', { engagement: '1' }, report('a', 'b'))

    const quick = await scan('import', { engagement: '1' }, report('a', 'c'))
    const waited = await scan(
      'import',
      { engagement: '1', deduplication_execution_mode: 'async_wait' },
      report('b', 'd'),
    )

    const later = deduplication ? 1 : 0
    t.equal(quick.body.statistics.after.total.duplicate, 0, 'the answer does not wait')
    t.equal(waited.body.statistics.after.total.duplicate, later)
    t.equal(waited.body.deduplication_complete, true)
    const duplicates = sandbox.store.findings.all().filter(({ duplicate }) => duplicate)
    t.match(
      duplicates.map(({ title, duplicate_finding, active }) => [title, duplicate_finding, active]),
      deduplication
        ? [
            ['A', 1, false],
            ['B', 2, false],
          ]
        : [],
    )
  }
})

t.test(
  'deduplication stays inside an engagement that asks for it, and follows the setting',
  async (t) => {
    const { scan, patch, sandbox } = await sandboxClient(t)
    furnish(sandbox)
    sandbox.store.createEngagement({ product: 1, deduplication_on_engagement: true })
    const duplicates = () => sandbox.store.findings.all().filter((row) => row.duplicate).length

    t.equal((await patch('system_settings/1/', { enable_deduplication: true })).status, 200)
    await scan('import', { engagement: '1' }, report('a'))
    await scan('import', { engagement: '2' }, report('a'))
    t.equal(duplicates(), 0)
    await scan('import', { engagement: '2' }, report('a'))
    t.equal(duplicates(), 1)
  },
)
