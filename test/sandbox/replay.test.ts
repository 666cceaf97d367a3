import t from 'tap'
import { type RecordedExchange, replay } from '../../sandbox/replay.js'
import { sandboxClient } from './client.js'

const headers = { 'Content-Type': 'application/json' }

t.test('a replay names what differs, and values apart from shapes', async (t) => {
  const { sandbox } = await sandboxClient(t)
  const product = { id: 1, name: 'Shop' }
  const exchanges: RecordedExchange[] = [
    {
      name: 'auth: bare scheme',
      request: { method: 'GET', path: '/api/v2/products/', as: 'none' },
      response: {
        status: 403,
        headers,
        json: { detail: 'Invalid token header. No credentials provided.' },
      },
    },
    {
      name: 'create',
      request: {
        method: 'POST',
        path: '/api/v2/product_types/',
        as: 'admin',
        json: { name: 'Shop' },
      },
      response: {
        status: 200,
        headers: { Allow: 'GET' },
        json: { ...product, description: 1, x: 1 },
      },
    },
    {
      name: 'list',
      request: { method: 'GET', path: '/api/v2/product_types/?name=Shop', as: 'plain' },
      response: { status: 200, headers, json: { count: 1, results: [product], prefetch: {} } },
    },
    {
      name: 'import',
      request: {
        method: 'POST',
        path: '/api/v2/import-scan/',
        as: 'admin',
        multipart: [['engagement', '7']],
        file: { filename: 'r.json', content: '{}' },
      },
      response: { status: 400, headers, json: ['Engagement "8" does not exist'] },
    },
  ]

  const [auth, create, list, imported] = await replay(exchanges, sandbox)

  t.same(auth?.differences, [])
  const found = create?.differences.map(({ kind, path }) => `${kind} ${path}`)
  for (const expected of ['status ', 'header Allow', 'type description', 'key x', 'value id']) {
    t.ok(found?.includes(expected), expected)
  }
  t.match(
    list?.differences.map(({ kind, path }) => `${kind} ${path}`),
    ['value count', 'length results', 'key next', 'key previous'],
  )
  t.match(imported?.differences, [
    { kind: 'value', path: '[0]', recorded: '"Engagement \\"8\\" does not exist"' },
  ])
})
