import t from 'tap'
import { openAccessCaller, tokenCaller } from '../../src/access/caller.js'
import * as shapes from './recorded-shapes.js'
import { admin, buildBench, nobody, type Script } from './tool-bench.js'

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

const updated = (stored: Partial<typeof shapes.finding>): Script => ({
  'GET findings/21/': () => ({ body: { ...shapes.finding, ...stored } }),
  'PATCH findings/21/': ({ body }) => ({
    body: { ...shapes.finding, ...stored, ...(body as object) },
  }),
})

t.test('the state gate: who may not reopen a finding cannot do so with a flag', async (t) => {
  const closed = { active: false, is_mitigated: true, mitigated: '2026-08-03T00:00:00Z' }
  const stampedOnly = { active: false, is_mitigated: false, mitigated: '2026-08-03T00:00:00Z' }
  const cases: [
    stored: Partial<typeof shapes.finding>,
    changes: Record<string, unknown>,
    cause: string | null,
  ][] = [
    [closed, { is_mitigated: false }, 'explicit_field'],
    [closed, { active: true }, 'active_side_effect'],
    [closed, { false_p: true }, 'false_p_side_effect'],
    [closed, { false_p: false }, 'false_p_side_effect'],
    [closed, { duplicate: true }, 'duplicate_side_effect'],
    [closed, { out_of_scope: false }, 'out_of_scope_side_effect'],
    [
      closed,
      { is_mitigated: false, active: true, out_of_scope: false },
      'explicit_field,active_side_effect,out_of_scope_side_effect',
    ],
    [stampedOnly, { active: true }, 'active_side_effect'],
    [closed, { is_mitigated: true }, null],
    [closed, { active: false }, null],
    [{}, { active: true }, null],
    [{}, { is_mitigated: true }, null],
    [{}, { false_p: true, duplicate: true, out_of_scope: true }, null],
  ]

  for (const [stored, changes, cause] of cases) {
    const title = `${JSON.stringify(stored)} + ${JSON.stringify(changes)}`
    const allowed = await buildBench(t, updated(stored))
    await allowed.run('update_finding', { finding_id: 21, ...changes }, { caller: admin })
    t.same(
      allowed.requests.map(({ method }) => method),
      ['GET', 'PATCH'],
      title,
    )
    t.same(allowed.requests[1]?.body, changes)
    t.same(allowed.traces.findingsRead, [21])
    t.same(
      allowed.traces.notes,
      cause === null
        ? []
        : [
            {
              level: 'INFO',
              message: 'update_finding mitigation state transitioned',
              fields: {
                event_type: 'audit',
                tool_name: 'update_finding',
                finding_id: 21,
                caller_role: 'admin',
                outcome: 'success',
                transition_cause: cause,
              },
            },
          ],
      title,
    )
    if (cause === null) continue

    for (const caller of [nobody, openAccessCaller('admin'), tokenCaller('sam', 'scanner')]) {
      const denied = await buildBench(t, updated(stored))
      const error = await denied.refusal(
        'update_finding',
        { finding_id: 21, ...changes },
        { caller },
      )
      t.match(error, {
        code: 'state_refused',
        outcome: 'denied',
        message:
          'Cannot clear is_mitigated via update_finding — use reopen_finding (requires engagement_mgmt permission)',
      })
      t.same(
        denied.requests.map(({ method }) => method),
        ['GET'],
      )
      t.same(denied.traces.findingsRead, [21])
      t.same(denied.traces.notes, [])
      t.same(denied.traces.details, {
        finding_id: 21,
        caller_role: caller.role,
        transition_cause: cause,
      })
    }
  }
})

t.test(
  'the state gate: verified and inactive do not go together, in two calls either',
  async (t) => {
    const cases: [Partial<typeof shapes.finding>, Record<string, unknown>][] = [
      [{ active: false }, { verified: true }],
      [{ verified: true }, { active: false }],
    ]

    for (const [stored, changes] of cases) {
      const bench = await buildBench(t, updated(stored))
      const error = await bench.refusal('update_finding', { finding_id: 21, ...changes })
      t.match(error, {
        code: 'state_refused',
        message: 'Cannot set verified=true on an inactive finding (active=false)',
      })
      t.same(bench.traces.details, {
        finding_id: 21,
        caller_role: 'admin',
        rejection_reason: 'verified_inactive_mutex_post_state',
      })
      t.same(
        bench.requests.map(({ method }) => method),
        ['GET'],
      )
    }
    const both = await buildBench(t, updated({ verified: true }))
    await both.run('update_finding', { finding_id: 21, active: false, verified: false })
    t.same(both.requests[1]?.body, { active: false, verified: false })
  },
)

const resources = {
  assets: 'http://dojo.example/api/v2/assets/',
  findings: 'http://dojo.example/api/v2/findings/',
}

t.test('closing and reopening show the finding, and say so when only the note fails', async (t) => {
  const closed = { ...shapes.finding, active: false, is_mitigated: true }
  const bench = await buildBench(t, {
    'GET ': () => ({ body: resources }),
    'POST findings/21/close/': () => ({ body: {} }),
    'PATCH findings/21/': () => ({ body: shapes.finding }),
    'GET findings/21/': () => ({ body: closed }),
    'POST findings/21/notes/': () => ({ status: 400, body: { entry: ['no'] } }),
  })
  const shown = { ...shapes.shownFinding, active: false, is_mitigated: true }

  t.strictSame(await bench.run('close_finding', { finding_id: 21, reason: 'mitigated' }), shown)
  t.same(bench.traces.notes, [])
  const reopened = await bench.run('reopen_finding', { finding_id: 21, note: 'Back again.' })

  t.match(reopened, {
    ...shown,
    _warning: {
      message:
        /^Finding reopened but note failed: Invalid request parameters \(HTTP 400, request_id=/,
      note_attach_failed: true,
      finding_id: 21,
    },
  })
  t.match(bench.traces.notes, [
    {
      level: 'WARNING',
      message: 'note_attach_failure',
      fields: {
        event_type: 'note_attach_failure',
        tool_name: 'reopen_finding',
        finding_id: 21,
        reason: /^Invalid request parameters/,
      },
    },
  ])
})

t.test(
  'a finding that was closed but cannot be read back is a success with a warning',
  async (t) => {
    for (const body of [undefined, { id: 21, title: 7 }]) {
      const bench = await buildBench(t, {
        'GET ': () => ({ body: resources }),
        'POST findings/21/close/': () => ({ body: {} }),
        'GET findings/21/': () => (body ? { body } : { status: 403, body: {} }),
      })

      const result = await bench.run('close_finding', { finding_id: 21, reason: 'false_positive' })

      t.strictSame(result, {
        id: 21,
        _warning: {
          message: 'Finding closed but it could not be read back. Use get_finding.',
          read_back_failed: true,
          finding_id: 21,
        },
      })
    }
  },
)

t.test('a reason that is none is refused with the list of them', async (t) => {
  const bench = await buildBench(t, {})

  const error = await bench.refusal('close_finding', { finding_id: 21, reason: 'fixed' })

  t.equal(
    error.message,
    "reason must be one of ['duplicate', 'false_positive', 'mitigated', 'out_of_scope'], got 'fixed'",
  )
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
