import { randomBytes } from 'node:crypto'
import t from 'tap'
import { knownRefusals } from '../../src/dojo/known-refusals.js'
import {
  type Answer,
  failureOf,
  json,
  page,
  readKey,
  requestId,
  startUpstream,
  watchedClient,
  writeKey,
} from './upstream.js'

const id = `request_id=${requestId}`
const jsonHead = { 'content-type': 'application/json' }

t.test('every refusal has the sentence of its status, then what we know', async (t) => {
  const detail = (text: string): unknown => ({ detail: text, pro: ['dojo-internal'] })
  const cases: readonly (readonly [string, Answer, string])[] = [
    ['400', json(400, { odd: ['dojo-internal'] }), `Invalid request parameters (HTTP 400, ${id})`],
    [
      '401',
      page(401),
      `Authentication failed (HTTP 401, ${id}). DefectDojo itself never answers 401: something in front of it asks for a sign-in of its own.`,
    ],
    [
      '403, wrong key',
      json(403, detail('Invalid token.')),
      `Insufficient permissions (HTTP 403, ${id}). DefectDojo does not know the API key: DEFECTDOJO_READ_API_KEY is wrong, or was revoked.`,
    ],
    [
      '403, no permission',
      json(403, detail('You do not have permission to perform this action.')),
      `Insufficient permissions (HTTP 403, ${id}). The DefectDojo user of this server is known but lacks the permission for this.`,
    ],
    [
      '404',
      json(404, detail('No Product_Type matches the given query.')),
      `Resource not found (HTTP 404, ${id}). There is no such product type, or this server may not see it.`,
    ],
    [
      '404, unknown words',
      json(404, detail('dojo-internal')),
      `Resource not found (HTTP 404, ${id})`,
    ],
    [
      '405',
      json(405, detail('dojo-internal')),
      `Method not allowed (HTTP 405, ${id}). That version of DefectDojo does not offer the operation.`,
    ],
    [
      '409',
      json(409, { message: 'dojo-internal' }),
      `Conflict with current state (HTTP 409, ${id}). Another object has that name, or others depend on this one.`,
    ],
    [
      '429',
      json(429, {}, { 'retry-after': '17' }),
      `Rate limit exceeded (HTTP 429, ${id}). Try again in 17 seconds.`,
    ],
    ['418', json(418, {}), `Request failed (HTTP 418, ${id})`],
    ['500', page(500), `DefectDojo server error (HTTP 500, ${id})`],
    ['507', json(507, {}), `DefectDojo server error (HTTP 507, ${id})`],
  ]
  const upstream = await startUpstream(t, page(500))
  const { call } = watchedClient(t, upstream.url)

  for (const [name, answer, message] of cases) {
    upstream.answer = answer
    const error = await failureOf(t, call().get('findings/'))
    t.equal(error.message, message, name)
    t.equal(error.code, 'upstream', name)
    if (name === '429') t.equal(error.retryAfterSeconds, 17)
  }
})

t.test('the key that is wrong is named', async (t) => {
  const upstream = await startUpstream(t, json(403, { detail: 'Invalid token.' }))
  const { call: dual } = watchedClient(t, upstream.url)
  const { call: single } = watchedClient(t, upstream.url, {
    keys: { read: readKey, write: readKey },
  })

  t.match((await failureOf(t, dual().get('findings/'))).message, ' DEFECTDOJO_READ_API_KEY ')
  t.match((await failureOf(t, dual().post('findings/', {}))).message, ' DEFECTDOJO_WRITE_API_KEY ')
  t.match((await failureOf(t, single().post('findings/', {}))).message, ' DEFECTDOJO_API_KEY ')
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
      /inactive and unverified.*reopen_finding/,
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
      /^This DefectDojo has no scan_type.*list_test_types/,
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
    [
      ['product_name parameter missing'],
      'import-scan',
      /^The import has no target: give product_name and engagement_name,/,
    ],
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
  const before = process.cpuUsage()
  knownRefusals(
    {
      message: `Engagement "${'" does not exist '.repeat(1e5)}`,
      a: Array(1e5).fill('['.repeat(999)),
    },
    'import-scan',
  )
  t.ok(process.cpuUsage(before).user < 250_000, 'a hostile answer costs little')
  t.end()
})

t.test('no mixture of failures gives away a key', async (t) => {
  const seed = randomBytes(4).readUInt32LE()
  t.comment(`seed ${seed}`)
  let state = seed
  const draw = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const echo = `${readKey} ${writeKey} dojo-internal`
  const faults: Answer[] = [
    (_, response) => response.socket?.destroy(),
    (_, response) => response.writeHead(200, jsonHead).end(`{"${echo}`),
    ...[301, 400, 401, 403, 404, 409, 429, 500, 502, 503].flatMap((status) => [
      page(status, echo),
      json(status, { detail: echo, title: [echo], [echo]: [echo], message: echo }),
    ]),
    (_, response) => response.socket?.end(`HTTP/1.1 ${echo}\r\n\r\n`),
    (_, response) => response.socket?.end(`HTTP/1.1 200 OK\r\n${readKey}: \u0001\r\n\r\n`),
  ]
  const upstream = await startUpstream(t, page(500))
  const { call, events } = watchedClient(t, upstream.url)

  for (let round = 0; round < 300; round++) {
    const fault = faults[draw(faults.length)]
    if (fault) upstream.answer = fault
    const one = call()
    await failureOf(t, draw(2) === 0 ? one.get('findings/1/') : one.patch('findings/1/', {}))
  }

  t.notMatch(JSON.stringify(events), readKey)
  t.notMatch(JSON.stringify(events), writeKey)
})
