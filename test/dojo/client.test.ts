import { gzipSync } from 'node:zlib'
import t from 'tap'
import { createDojoClient } from '../../src/dojo/client.js'
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

t.test('reads go out under the read key and writes under the write key', async (t) => {
  const upstream = await startUpstream(t, json(200, { id: 7 }))
  const call = watchedClient(t, `${upstream.url}/dojo//`).call()

  t.same(await call.get('findings/', { limit: 5, active: true, title: 'a b&c', o: undefined }), {
    id: 7,
  })
  await call.post('findings/', { title: 'x' })
  await call.patch('findings/7/', { active: false })
  await call.put('findings/7/remove_tags/', { tags: [] })

  t.match(upstream.seen, [
    {
      method: 'GET',
      url: '/dojo/api/v2/findings/?limit=5&active=true&title=a+b%26c',
      headers: {
        authorization: `Token ${readKey}`,
        accept: 'application/json',
        'user-agent': 'mcp-defectdojo/test',
      },
    },
    {
      method: 'POST',
      headers: { authorization: `Token ${writeKey}`, 'content-type': 'application/json' },
    },
    { method: 'PATCH', headers: { authorization: `Token ${writeKey}` } },
    { method: 'PUT', headers: { authorization: `Token ${writeKey}` } },
  ])
  t.equal(upstream.seen[1]?.body.toString(), '{"title":"x"}')
})

t.test(
  'a page, a redirect or another API at that address is told apart from DefectDojo',
  async (t) => {
    const upstream = await startUpstream(t, page(200))
    const other = await startUpstream(t, json(200, {}))
    const { call } = watchedClient(t, upstream.url)
    const wrongAddress = 'That address is not a DefectDojo API: check DEFECTDOJO_URL'

    for (const status of [300, 301, 302, 303, 304, 307, 308]) {
      upstream.answer = (_, response) =>
        response.writeHead(status, { location: `${other.url}/login?next=dojo-internal` }).end()
      for (const request of [() => call().get('findings/'), () => call().post('findings/', {})]) {
        const error = await failureOf(t, request())
        t.ok(error.message.startsWith(`Request failed (HTTP ${status}, ${id}). ${wrongAddress}`))
        t.equal(error.code, 'upstream')
      }
    }
    t.equal(other.seen.length, 0, 'no redirect was followed, no key was sent on')

    for (const [answer, first] of [
      [page(200), 'Request failed (HTTP 200'],
      [page(404), 'Resource not found (HTTP 404'],
      [page(400), 'Invalid request parameters (HTTP 400'],
      [page(200, 'x'.repeat(300_000)), 'Request failed (HTTP 200'],
      [page(200, ''), 'Request failed (HTTP 200'],
    ] as const) {
      upstream.answer = answer
      const { message } = await failureOf(t, call().get('findings/'))
      t.ok(message.startsWith(`${first}, ${id}). ${wrongAddress}`), message)
    }

    upstream.answer = json(200, { cats: 'dojo-internal' })
    t.match(await failureOf(t, call().edition()), { message: wrongAddress, code: 'upstream' })
  },
)

t.test('an answer that is not what it says is an error without its text', async (t) => {
  const upstream = await startUpstream(t, json(200, {}))
  const { call } = watchedClient(t, upstream.url)
  const raw =
    (status: number, body: string | Buffer, headers: Record<string, string> = {}): Answer =>
    (_, response) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)

  upstream.answer = raw(200, '{"results": [{"title": "dojo-intern')
  t.match(await failureOf(t, call().get('findings/')), {
    code: 'upstream',
    message: `Request failed (HTTP 200, ${id}). The answer was not valid JSON.`,
  })

  upstream.answer = raw(200, gzipSync('{"a": "dojo-internal"}').subarray(0, 25), {
    'content-encoding': 'gzip',
  })
  t.match(await failureOf(t, call().get('findings/')), {
    code: 'upstream',
    message: `Request failed (HTTP 200, ${id}). The answer was not valid JSON.`,
  })

  upstream.answer = raw(400, '{"title": ["This field is req')
  t.match(await failureOf(t, call().get('findings/')), {
    message: `Invalid request parameters (HTTP 400, ${id})`,
  })
})

t.test('an empty answer to a write is an empty object, with and without a JSON type', async (t) => {
  const upstream = await startUpstream(t, (_, response) => response.writeHead(204).end())
  const { call } = watchedClient(t, upstream.url)

  t.same(await call().patch('findings/1/remove_tags/', {}), {})
  upstream.answer = (_, response) =>
    response.writeHead(204, { 'content-type': 'application/json' }).end()
  t.same(await call().patch('findings/1/remove_tags/', {}), {})
  upstream.answer = (_, response) => response.writeHead(200).end()
  t.same(await call().post('findings/1/notes/', {}), {})
})

