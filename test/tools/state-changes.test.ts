import t from 'tap'
import { openAccessCaller, tokenCaller } from '../../src/access/caller.js'
import * as shapes from './recorded-shapes.js'
import { admin, buildBench, nobody, type Script } from './tool-bench.js'

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
