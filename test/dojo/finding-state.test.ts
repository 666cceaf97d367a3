import t, { type Test } from 'tap'
import { startSandbox } from '../../sandbox/server.js'
import { bypassesProxy } from '../../src/dojo/agents.js'
import { type CloseReason, closeFinding, reopenFinding } from '../../src/dojo/finding-state.js'
import { knownRefusals } from '../../src/dojo/known-refusals.js'
import { createOneAtATime } from '../../src/dojo/one-at-a-time.js'
import { ToolError } from '../../src/errors.js'
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

      const change = await closeFinding(dojo, 7, reason, 'Fixed in 4.2.1', now)

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

  t.same(await closeFinding(call(), 7, 'mitigated', 'Fixed', now), {
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
  t.same(await Promise.all(others), [
    { closesWithNote: true, locations: true },
    { closesWithNote: true, locations: true },
  ])
  t.same(await call().edition(), { closesWithNote: true, locations: true })
  t.equal(instance.seen.length, 1)

  const old = await startInstance(t, '2.56')
  t.same(await watchedClient(t, old.url).call().edition(), {
    closesWithNote: true,
    locations: false,
  })
})

t.test('changes of one finding run one after the other, of others beside them', async (t) => {
  const upstream = await startUpstream(t, json(200, {}))
  const { call } = watchedClient(t, upstream.url, { timeoutSeconds: 0.3 })
  const order: string[] = []
  let release = (): void => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const step = (name: string, wait?: Promise<void>) => async () => {
    order.push(`${name} begins`)
    await wait
    order.push(`${name} ends`)
  }

  const first = call({ timeoutSeconds: 5 }).exclusively(1, step('first', held))
  const impatient = failureOf(t, call().exclusively(1, step('impatient')))
  const leaving = new AbortController()
  const left = failureOf(t, call({ signal: leaving.signal }).exclusively(1, step('left')))
  const last = call({ timeoutSeconds: 5 }).exclusively(1, step('last'))
  await call().exclusively(2, step('other'))
  leaving.abort()
  t.equal((await left).code, 'cancelled')
  t.equal((await impatient).code, 'upstream_unreachable')
  release()
  await Promise.all([first, last])

  t.same(order, [
    'first begins',
    'other begins',
    'other ends',
    'first ends',
    'last begins',
    'last ends',
  ])
  const failing = call().exclusively(1, () => Promise.reject(new ToolError('internal', 'x')))
  await t.rejects(failing, { message: 'x' })
  t.equal(await call().exclusively(1, async () => 'next'), 'next', 'a failure does not block')
})

t.test('a queue of one thousand under few keys never overlaps', async (t) => {
  const queue = createOneAtATime<number>()
  const running = new Map<number, number>()
  let worst = 0
  let done = 0

  await Promise.all(
    Array.from({ length: 1000 }, (_, index) =>
      queue.run(index % 7, async () => {
        const together = (running.get(index % 7) ?? 0) + 1
        running.set(index % 7, together)
        worst = Math.max(worst, together)
        await new Promise((resolve) => setImmediate(resolve))
        running.set(index % 7, together - 1)
        done++
      }),
    ),
  )

  t.equal(worst, 1)
  t.equal(done, 1000)
})

