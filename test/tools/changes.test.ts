import t from 'tap'
import * as shapes from './recorded-shapes.js'
import { buildBench } from './tool-bench.js'

t.test("creating sends the reference's bodies and shows what was made", async (t) => {
  const bench = await buildBench(t, {
    'POST products/': () => ({ status: 201, body: shapes.product }),
    'POST engagements/': () => ({ status: 201, body: shapes.engagement }),
    'POST tests/': () => ({ status: 201, body: shapes.test }),
    'POST findings/': () => ({ status: 201, body: shapes.finding }),
  })
  const dates = { target_start: '2026-08-01', target_end: '2026-09-30' }
  const finding = { test_id: 9, title: 'x', severity: 'Medium', description: 'y' }

  t.match(await bench.run('create_product', { name: 'P', description: '', prod_type_id: 1 }), {
    id: 4,
  })
  t.match(await bench.run('create_engagement', { product_id: 4, name: 'R', ...dates }), { id: 5 })
  t.match(await bench.run('create_test', { engagement_id: 5, test_type_id: 3, ...dates }), {
    id: 9,
  })
  t.strictSame(await bench.run('create_finding', finding), shapes.shownFinding)
  await bench.run('create_finding', finding, { settings: { defaultFoundById: 7 } })

  const body = {
    test: 9,
    title: 'x',
    severity: 'Medium',
    numerical_severity: 'S2',
    description: 'y',
    active: true,
    verified: false,
    found_by: [],
  }
  t.strictSame(
    bench.requests.map((request) => request.body),
    [
      { name: 'P', description: '', prod_type: 1 },
      { product: 4, name: 'R', ...dates },
      { engagement: 5, test_type: 3, ...dates },
      body,
      { ...body, found_by: [7] },
    ],
  )
})

t.test('an engagement cannot end before it starts', async (t) => {
  const bench = await buildBench(t, {})

  const error = await bench.refusal('create_engagement', {
    product_id: 4,
    name: 'R',
    target_start: '2026-09-30',
    target_end: '2026-08-01',
  })

  t.equal(
    error.message,
    "target_start must not be after target_end, got '2026-09-30' and '2026-08-01'",
  )
  t.same(bench.requests, [])
})

t.test(
  'an update is refused before anything is asked when its flags contradict each other',
  async (t) => {
    const bench = await buildBench(t, {})
    const refusals: [changes: Record<string, unknown>, message: string][] = [
      [{}, 'No fields to update. Specify at least one field to change.'],
      [{ title: null }, 'No fields to update. Specify at least one field to change.'],
      [
        { active: true, is_mitigated: true },
        'Cannot set active=true and is_mitigated=true in the same request',
      ],
      [
        { active: false, verified: true },
        'Cannot set verified=true on an inactive finding (active=false)',
      ],
    ]

    for (const [changes, message] of refusals) {
      const error = await bench.refusal('update_finding', { finding_id: 21, ...changes })
      t.match(error, { code: 'invalid_arguments', message })
    }
    t.same(bench.requests, [])
  },
)

t.test('an update without state flags is one request with just the given fields', async (t) => {
  const bench = await buildBench(t, { 'PATCH findings/21/': () => ({ body: shapes.finding }) })

  const result = await bench.run('update_finding', { finding_id: 21, severity: 'Low', title: 'T' })

  t.strictSame(result, shapes.shownFinding)
  t.match(bench.requests, [{ method: 'PATCH', body: { severity: 'Low', title: 'T' } }])
  t.equal(bench.requests.length, 1)
})

