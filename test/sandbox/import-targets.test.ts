import t from 'tap'
import { furnish, sandboxClient } from './client.js'

const report = (...titles: string[]) => ({
  findings: titles.map((title) => ({ title, severity: 'High', description: `About ${title}.` })),
})

t.test('the target is found by name, and made where that is asked for', async (t) => {
  const { scan, sandbox } = await sandboxClient(t)
  furnish(sandbox)
  const byName = (
    product_name: string,
    engagement_name: string,
    more: Record<string, string> = {},
  ) => ({ product_name, engagement_name, ...more })
  const refusals: [kind: 'import' | 'reimport', form: Record<string, string>, text: string][] = [
    ['import', {}, 'product_name parameter missing'],
    ['import', { product_name: 'Shop' }, 'engagement_name parameter missing'],
    ['import', { engagement: 'x' }, 'engagement must be an integer'],
    ['import', { engagement: '9' }, 'Engagement "9" does not exist'],
    ['reimport', { test: '9' }, 'Test "9" does not exist'],
    ['import', byName('Nope', 'x'), 'Product "Nope" does not exist'],
    ['import', byName('Shop', 'x'), 'Engagement "x" does not exist in Product "Shop"'],
    ['import', byName('Shop', 'x', { product_type_name: 'N' }), 'Product Type "N" does not exist'],
    [
      'reimport',
      byName('New', 'x', { auto_create_context: 'true' }),
      'Product "New" does not exist and no product_type_name provided to create the new product in',
    ],
  ]

  for (const [kind, form, text] of refusals) {
    const answer = await scan(kind, form, report('a'))
    t.equal(answer.status, 400, text)
    t.same(answer.body, [text])
  }
  const context = byName('New', 'CI', { auto_create_context: 'true', product_type_name: 'Apps' })
  const made = await scan('reimport', context, report('a'))
  t.match(made.body, { product_type_id: 2, product_id: 2, engagement_id: 2, test_id: 2 })
  t.notOk('delta' in made.body.statistics, 'a reimport that made the test is an import')
  t.match(sandbox.store.engagements.get(2), { engagement_type: 'CI/CD', status: 'In Progress' })
  const again = await scan('reimport', context, report('a'))
  t.match(again.body, { test_id: 2 })
  t.equal(again.body.statistics.delta.untouched.total.total, 1)
  const denied = await scan('import', { engagement: '1' }, report('a'), 'stranger')
  t.same(
    [denied.status, denied.body.detail],
    [403, 'You do not have permission to perform this action.'],
  )
  const type = { ...context, product_name: 'X', product_type_name: 'Y' }
  t.equal(
    (await scan('import', type, report('a'), 'stranger')).body.detail,
    'No permission to create product_type "Y"',
  )
})

t.test('options and reports are refused in the words of the real server', async (t) => {
  const { scan, sandbox } = await sandboxClient(t)
  furnish(sandbox)
  const tests = () => sandbox.store.tests.size()
  const bad = await scan(
    'import',
    { engagement: '1', scan_type: 'Nope', minimum_severity: 'Foo' },
    '',
  )
  t.match(bad.body, {
    scan_type: ['"Nope" is not a valid choice.'],
    minimum_severity: ['"Foo" is not a valid choice.'],
  })
  const future = await scan('import', { engagement: '1', scan_date: '2999-01-01' }, report())
  t.same(future.body.scan_date, ['The scan_date cannot be in the future!'])
  const place = await scan('import', { engagement: '1', environment: 'Moon' }, report())
  t.equal(place.body.message, "['Environment named Moon does not exist.']")

  const text = await scan('import', { engagement: '1' }, 'not json')
  t.equal(text.status, 400)
  t.equal(text.body.message, "['Expecting value: line 1 column 1 (char 0)']")
  t.equal(tests(), 1, 'formats that name their tool are read before the test is made')
  const xml = await scan('import', { engagement: '1', scan_type: 'ZAP Scan' }, '<a')
  t.equal(xml.status, 500)
  t.equal(tests(), 2, 'the others leave an empty test behind')
  t.equal(sandbox.store.tests.get(2)?.percent_complete, 50)
  const empty = await scan('import', { engagement: '1', scan_type: 'SARIF' }, {})
  t.equal(empty.status, 201)
  t.equal(empty.body.statistics.after.total.total, 0)
  t.same(sandbox.faults, [])
})

t.test('the tool that a report names becomes the test type', async (t) => {
  const { scan, get, sandbox } = await sandboxClient(t)
  furnish(sandbox)
  const { version, runs } = {
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'ESLint', rules: [] } }, results: [] }],
  }

  const { body } = await scan('import', { engagement: '1', scan_type: 'SARIF' }, { version, runs })

  t.match((await get(`tests/${body.test}/`)).body, {
    test_type_name: 'ESLint Scan (SARIF)',
    scan_type: 'SARIF',
    deduplication_algorithm: 'unique_id_from_tool_or_hash_code',
  })
})
