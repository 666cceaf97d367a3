import t from 'tap'
import type { FindingRecord } from '../../sandbox/records.js'
import { furnish, sandboxClient, withFinding } from './client.js'

t.test('each change of state has the effects of the table', async (t) => {
  const at = '2026-01-01T00:00:00Z'
  const mitigated = { active: false, is_mitigated: true, mitigated: at, mitigated_by: 1 }
  const cases: [stored: Partial<FindingRecord>, sent: object, status: number, state: object][] = [
    [
      { ...mitigated, false_p: true },
      { active: true },
      200,
      { active: true, false_p: false, is_mitigated: false, mitigated: null, mitigated_by: null },
    ],
    [{ active: false, duplicate: true }, { active: true }, 400, { active: false }],
    [{ active: false, risk_accepted: true }, { active: true }, 400, { active: false }],
    [
      {},
      { active: false },
      200,
      { active: false, is_mitigated: false, display_status: 'Inactive' },
    ],
    [
      {},
      { is_mitigated: true },
      200,
      { active: true, is_mitigated: true, mitigated_by: 1, display_status: 'Active, Mitigated' },
    ],
    [mitigated, { is_mitigated: false }, 200, { active: false, mitigated: null }],
    [
      {},
      { false_p: true },
      200,
      {
        active: false,
        verified: false,
        is_mitigated: true,
        display_status: 'Inactive, Mitigated, False Positive',
      },
    ],
    [{ verified: true }, { false_p: true }, 400, { false_p: false }],
    [{ verified: true }, { false_p: true, verified: false }, 200, { false_p: true, active: false }],
    [{ verified: true }, { out_of_scope: true }, 200, { verified: false, is_mitigated: true }],
    [{}, { duplicate: true }, 400, { duplicate: false }],
    [{}, { duplicate: true, active: false }, 200, { duplicate: true, duplicate_finding: null }],
    [
      { active: false, duplicate: true, duplicate_finding: 1 },
      { duplicate: false },
      200,
      { active: false, duplicate_finding: 1 },
    ],
    [
      { active: false, duplicate: true, duplicate_finding: 1 },
      { duplicate: false, active: true },
      200,
      { active: true, duplicate_finding: null },
    ],
    [{}, { risk_accepted: true, active: false }, 400, { risk_accepted: false }],
    [
      { active: false, risk_accepted: true },
      { risk_accepted: false },
      200,
      { active: true, risk_accepted: false },
    ],
    [
      { ...mitigated, false_p: true, risk_accepted: true },
      { risk_accepted: false },
      200,
      { active: false, risk_accepted: false },
    ],
    [{ active: false, duplicate: true }, { verified: true }, 400, { verified: false }],
  ]

  const { patch, get, sandbox } = await withFinding(t)
  for (const [stored, sent, status, state] of cases) {
    const { id } = sandbox.store.createFinding({
      test: 1,
      title: 'Case',
      severity: 'Low',
      ...stored,
    })

    const answer = await patch(`findings/${id}/`, sent)

    const name = `${JSON.stringify(stored)} + ${JSON.stringify(sent)}`
    t.equal(answer.status, status, name)
    t.match((await get(`findings/${id}/`)).body, state, name)
  }
  t.same(sandbox.faults, [])
})

