import t from 'tap'
import { furnish, sandboxClient } from './client.js'

t.test('every way to fail authentication is 403, told apart by its detail', async (t) => {
  const { send, sandbox } = await sandboxClient(t)
  const cases: [authorization: string | undefined, detail: string][] = [
    [undefined, 'Authentication credentials were not provided.'],
    [`Bearer ${sandbox.apiKey}`, 'Authentication credentials were not provided.'],
    ['Token', 'Invalid token header. No credentials provided.'],
    [`Token ${'0'.repeat(40)}`, 'Invalid token.'],
    ['Basic eDp5', 'Invalid username/password.'],
  ]

  for (const [authorization, detail] of cases) {
    const headers: Record<string, string> = authorization ? { authorization } : {}
    const answer = await send('GET', 'findings/', { headers })

    t.equal(answer.status, 403, detail)
    t.equal(answer.body.detail, detail)
  }
  const lower = await send('GET', 'user_profile/', {
    headers: { authorization: `token ${sandbox.apiKey}` },
  })
  t.equal(lower.status, 200, 'the scheme is matched without case')
  t.match(lower.body, { user: { username: 'admin', is_superuser: true } })
})

t.test('a password gets the token, a wrong one a 400', async (t) => {
  const { post, sandbox } = await sandboxClient(t)
  const admin = sandbox.store.users.get(1)
  if (admin) admin.password = ['pass', 'word'].join('')

  const good = await post('api-token-auth/', { username: 'admin', password: 'password' })
  const bad = await post('api-token-auth/', { username: 'admin', password: 'x' })

  t.same(good.body, { token: sandbox.apiKey })
  t.equal(bad.status, 400)
})

t.test('addresses that are not the API lead away from it', async (t) => {
  const { send, get } = await sandboxClient(t)

  const outside = await get('/dojo/api/v2/findings/')
  t.equal(outside.status, 302)
  t.equal(outside.headers.get('location'), '/login?next=/dojo/api/v2/findings/')
  for (const method of ['GET', 'POST', 'PATCH']) {
    const unslashed = await send(method, '/api/v2/findings')
    t.equal(unslashed.status, 301, method)
    t.equal(unslashed.headers.get('location'), '/api/v2/findings/')
  }
  for (const path of ['no_such_resource/', 'no_such_resource', 'findings/1.5/', '/api/v3/']) {
    const unknown = await get(path)
    t.equal(unknown.status, 404, path)
    t.match(unknown.headers.get('content-type'), /^text\/html/)
  }
  t.equal((await get('/login')).status, 200)
})

t.test('methods that a path lacks are 405, with the exceptions of the real server', async (t) => {
  const { send, get } = await sandboxClient(t)

  const remove = await send('DELETE', 'test_types/1/')
  t.equal(remove.status, 405)
  t.equal(remove.headers.get('allow'), 'GET, PUT, PATCH, HEAD, OPTIONS')
  t.same(remove.body, { detail: 'Method "DELETE" not allowed.' })
  t.equal((await get('import-scan/')).status, 400)
  const posted = await send('POST', 'products/1/')
  t.same(posted.body, {
    detail: "Unable to check for permissions: Attribute 'prod_type' is required",
  })
  const endpoint = await send('POST', 'endpoints/')
  t.equal(endpoint.status, 403)
  t.match(endpoint.body.detail, /V3_FEATURE_LOCATIONS/)
  const head = await send('HEAD', 'products/')
  t.equal(head.status, 200)
  t.equal(head.text, '')
  t.equal((await send('OPTIONS', 'products/')).status, 200)
})

t.test('bodies are read as the real server reads them', async (t) => {
  const { send, post, sandbox } = await sandboxClient(t)
  const headers = { authorization: `Token ${sandbox.apiKey}`, 'content-type': 'application/json' }

  const malformed = await send('POST', 'products/', { headers, body: '{' })
  t.equal(malformed.status, 400)
  t.same(malformed.body, { message: 'JSON request content is malformed' })
  t.equal((await post('products/', [])).status, 500, 'an array')
  const large = { prod_type: 1, name: 'x', description: 'd'.repeat(8 * 1024 * 1024) }
  t.equal((await post('products/', large)).status, 500, 'more than 8 MiB')
  const text = { ...headers, 'content-type': 'text/plain' }
  t.equal((await send('POST', 'products/', { headers: text, body: 'x' })).status, 415)
  const form = new URLSearchParams({ prod_type: '1', name: 'By form', description: 'd' })
  const { authorization } = headers
  const byForm = await send('POST', 'products/', { headers: { authorization }, body: form })
  t.equal(byForm.status, 201)
  const json = await post('import-scan/', { engagement: 1 })
  t.equal(json.status, 415)
  t.same(sandbox.faults, [])
})