t.test(
  'a note comes back with id and date, or without them when it cannot be read back',
  async (t) => {
    const { id: _, date: __, ...created } = shapes.note
    const older = { ...shapes.note, id: 3, date: '2025-01-01T00:00:00Z' }
    const reads = [
      { body: { notes: [older, shapes.note, { ...shapes.note, id: 99, private: true }] } },
      { status: 403, body: {} },
      { body: { notes: [] } },
    ]
    const bench = await buildBench(t, {
      'POST findings/21/notes/': () => ({ status: 201, body: created }),
      'GET findings/21/notes/': () => reads.shift() ?? {},
    })
    const add = () => bench.run('add_finding_note', { finding_id: 21, entry: created.entry })
    const shown = { entry: created.entry, private: false, author: shapes.author }

    t.strictSame(await add(), { id: 12, date: shapes.note.date, ...shown })
    t.strictSame(await add(), { id: null, date: null, ...shown })
    t.strictSame(await add(), { id: null, date: null, ...shown })
    t.strictSame(bench.requests[0]?.body, { entry: created.entry, private: false })
  },
)

t.test('tags are added in lower case, and removed as they are stored', async (t) => {
  const stored = ['auth', 'PCI', 'owasp-a03']
  const bench = await buildBench(t, {
    'POST findings/21/tags/': () => ({ body: { tags: [...stored, 'sprint-12'] } }),
    'GET findings/21/tags/': () => ({ body: { tags: stored } }),
    'PATCH findings/21/remove_tags/': () => ({ status: 204 }),
  })

  const added = await bench.run('add_finding_tags', { finding_id: 21, tags: ['Sprint-12'] })
  const left = await bench.run('remove_finding_tags', { finding_id: 21, tags: ['pci', 'AUTH'] })

  t.strictSame(added, { tags: ['auth', 'PCI', 'owasp-a03', 'sprint-12'] })
  t.strictSame(left, { tags: ['owasp-a03'] })
  t.same(
    bench.requests.map(({ method, body }) => [method, body]),
    [
      ['POST', { tags: ['sprint-12'] }],
      ['GET', undefined],
      ['PATCH', { tags: ['PCI', 'auth'] }],
    ],
  )
})

t.test('a tag that is not there is named, and none is removed', async (t) => {
  const bench = await buildBench(t, {
    'GET findings/21/tags/': () => ({ body: { tags: ['auth', 'Hidden Orders'] } }),
  })

  const error = await bench.refusal('remove_finding_tags', {
    finding_id: 21,
    tags: ['auth', 'gone', 'a\nb'],
  })

  t.match(error, {
    code: 'invalid_arguments',
    message: "tags not on this finding: ['gone', 'a\\nb']; nothing was removed",
  })
  t.same(
    bench.requests.map(({ method }) => method),
    ['GET'],
  )
})

t.test('two removals on one finding do not lose a tag between them', async (t) => {
  let stored = ['one', 'two', 'three']
  const bench = await buildBench(t, {
    'GET findings/21/tags/': () => ({ body: { tags: stored } }),
    'PATCH findings/21/remove_tags/': ({ body }) => {
      const { tags } = body as { tags: string[] }
      stored = stored.filter((tag) => !tags.includes(tag))
      return { status: 204 }
    },
  })
  const remove = (tag: string) => bench.run('remove_finding_tags', { finding_id: 21, tags: [tag] })

  const results = await Promise.all([remove('one'), remove('two')])

  t.strictSame(results, [{ tags: ['two', 'three'] }, { tags: ['three'] }])
})

t.test('an unreadable answer to a change does not hide that the change was made', async (t) => {
  const bench = await buildBench(t, {
    'POST products/': () => ({ status: 201, body: { id: 4 } }),
    'PATCH findings/21/': () => ({ status: 204 }),
  })

  const created = await bench.refusal('create_product', {
    name: 'P',
    description: 'x',
    prod_type_id: 1,
  })
  const updated = await bench.refusal('update_finding', { finding_id: 21, title: 'T' })

  const accepted = 'DefectDojo has accepted the change: look before repeating the call.'
  t.equal(created.message, `Invalid API response data: name must be string. ${accepted}`)
  t.equal(updated.message, `Invalid API response data: id must be integer. ${accepted}`)
})
