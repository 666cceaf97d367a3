import t, { type Test } from 'tap'
import { startSandbox } from '../../sandbox/server.js'
import { type CloseReason, closeFinding, reopenFinding } from '../../src/dojo/finding-state.js'
import {
  type Answer,
  failureOf,
  json,
  page,
  startUpstream,
  type Upstream,
  watchedClient,
} from './upstream.js'

/** What tells the releases apart in the index of the API. */
const releases: Record<string, object> = {
  '2.47': { findings: '', stub_findings: '', dojo_groups: '' },
  '2.56': { findings: '', assets: '', organizations: '', dojo_groups: '' },
  '3.2': { findings: '', assets: '', organizations: '', location: '' },
}

/** An instance that says yes to everything but what `except` answers. */
async function startInstance(
  t: Test,
  release: string,
  except: Record<string, Answer> = {},
): Promise<Upstream> {
  return startUpstream(t, (request, response) => {
    const path = request.url.replace('/api/v2/', '')
    const own = except[`${request.method} ${path}`]
    if (own) return own(request, response)
    if (path === '') return json(200, releases[release])(request, response)
    json(200, request.method === 'GET' ? { id: 7, title: 'read back' } : {})(request, response)
  })
}

/** What was asked of it, bodies parsed. */
const asked = ({ seen }: Upstream): unknown[] =>
  seen.map(({ method, url, body }) => [
    method,
    url.replace('/api/v2/', ''),
    ...(body.length > 0 ? [JSON.parse(body.toString())] : []),
  ])

const closed = (flags: object) => ({
  is_mitigated: true,
  false_p: false,
  out_of_scope: false,
  duplicate: false,
  ...flags,
})
const now = (): Date => new Date('2026-11-22T05:43:03Z')

t.test('closing uses the close operation, with the note inside from 2.56 on', async (t) => {
  for (const release of ['2.56', '3.2']) {
    for (const [reason, flags] of [
      ['mitigated', {}],
      ['false_positive', { false_p: true }],
      ['out_of_scope', { out_of_scope: true }],
    ] as const) {
      const instance = await startInstance(t, release)
      const dojo = watchedClient(t, instance.url).call()

      const change = await closeFinding(dojo, 7, reason, 'Fixed in 4.2.1', { now })

      t.same(change, { finding: { id: 7, title: 'read back' } })
      t.same(asked(instance), [
        ['GET', ''],
        ['POST', 'findings/7/close/', closed({ ...flags, note: 'Fixed in 4.2.1' })],
        ['GET', 'findings/7/'],
      ])
    }
  }
})

t.test('before 2.56 the note is added after the close, and the date is sent', async (t) => {
  const instance = await startInstance(t, '2.47')
  const { call } = watchedClient(t, instance.url)

  t.same(await closeFinding(call(), 7, 'mitigated', 'Fixed', { now }), {
    finding: { id: 7, title: 'read back' },
  })
  t.same(asked(instance), [
    ['GET', ''],
    ['POST', 'findings/7/close/', closed({ mitigated: '2026-11-22T05:43:03.000Z' })],
    ['POST', 'findings/7/notes/', { entry: 'Fixed', private: false }],
    ['GET', 'findings/7/'],
  ])

  instance.seen.length = 0
  await closeFinding(call(), 7, 'false_positive')
  t.match(asked(instance), [
    ['POST', 'findings/7/close/', closed({ false_p: true })],
    ['GET', 'findings/7/'],
  ])
})

t.test('a duplicate is patched on every release, unverified, and its note follows', async (t) => {
  for (const release of Object.keys(releases)) {
    const instance = await startInstance(t, release)

    await closeFinding(watchedClient(t, instance.url).call(), 7, 'duplicate', 'Same as 3')

    t.same(asked(instance), [
      [
        'PATCH',
        'findings/7/',
        { active: false, verified: false, duplicate: true, is_mitigated: false },
      ],
      ['POST', 'findings/7/notes/', { entry: 'Same as 3', private: false }],
      ['GET', 'findings/7/'],
    ])
  }
})

t.test('reopening clears everything that makes DefectDojo refuse', async (t) => {
  const instance = await startInstance(t, '3.2')

  const change = await reopenFinding(watchedClient(t, instance.url).call(), 7, 'Back again')

  t.same(change, { finding: { id: 7, title: 'read back' } })
  t.same(asked(instance), [
    [
      'PATCH',
      'findings/7/',
      {
        active: true,
        is_mitigated: false,
        false_p: false,
        out_of_scope: false,
        duplicate: false,
        risk_accepted: false,
      },
    ],
    ['POST', 'findings/7/notes/', { entry: 'Back again', private: false }],
    ['GET', 'findings/7/'],
  ])
})