t.test('refusals we know are said in our words, without any of the answer', (t) => {
  const field = (name: string, text: string): unknown => ({
    [name]: [text],
    message: `{'${name}': [ErrorDetail(string='${text}', code='dojo-internal')]}`,
    pro: ['dojo-internal'],
  })
  const rule = (text: string): unknown => field('non_field_errors', text)
  const cases: readonly (readonly [unknown, string, string | RegExp])[] = [
    [rule('False positive findings cannot be verified.'), 'findings', /refuses false_p on a verif/],
    [
      rule('Duplicate findings cannot be verified or active'),
      'findings',
      /inactive and unverified/,
    ],
    [rule('Active findings cannot be risk accepted.'), 'findings', /whose risk is accepted/],
    [
      rule('Simple risk acceptance is disabled for this product, use the UI'),
      'findings',
      /^Simple risk acceptance is switched off/,
    ],
    [rule('Your target start date exceeds your target end date'), 'engagements', /target_start/],
    [field('name', 'product with this name already exists.'), 'products', /already taken/],
    [
      { tags: ["Invalid tag: 'dojo-internal x'. Tags should not contain spaces"] },
      'findings',
      /no spaces, commas or quotes/,
    ],
    [{ error: "'x' is not a valid tag in list '['dojo-internal']'" }, 'findings', /none of them/],
    [
      field('scan_type', '"dojo-internal" is not a valid choice.'),
      'import-scan',
      /^This DefectDojo has no scan_type/,
    ],
    [
      field('severity', '"dojo-internal" is not a valid choice.'),
      'findings',
      /^severity is not one of/,
    ],
    [field('dojo-internal', '"x" is not a valid choice.'), 'findings', /^A value is not one of/],
    [field('lead', 'Invalid pk "9999" - object does not exist.'), 'engagements', /^lead names/],
    [
      field('target_start', 'Date has wrong format. Use one of'),
      'engagements',
      /^target_start must be a date/,
    ],
    [field('title', 'This field may not be blank.'), 'findings', 'title must not be empty.'],
    [
      field('name', 'Ensure this field has no more than 255 characters.'),
      'products',
      'name must have at most 255 characters.',
    ],
    [
      field('product', 'Select a valid choice. That choice is not one of the available choices.'),
      'engagements',
      /^product_id names something that does not exist/,
    ],
    [['product_name parameter missing'], 'import-scan', /^The import has no target/],
    [['Engagement "99999" does not exist'], 'import-scan', /with that id does not exist/],
    [['Test "99999" does not exist'], 'reimport-scan', /with that id does not exist/],
    [['Product "dojo-internal\nx" does not exist'], 'reimport-scan', /^No product of that name/],
    [['Product Type "x" does not exist'], 'import-scan', /^No product type of that name/],
    [
      ['Engagement "x" does not exist in Product "dojo-internal"'],
      'import-scan',
      /^The product has no/,
    ],
    [
      ['Product "x" does not exist and no product_type_name provided to create'],
      'reimport-scan',
      /without product_type_name/,
    ],
    [
      { message: "['Environment named dojo-internal does not exist.']" },
      'import-scan',
      /^No environment/,
    ],
    [field('file', 'File extension “exe” is not allowed. Allowed'), 'import-scan', /extension/],
    [rule('Report file is too large. Maximum supported size is 100 MB'), 'import-scan', /larger/],
    [field('scan_date', 'The scan_date cannot be in the future!'), 'import-scan', /future/],
    [
      { message: "['Expecting value: line 1 column 1 (char 0)']", pro: ['x'] },
      'import-scan',
      /^DefectDojo could not read the report as this scan_type/,
    ],
  ]

  for (const [body, resource, expected] of cases) {
    const sentences = knownRefusals(body, resource)
    t.equal(sentences.length, 1, JSON.stringify(body))
    t.match(sentences[0], expected)
    t.notMatch(sentences.join(), 'dojo-internal')
  }
  for (const body of [
    undefined,
    null,
    '',
    'dojo-internal',
    7,
    [],
    {},
    { message: 'dojo-internal' },
    { a: { b: { c: { d: { e: { f: 'This field is required.' } } } } } },
  ]) {
    t.same(knownRefusals(body, 'findings'), [])
  }
  const many = Object.fromEntries(
    ['title', 'severity', 'description', 'date'].map((name) => [name, ['This field is required.']]),
  )
  t.same(knownRefusals(many, 'findings'), [
    'DefectDojo requires title.',
    'DefectDojo requires severity.',
    'DefectDojo requires description.',
  ])
  const startedAt = performance.now()
  knownRefusals(
    {
      message: `Engagement "${'" does not exist '.repeat(1e5)}`,
      a: Array(1e5).fill('['.repeat(999)),
    },
    'import-scan',
  )
  t.ok(performance.now() - startedAt < 250, 'a hostile answer costs little')
  t.end()
})

t.test('NO_PROXY takes hosts, domains, ports and ranges out', (t) => {
  const url = new URL('https://dojo.corp.example')
  for (const list of [
    '*',
    'dojo.corp.example',
    '.corp.example',
    'example',
    'a, CORP.example',
    '*.example',
    'corp.example:443',
  ]) {
    t.ok(bypassesProxy(url, list), list)
  }
  for (const list of [
    '',
    'ojo.corp.example',
    'jo.corp.example',
    'corp.example:8443',
    'example.org',
    '10.0.0.0/8',
  ]) {
    t.notOk(bypassesProxy(url, list), list)
  }
  t.ok(bypassesProxy(new URL('http://10.1.2.3:8080'), '10.0.0.0/8'))
  t.ok(bypassesProxy(new URL('http://[fd00::1]'), 'fd00::/8'))
  t.ok(bypassesProxy(new URL('http://[::1]'), '::1'))
  t.notOk(bypassesProxy(new URL('http://10.1.2.3'), '10.0.0.0/99,11.0.0.0/8,1.2.3'))
  t.end()
})