t.test('the reopening patch works from every closed state', async (t) => {
  const { post, patch, sandbox } = await withFinding(t)
  const reopen = {
    active: true,
    is_mitigated: false,
    false_p: false,
    out_of_scope: false,
    duplicate: false,
    risk_accepted: false,
  }
  const closings: [name: string, close: (id: number) => Promise<unknown>][] = [
    ['mitigated', (id) => post(`findings/${id}/close/`, { is_mitigated: true })],
    [
      'false positive',
      (id) => post(`findings/${id}/close/`, { is_mitigated: true, false_p: true }),
    ],
    [
      'out of scope',
      (id) => post(`findings/${id}/close/`, { is_mitigated: true, out_of_scope: true }),
    ],
    ['duplicate', (id) => post(`findings/${id}/close/`, { is_mitigated: false, duplicate: true })],
    ['duplicate of', (id) => post(`findings/${id}/original/1/`)],
    [
      'accepted',
      (id) => post('risk_acceptance/', { name: 'ok', owner: 1, accepted_findings: [id] }),
    ],
    ['active', () => Promise.resolve()],
  ]

  for (const [name, close] of closings) {
    const { id } = sandbox.store.createFinding({ test: 1, title: name, severity: 'Low' })
    await close(id)
    const answer = await patch(`findings/${id}/`, reopen)
    t.equal(answer.status, 200, name)
    t.equal(answer.body.display_status, 'Active', name)
  }
})

t.test('close stamps, notes and does more than a patch', async (t) => {
  const { post, get } = await withFinding(t, { verified: true })

  t.equal((await post('findings/1/close/', {})).status, 500, 'is_mitigated left out')
  const other = await post('findings/1/close/', { is_mitigated: true, mitigated_by: 2 })
  t.same(other.body, { mitigated_by: ['Not allowed to set mitigated_by.'] })
  const closed = await post('findings/1/close/', { is_mitigated: true, note: 'Fixed.' })
  t.same(Object.keys(closed.body).sort(), [
    'duplicate',
    'false_p',
    'is_mitigated',
    'mitigated',
    'mitigated_by',
    'note_type',
    'out_of_scope',
  ])
  t.match((await get('findings/1/')).body, {
    display_status: 'Inactive, Verified, Mitigated',
    last_reviewed_by: 1,
    notes: [{ entry: 'Fixed.', author: { username: 'admin' } }],
  })
  await post('findings/1/close/', { is_mitigated: false, false_p: true })
  t.match((await get('findings/1/')).body, { verified: false, is_mitigated: true, false_p: true })
  await post('findings/1/close/', { is_mitigated: false, duplicate: true })
  t.match((await get('findings/1/')).body, { duplicate: true, false_p: false, mitigated: String })
})

t.test('2.47 ignores the note of a close and cannot verify', async (t) => {
  const { post, get, sandbox } = await sandboxClient(t, { edition: '2.47' })
  furnish(sandbox)
  sandbox.store.createFinding({ test: 1, title: 'One', severity: 'Low' })

  await post('findings/1/close/', { is_mitigated: true, note: 'Fixed.' })

  t.same((await get('findings/1/')).body.notes, [])
  t.equal((await post('findings/1/verify/')).status, 404)
})

t.test('duplicates have originals, clusters and a way back', async (t) => {
  const { post, get, sandbox } = await withFinding(t)
  for (const title of ['Two', 'Three'])
    sandbox.store.createFinding({ test: 1, title, severity: 'Low' })
  sandbox.store.createProduct({ name: 'Other' })
  sandbox.store.createEngagement({ product: 2 })
  sandbox.store.createTest({ engagement: 2, test_type: 1 })
  sandbox.store.createFinding({ test: 2, title: 'Elsewhere', severity: 'Low' })
  const cluster = async (id: number) =>
    ((await get(`findings/${id}/duplicate/`)).body as unknown as { id: number }[]).map(
      (row) => row.id,
    )

  t.equal((await post('findings/3/original/2/')).status, 204)
  t.equal((await post('findings/2/original/1/')).status, 204)
  t.same(await cluster(1), [2, 3], 'the cluster moved along')
  t.same(await cluster(3), [1, 2])
  t.equal((await post('findings/1/original/1/')).status, 204)
  t.equal((await post('findings/1/original/4/')).status, 404, 'another product')
  t.equal((await post('findings/2/duplicate/reset/')).status, 204)
  t.match((await get('findings/2/')).body, {
    active: true,
    duplicate: false,
    duplicate_finding: null,
  })
  const again = await post('findings/2/duplicate/reset/')
  t.equal(again.status, 400)
  t.equal(again.text, '')
})
