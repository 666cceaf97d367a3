import t from 'tap'
import { withFinding } from './client.js'

t.test('every filter reads its value as the real server does', async (t) => {
  const { get, sandbox } = await withFinding(t, { tags: ['web', 'pci'] })
  const { store } = sandbox
  store.createFinding({
    test: 1,
    title: 'Two old',
    severity: 'Critical',
    date: '2025-01-01',
    epss_score: 0.6,
    vulnerability_ids: ['CVE-1'],
    component_name: 'OpenSSL',
    mitigation: 'Update.',
  })
  store.createFinding({
    test: 1,
    title: 'Three',
    severity: 'Low',
    active: false,
    is_mitigated: true,
    mitigated: '2026-06-10T08:00:00Z',
    date: '2026-05-01',
    service: 'api',
    duplicate_finding: 1,
  })
  const cases: [query: string, expected: number[] | string][] = [
    ['severity=Critical,High', [1, 2]],
    ['severity=Critical, High', [2]],
    ['severity=Critical&severity=Low', [3]],
    ['severity=critical', []],
    ['numerical_severity=S0,S3', [2, 3]],
    ['active=true', [1, 2]],
    ['active=False', [3]],
    ['active=1', [1, 2, 3]],
    ['active=TRUE', [1, 2, 3]],
    ['title=O', [1, 2]],
    ['exact_title=two OLD', [2]],
    ['date=1', [1]],
    ['date=4', [1, 3]],
    ['date=6', [1, 3]],
    ['date=2026-06-15', 'Select a valid choice. 2026-06-15 is not one of the available choices.'],
    ['discovered_on=2026-05-01', [3]],
    ['discovered_before=2026-05-01', [2]],
    ['discovered_after=2026-05-01', [1]],
    ['discovered_after=yesterday', 'Enter a valid date.'],
    ['mitigated_on=2026-06-10', [3]],
    ['mitigated_after=2026-06-10', []],
    ['mitigated_after=2026-06-10T07:00:00Z', [3]],
    ['mitigated_before=2026-06-11', [3]],
    ['outside_of_sla=1', [2]],
    ['outside_of_sla=0', [1, 3]],
    ['outside_of_sla=true', 'Select a valid choice. true is not one of the available choices.'],
    ['risk_acceptance=1', []],
    ['epss_score_min=50', [2]],
    ['epss_score_min=0&epss_score_max=70', [2]],
    ['test=1', [1, 2, 3]],
    ['test=99', 'Select a valid choice. That choice is not one of the available choices.'],
    ['test=1,2', 'Select a valid choice. That choice is not one of the available choices.'],
    ['duplicate_finding=1', [3]],
    ['test__engagement__product=1', [1, 2, 3]],
    ['test__engagement__product=2', []],
    ['id=1,3', [1, 3]],
    ['id=one', 'Enter a number.'],
    ['vulnerability_id=CVE-1', [2]],
    ['vulnerability_id=cve-1', []],
    ['component_name=ssl', [2]],
    ['service=api', [3]],
    ['service=ap', []],
    ['product_name=shop', [1, 2, 3]],
    ['product_name_contains=HO', [1, 2, 3]],
    ['mitigation_available=true', [2]],
    ['tag=c', [1]],
    ['tags=WEB,nope', [1]],
    ['tags__and=web,pci', [1]],
    ['tags__and=web,nope', []],
    ['not_tags=web', [2, 3]],
    ['has_tags=false', [2, 3]],
    ['has_jira=false', [1, 2, 3]],
    ['sevrity=Low', [1, 2, 3]],
    ['o=numerical_severity,-date', [2, 1, 3]],
    ['o=severity', [2, 1, 3]],
    ['o=-id', [3, 2, 1]],
    ['o=updated', 'Select a valid choice. updated is not one of the available choices.'],
  ]

  for (const [query, expected] of cases) {
    const { status, body } = await get(`findings/?${query}`)
    if (typeof expected === 'string') {
      t.equal(status, 400, query)
      t.same(body[query.split('=')[0] ?? ''], [expected], query)
    } else {
      t.same(
        body.results.map((row) => row.id),
        expected,
        query,
      )
    }
  }
  t.equal((await get('findings/?epss_score_min=0')).status, 500, 'a lone bound of 0')
  t.same(sandbox.faults, [])
})

t.test('related_fields and prefetch bring what the finding belongs to', async (t) => {
  const { get } = await withFinding(t)

  t.equal((await get('findings/1/?related_fields=1')).body.related_fields, null)
  t.match((await get('findings/1/?related_fields=true')).body.related_fields, {
    test: { engagement: { name: 'Release 1', product: { id: 1, name: 'Shop' } } },
    jira: null,
  })
  const { prefetch } = (await get('findings/?prefetch=test,reporter,nope')).body
  t.match(prefetch, { test: { 1: { title: 'Manual review' } }, reporter: { 1: { id: 1 } } })
  t.notOk('nope' in prefetch)
})

t.test('products show their active findings, engagements their own rules', async (t) => {
  const { get, post, patch } = await withFinding(t)
  t.match((await get('products/1/')).body, { findings_count: 1, findings_list: [1] })
  t.same((await post('products/', { prod_type: 1, name: 'Shop', description: 'd' })).body.name, [
    'product with this name already exists.',
  ])
  const twisted = { product: 1, target_start: '2026-02-01', target_end: '2026-01-01' }
  t.match((await post('engagements/', twisted)).body.non_field_errors, [/start date exceeds/])
  t.equal((await patch('engagements/1/', twisted)).status, 200, 'a patch may reverse them')
  t.same((await post('engagements/1/close/')).body, {})
  t.match((await get('engagements/1/')).body, { active: false, status: 'Completed' })
  await patch('engagements/1/', { status: 'In Progress', active: true })
  t.match((await get('engagements/1/')).body, { active: false })
  await post('engagements/1/reopen/')
  t.match((await get('engagements/1/')).body, { active: true, status: 'In Progress' })
  t.same((await get('engagements/?product=9')).status, 400)
})