t.test('pages count exactly and name their neighbours', async (t) => {
  const { get, sandbox } = await sandboxClient(t)
  furnish(sandbox)
  for (let index = 1; index <= 60; index += 1) {
    sandbox.store.createFinding({ test: 1, title: `Finding ${index}`, severity: 'Low' })
  }
  const list = async (query: string) => (await get(`findings/${query}`)).body

  const middle = await list('?title=finding&offset=20&limit=20&unknown=1')
  t.equal(middle.count, 60)
  t.equal(middle.results.length, 20)
  t.equal(middle.results[0]?.id, 21)
  const base = `${sandbox.url}/api/v2/findings/`
  t.equal(middle.next, `${base}?limit=20&offset=40&title=finding&unknown=1`)
  t.equal(middle.previous, `${base}?limit=20&title=finding&unknown=1`)
  for (const limit of ['0', '-1', 'ten', '']) {
    t.equal((await list(`?limit=${limit}`)).results.length, 25, `limit=${limit}`)
  }
  t.equal((await list('?limit=1000')).results.length, 60, 'no upper limit')
  t.same((await list('?offset=100')).results, [])
  t.equal((await list('?offset=x&limit=1')).results[0]?.id, 1)
})

t.test('tests come in no order unless one is asked for', async (t) => {
  const { get, sandbox } = await sandboxClient(t)
  furnish(sandbox)
  for (let index = 0; index < 9; index += 1)
    sandbox.store.createTest({ engagement: 1, test_type: 1 })
  const ids = async (query: string) =>
    (await get(`tests/${query}`)).body.results.map((row) => row.id)

  const unordered = await ids('')
  t.notSame(
    unordered,
    unordered.toSorted((a, b) => a - b),
  )
  t.same(await ids('?o=created'), (await ids('?o=-created')).reverse())
  t.equal((await get('tests/?o=id')).status, 400)
})

t.test('who may do what follows superuser, staff, membership', async (t) => {
  const { get, post, send, sandbox } = await sandboxClient(t)
  furnish(sandbox)
  const member = sandbox.store.users.all().find((user) => user.username === 'member')
  sandbox.store.products.get(1)?.authorized_users.push(member?.id ?? 0)
  sandbox.store.createFinding({ test: 1, title: 'One', severity: 'High' })
  const remove = (user: string) =>
    send('DELETE', 'findings/1/', { headers: { authorization: `Token ${sandbox.keys[user]}` } })
  const engagement = { product: 1, target_start: '2026-01-01', target_end: '2026-02-01' }

  t.equal((await get('findings/', 'stranger')).body.count, 0)
  t.equal((await get('findings/1/', 'stranger')).status, 404)
  t.equal((await post('engagements/', engagement, 'stranger')).status, 403)
  t.equal((await remove('stranger')).status, 404)
  t.equal((await get('findings/', 'member')).body.count, 1)
  t.equal((await get('product_types/', 'member')).body.count, 0)
  t.equal((await post('engagements/', engagement, 'member')).status, 201)
  t.equal((await post('products/', { prod_type: 1, name: 'x' }, 'member')).status, 403)
  t.equal((await remove('member')).status, 403)
  for (const path of ['users/', 'system_settings/', 'celery/status/', 'notes/']) {
    t.equal((await get(path, 'staff')).status, 403, path)
    t.equal((await get(path)).status, 200, path)
  }
  t.equal((await get('sla_configurations/', 'member')).status, 403)
  t.equal((await remove('staff')).status, 204)
})

t.test('each release lists its own resources', async (t) => {
  const wanted = {
    '3.2.0': [true, true, false],
    '2.57.2': [true, false, true],
    '2.47': [false, false, true],
  }

  for (const [edition, [assets, location, groups]] of Object.entries(wanted)) {
    const { get, sandbox } = await sandboxClient(t, { edition: edition as '3.2.0' })
    const { body } = await get('')

    t.equal('assets' in body, assets, `${edition} assets`)
    t.equal('location' in body, location, `${edition} location`)
    t.equal('dojo_groups' in body, groups, `${edition} dojo_groups`)
    t.equal(body.findings, `${sandbox.url}/api/v2/findings/`)
    const schema = await fetch(`${sandbox.url}/oa3/schema/?format=json`)
    t.match(await schema.json(), { info: { version: edition } })
    t.equal((await get('assets/')).status, assets ? 200 : 404)
  }
})

t.test('the sandbox remembers what it was sent', async (t) => {
  const { get, post, sandbox } = await sandboxClient(t)

  await get('products/?name=x', 'staff')
  await post('products/', { prod_type: 1, name: 'A', description: 'b' })

  t.equal(sandbox.writes(), 1)
  t.match(sandbox.requests, [
    { method: 'GET', path: '/api/v2/products/', query: { name: 'x' }, user: 'staff', status: 200 },
    { method: 'POST', body: { name: 'A' }, user: 'admin', status: 201 },
  ])
})
