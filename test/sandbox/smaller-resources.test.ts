import t from 'tap'
import { cvss3Score, isCvss4 } from '../../sandbox/rules/cvss.js'
import { withFinding } from './client.js'

t.test('base scores are those of the standard', async (t) => {
  const cases: [vector: string, score: number | undefined][] = [
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', 10],
    ['CVSS:3.0/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:N', 2.2],
    ['CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:C/C:L/I:L/A:N', 5.4],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N', 0],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H', undefined],
    ['bad', undefined],
  ]

  for (const [vector, score] of cases) t.equal(cvss3Score(vector), score, vector)
  t.ok(isCvss4('CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N'))
  t.notOk(isCvss4('CVSS:3.1/AV:N'))
})

t.test('metadata and HTTP pairs hang on a finding', async (t) => {
  const { get, post, send, sandbox } = await withFinding(t)
  const headers = { authorization: `Token ${sandbox.apiKey}`, 'content-type': 'application/json' }
  const path = 'findings/1/metadata/'

  t.equal((await post(path, { name: 'owner' })).status, 400)
  t.same((await post(path, { name: 'owner', value: 'team-a' })).status, 200)
  t.equal((await post(path, { name: 'owner', value: 'team-b' })).status, 400, 'taken')
  const body = JSON.stringify({ name: 'owner', value: 'team-c' })
  t.equal((await send('PUT', `${path}?name=owner`, { headers, body })).status, 200)
  t.same((await get(path)).body, [{ name: 'owner', value: 'team-c' }])
  t.same((await send('DELETE', `${path}?name=owner`)).body, 'Metadata deleted')
  t.equal((await send('DELETE', `${path}?name=owner`)).status, 404)
  const pair = { request: 'GET /', response: '200' }
  t.equal((await post('findings/1/request_response/', { req_resp: ['x'] })).status, 400)
  await post('findings/1/request_response/', { req_resp: [pair] })
  t.match((await get('findings/1/')).body, { request_response: { req_resp: [pair] } })
})

t.test('accepting a risk makes the finding inactive and can run out', async (t) => {
  const { get, post, sandbox } = await withFinding(t)
  const acceptance = {
    name: 'Until spring',
    owner: 1,
    accepted_findings: [1],
    expiration_date: '2026-03-01',
  }

  t.equal((await post('risk_acceptance/', acceptance)).status, 201)
  t.match((await get('findings/1/')).body, {
    display_status: 'Inactive, Risk Accepted',
    accepted_risks: [{ name: 'Until spring' }],
  })
  t.match((await get('engagements/1/')).body, { risk_acceptance: [1] })
  t.equal((await get('findings/?risk_acceptance=3')).body.count, 1)
  t.equal((await get('risk_acceptance/', 'stranger')).body.count, 0)
  Object.assign(sandbox.store.products.get(1) ?? {}, { enable_full_risk_acceptance: false })
  t.equal((await post('risk_acceptance/', acceptance)).status, 403)
})

t.test('SLA days follow their configuration', async (t) => {
  const { get, patch } = await withFinding(t)

  t.match((await get('findings/1/')).body, { sla_expiration_date: '2026-07-15' })
  t.equal((await patch('sla_configurations/1/', { high: 5 }, 'staff')).status, 403)
  await patch('sla_configurations/1/', { high: 5 })
  t.match((await get('findings/1/')).body, { sla_expiration_date: '2026-06-20' })
  await patch('sla_configurations/1/', { enforce_high: false })
  t.match((await get('findings/1/')).body, { sla_expiration_date: null, sla_days_remaining: null })
})

t.test('a delete takes along what is below', async (t) => {
  const { send, post, get, sandbox } = await withFinding(t)
  await post('findings/1/notes/', { entry: 'Note' })

  t.equal((await send('DELETE', 'products/1/')).status, 204)

  const { engagements, tests, findings, notes } = sandbox.store
  t.same(
    [engagements, tests, findings, notes].map((table) => table.size()),
    [0, 0, 0, 0],
  )
  t.equal((await get('findings/1/')).status, 404)
  t.equal((await send('DELETE', 'product_types/1/')).status, 204)
})

t.test('products and types are there under their new names too', async (t) => {
  const { get } = await withFinding(t)

  t.match((await get('assets/1/')).body, { name: 'Shop', organization: 1, asset_meta: [] })
  t.match((await get('organizations/')).body.results, [{ critical_asset: true }])
  t.same((await get('users/?username=STAFF')).body.count, 1)
  t.same((await get('tool_types/')).headers.get('x-deprecated'), 'True')
  t.same((await get('development_environments/')).body.count, 7)
  t.same((await get('test_types/?name=Pen%20Test')).body.results.length, 1)
})