t.test('every release closes and reopens a verified finding for every reason', async (t) => {
  for (const edition of ['2.47', '2.57.2', '3.2.0'] as const) {
    const sandbox = await startSandbox({ seed: 'demo', edition })
    t.teardown(() => sandbox.close())
    const { call } = watchedClient(t, sandbox.url, {
      keys: { read: sandbox.apiKey, write: sandbox.apiKey },
    })
    const page = await call().get('findings/', { active: true, limit: 1 })
    const id = Number((page as { results: { id: unknown }[] }).results[0]?.id)

    for (const [reason, flags] of [
      ['mitigated', { is_mitigated: true, duplicate: false }],
      ['false_positive', { false_p: true, verified: false }],
      ['out_of_scope', { out_of_scope: true, verified: false }],
      ['duplicate', { duplicate: true, verified: false, is_mitigated: false }],
    ] as const) {
      await call().patch(`findings/${id}/`, { verified: true })
      const note = `${reason} on ${edition}`
      const change = await closeFinding(call(), id, reason, note)
      t.notOk(change.noteError ?? change.readBackFailed)
      t.match(change.finding, { id, active: false, ...flags }, note)
      const reopened = await reopenFinding(call(), id, `${note}, again`)
      t.match(reopened.finding, { id, active: true, is_mitigated: false, false_p: false }, note)
      const { notes } = (await call().get(`findings/${id}/notes/`)) as {
        notes: { entry: string }[]
      }
      t.same(
        notes.slice(0, 2).map(({ entry }) => entry),
        [`${note}, again`, note],
      )
    }
    t.same(sandbox.faults, [])
  }
})

t.test('what fails after the change is told and does not undo it', async (t) => {
  const noNote = await startInstance(t, '2.47', {
    'POST findings/7/notes/': json(403, { detail: 'dojo-internal' }),
  })
  const noted = await closeFinding(watchedClient(t, noNote.url).call(), 7, 'mitigated', 'x')
  t.same(noted.finding, { id: 7, title: 'read back' })
  t.match(noted.noteError, /^Insufficient permissions \(HTTP 403/)
  t.notMatch(noted.noteError, 'dojo-internal')

  const noRead = await startInstance(t, '3.2', { 'GET findings/7/': page(500) })
  for (const change of [
    await closeFinding(watchedClient(t, noRead.url).call(), 7, 'mitigated', 'x'),
    await reopenFinding(watchedClient(t, noRead.url).call(), 7),
  ]) {
    t.same(change, { finding: null, readBackFailed: true })
  }
})

t.test('when the change itself fails, nothing follows it', async (t) => {
  const instance = await startInstance(t, '3.2', {
    'POST findings/7/close/': json(404, { detail: 'No Finding matches the given query.' }),
    'PATCH findings/7/': json(404, { detail: 'No Finding matches the given query.' }),
  })
  const { call } = watchedClient(t, instance.url)

  for (const reason of ['mitigated', 'duplicate'] as CloseReason[]) {
    const error = await failureOf(t, closeFinding(call(), 7, reason, 'x'))
    t.match(error.message, 'There is no such finding, or this server may not see it.')
  }
  await failureOf(t, reopenFinding(call(), 7, 'x'))

  t.notMatch(JSON.stringify(asked(instance)), 'notes')
})

t.test('what the instance can do is asked once, and again only after a failure', async (t) => {
  const instance = await startInstance(t, '3.2')
  const good = instance.answer
  const { call } = watchedClient(t, instance.url)
  instance.answer = page(500)
  await failureOf(t, call().edition())
  instance.answer = good
  instance.seen.length = 0

  const leaving = new AbortController()
  const left = failureOf(t, call({ signal: leaving.signal }).edition())
  const others = [call().edition(), call().edition()]
  leaving.abort()

  t.equal((await left).code, 'cancelled')
  t.match(await Promise.all(others), [{ closesWithNote: true }, { closesWithNote: true }])
  t.match(await call().edition(), { closesWithNote: true })
  t.equal(instance.seen.length, 1)

  const old = await startInstance(t, '2.56')
  t.match(await watchedClient(t, old.url).call().edition(), {
    closesWithNote: true,
  })
})