t.test('an upload is a form with the file last, repeated fields and any name kept', async (t) => {
  const upstream = await startUpstream(t, json(201, { test: 3 }))
  const { call } = watchedClient(t, upstream.url)

  const answer = await call().upload('import-scan/', {
    fields: { scan_type: 'SARIF', tags: ['a', 'b'] },
    file: { name: 'r"ä\n.sarif', content: new Uint8Array([0, 255, 13, 10]) },
  })

  const [request] = upstream.seen
  const body = request?.body.toString('latin1') ?? ''
  t.same(answer, { test: 3 })
  t.match(request?.headers, {
    authorization: `Token ${writeKey}`,
    'content-type': /^multipart\/form-data; boundary=/,
    'content-length': String(body.length),
  })
  t.equal(body.split('name="tags"').length, 3)
  t.match(body, /name="file"; filename="r%22[^"\n]+%0A\.sarif"/)
  t.ok(body.includes('\r\n\r\n\x00\xff\r\n\r\n--'))
})

t.test('nothing but a canonical path of the API is ever requested', async (t) => {
  const upstream = await startUpstream(t, json(200, {}))
  let begun = 0
  const call = watchedClient(t, upstream.url).call({ onFirstWrite: () => void begun++ })
  const paths = [
    '../users/1/',
    'findings/../users/',
    'findings/1',
    'findings/01/',
    'findings/1?x=/',
    'findings/1%2f/',
    'findings//',
    '/findings/',
    'findings/1/#/',
    'findings/1;a/',
    'findings/-1/',
    'findings/1e3/',
    'findings/1/Close/',
    'findings/1\\/',
    'http://evil.example/',
    '//evil.example/',
    'findings/1/\u0000/',
    'findings/1/\n/',
    'findings/99999999999999999/',
    'a/b/c/d/e/f/',
    'findings/NaN/',
    'findings/ 1/',
  ]

  for (const path of paths) {
    t.match(await failureOf(t, call.get(path)), { code: 'internal' }, path)
    t.match(await failureOf(t, call.post(path, {})), { code: 'internal' }, path)
  }
  for (const query of [{ 'a&b': 1 }, { limit: Number.NaN }, { '': 'x' }]) {
    t.match(await failureOf(t, call.get('findings/', query)), { code: 'internal' })
  }

  t.equal(upstream.seen.length, 0)
  t.equal(begun, 0, 'nor is a change paid for')
  await call.get('findings/1/original/2/', { q: '../&#?' })
  t.equal(upstream.seen[0]?.url, '/api/v2/findings/1/original/2/?q=..%2F%26%23%3F')
})

t.test('every request is told with closed names, and its text only without keys', async (t) => {
  const upstream = await startUpstream(t, json(200, {}))
  const { call, events } = watchedClient(t, upstream.url)

  await call().get('findings/12/', { title: 'secret' })
  await call().get('made_up/')
  upstream.answer = json(400, { detail: `who sent ${writeKey}?`.repeat(40) })
  await failureOf(t, call().post('import-scan/', {}))

  t.match(events, [
    {
      method: 'GET',
      resource: 'findings',
      path: 'findings/12/',
      status: 200,
      attempt: 1,
      requestId,
    },
    { resource: 'other', status: 200 },
    { method: 'POST', resource: 'import-scan', status: 400, failure: 'refused' },
  ])
  t.equal(events[2]?.detail?.length, 500)
  t.notMatch(JSON.stringify(events), writeKey)
  t.notMatch(JSON.stringify(events), 'secret')
})

t.test(
  'a client as it is in service repeats too, and leaves no connection when closed',
  async (t) => {
    const upstream = await startUpstream(t, json(200, {}))
    const client = createDojoClient({
      url: upstream.url,
      keys: { read: readKey, write: writeKey },
      userAgent: 'mcp-defectdojo/test',
      timeoutSeconds: 5,
      importTimeoutSeconds: 5,
      maxResponseBytes: 1_000_000,
    })
    const { signal } = new AbortController()
    await client.forCall({ requestId, signal }).get('findings/')
    upstream.answer = (_, response) => {
      upstream.answer = json(200, { second: true })
      response.writeHead(502).end()
    }
    t.same(await client.forCall({ requestId, signal }).get('findings/'), { second: true })
    client.close()
    t.pass('the test ends: nothing holds the process')
  },
)
