import t from 'tap'
import type { WrappingMode } from '../../src/guard/untrusted-envelope.js'
import { resources } from '../../src/resources/index.js'
import { tools } from '../../src/tools/index.js'
import { version } from '../../src/version.js'
import { callTool } from '../helpers/rpc.js'
import { buildTestApp } from '../helpers/test-app.js'
import { addNotes, documentSchema, examples, modernReader, openSession } from './resource-bench.js'

t.test('every resource can be read, in the form it promises, in every wrapping', async (t) => {
  for (const mode of ['on', 'page', 'off'] as const satisfies readonly WrappingMode[]) {
    const service = await buildTestApp(t, { env: { UNTRUSTED_CONTENT_WRAPPING: mode } })
    addNotes(service.sandbox, 2, 12)
    addNotes(service.sandbox, 3, 6)
    const read = modernReader(service, service.tokens.reader)

    for (const resource of resources) {
      const { uri = '' } = examples[resource.name] ?? {}
      const { contents, document, error } = await read(uri)

      t.equal(error, undefined, resource.name)
      t.match(contents, [{ uri, mimeType: 'application/json' }])
      t.equal(contents.length, 1)
      t.equal(contents[0]?.text, JSON.stringify(document), 'no blanks that somebody pays for')
      const validate = documentSchema(resource, mode)
      t.ok(validate(document), `${resource.name} ${mode}: ${JSON.stringify(validate.errors)}`)
    }
    t.same(service.sandbox.faults, [])
  }
})

t.test('a 2025-11-25 session reads the same documents', async (t) => {
  const service = await buildTestApp(t)
  const session = await openSession(service, service.tokens.reader)
  const modern = modernReader(service, service.tokens.reader)

  for (const { name } of resources) {
    const { uri = '' } = examples[name] ?? {}
    t.strictSame(await session.read(uri), await modern(uri), name)
  }
})

t.test('objects name their own address and where what belongs to them is', async (t) => {
  const service = await buildTestApp(t, { env: { UNTRUSTED_CONTENT_WRAPPING: 'off' } })
  const read = modernReader(service, service.tokens.reader)
  const at = async (uri: string) => (await read(uri)).document

  t.strictSame(await at('defectdojo://products/1'), {
    uri: 'defectdojo://products/1',
    id: 1,
    name: 'Shop',
    description: 'The shop.',
    prod_type: 1,
    engagements: 'defectdojo://products/1/engagements',
  })
  t.match(await at('defectdojo://products/1/engagements?limit=1'), {
    count: 2,
    next: 'defectdojo://products/1/engagements?limit=1&offset=1',
    items: [{ uri: 'defectdojo://engagements/1', product_id: 1, name: 'Review 1' }],
  })
  t.match(await at('defectdojo://engagements/1'), {
    uri: 'defectdojo://engagements/1',
    tests: 'defectdojo://engagements/1/tests',
  })
  t.match(await at('defectdojo://engagements/1/tests?limit=2&offset=2'), {
    count: 3,
    next: null,
    items: [{ uri: 'defectdojo://tests/3', engagement_id: 1, title: 'Test 3' }],
  })
  t.match(await at('defectdojo://tests/1'), {
    uri: 'defectdojo://tests/1',
    findings: 'defectdojo://tests/1/findings',
  })
  t.match(await at('defectdojo://tests/1/findings'), {
    count: 3,
    next: null,
    items: [
      { uri: 'defectdojo://findings/1', title: 'Finding 1' },
      { uri: 'defectdojo://findings/9' },
      { uri: 'defectdojo://findings/17' },
    ],
  })
})

t.test('a finding comes with its newest notes, and says where the others are', async (t) => {
  const service = await buildTestApp(t, { env: { UNTRUSTED_CONTENT_WRAPPING: 'off' } })
  addNotes(service.sandbox, 2, 12)
  const read = modernReader(service, service.tokens.reader)
  const entries = (page: { items: readonly Record<string, unknown>[] }) =>
    page.items.map(({ entry }) => entry)

  const { document: finding } = await read('defectdojo://findings/2')
  const notes = finding.notes as typeof finding
  const { document: rest } = await read(notes.next ?? '')
  const { document: none } = await read('defectdojo://findings/4')

  t.match(finding, { id: 2, uri: 'defectdojo://findings/2', mitigation: null, found_by: [] })
  t.equal(notes.count, 12)
  t.same(
    [...entries(notes), ...entries(rest)],
    Array.from({ length: 12 }, (_, index) => `note ${12 - index}`),
  )
  t.match(notes.items[0], { private: true, author: { username: 'admin' } })
  t.match(rest, { count: 12, next: null })
  t.strictSame(none.notes, { count: 0, next: null, items: [] })
})

t.test('each reading is on record, and what was read counts before a change', async (t) => {
  const service = await buildTestApp(t)
  const { app, tokens } = service
  const read = modernReader(service, tokens.writer)
  const known = new Set<number>()

  for (const { name } of resources) {
    const { uri = '', params, findings = [] } = examples[name] ?? {}
    const before = service.calls().length
    await read(uri)
    t.equal(service.calls().length, before + 1, name)
    t.match(service.calls().at(-1), {
      tool_name: `resources/read:${name}`,
      outcome: 'success',
      authenticated_caller_id: 'writer',
      client_request_id: '1',
    })
    t.strictSame(service.calls().at(-1)?.request_params, params, name)

    for (const id of findings) known.add(id)
    await app.inject(callTool(tokens.writer, 'add_finding_note', { finding_id: 20, entry: 'x' }))
    t.same(
      service.calls().at(-1)?.findings_read_before_mutation,
      [...known].sort((one, other) => one - other),
      `after ${name}`,
    )
  }
  t.equal(service.audit.filter(({ event_type }) => event_type === 'audit_intent').length, 11)
})

t.test('what could not be read does not count as read', async (t) => {
  const service = await buildTestApp(t)
  const { app, tokens } = service
  const session = await openSession(service, tokens.writer)

  for (const uri of ['defectdojo://findings/999', 'defectdojo://findings/999/notes']) {
    t.match((await session.read(uri)).error, { code: -32602, data: { uri } })
    t.match(service.calls().at(-1), { outcome: 'upstream_error' })
  }
  await session.read('defectdojo://findings/5')
  const note = { name: 'add_finding_note', arguments: { finding_id: 5, entry: 'x' } }
  await session.ask('tools/call', note)
  const inSession = service.calls().at(-1)
  await app.inject(callTool(tokens.writer, note.name, note.arguments))

  t.same(inSession?.findings_read_before_mutation, [5])
  t.same(service.calls().at(-1)?.findings_read_before_mutation, [], 'a session reads for itself')
})

t.test('scan types are the names that an import takes', async (t) => {
  const service = await buildTestApp(t, { env: { UNTRUSTED_CONTENT_WRAPPING: 'off' } })
  const { store } = service.sandbox
  const kindsOfWork = store.testTypes
    .all()
    .slice(0, 8)
    .map(({ name }) => name)
  const formats = store.testTypes
    .all()
    .slice(8)
    .map(({ name }) => name)
  // Made by reports that name their tool, switched off, and so many that they do not fit one page.
  store.testTypeNamed('ESLint Scan (SARIF)')
  store.testTypeNamed('Own Scan (Generic Findings Import)')
  store.testTypeNamed('NeuVector (REST)')
  Object.assign(store.testTypeNamed('Old Scan'), { active: false })
  const more = Array.from({ length: 300 }, (_, index) => `Scanner ${index} Scan`)
  for (const name of more) store.testTypeNamed(name)

  const { document } = await modernReader(service, service.tokens.reader)('defectdojo://scan-types')

  t.same(document.scan_types, [...formats, 'NeuVector (REST)', ...more].sort())
  t.ok(kindsOfWork.includes('Pen Test'))
  t.equal(service.sandbox.requests.length, 2, 'two pages')
})

t.test('the instance tells each caller what it may do, and what DefectDojo is', async (t) => {
  const expected = {
    '3.2.0': '3.0 or later',
    '2.57.2': '2.56 or later, before 3.0',
    2.47: 'before 2.56',
  }
  for (const [edition, release] of Object.entries(expected)) {
    const service = await buildTestApp(t, {
      env: { UNTRUSTED_CONTENT_WRAPPING: 'off' },
      sandbox: { edition: edition as '3.2.0' },
    })
    for (const role of ['reader', 'admin'] as const) {
      const { document } = await modernReader(
        service,
        service.tokens[role],
      )('defectdojo://instance')

      t.match(document, {
        server: { name: 'mcp-defectdojo', version },
        defectdojo: {
          reachable: true,
          problem: null,
          release,
          user: 'admin',
          user_kind: 'superuser',
        },
        caller: { id: role, role },
      })
      const { caller } = document as unknown as { caller: { tools: string[] } }
      t.equal(caller.tools.length, role === 'admin' ? tools.length : 12)
    }
  }
})

t.test('it tells what kind of user DefectDojo takes this server for', async (t) => {
  for (const [user, kind] of [
    ['staff', 'staff'],
    ['member', 'other'],
  ] as const) {
    const service = await buildTestApp(t, { env: { UNTRUSTED_CONTENT_WRAPPING: 'off' } })
    const other = await buildTestApp(t, {
      env: {
        DEFECTDOJO_URL: service.sandbox.url,
        DEFECTDOJO_API_KEY: service.sandbox.keys[user],
        UNTRUSTED_CONTENT_WRAPPING: 'off',
      },
    })

    const { document } = await modernReader(other, other.tokens.reader)('defectdojo://instance')

    t.match(document, { defectdojo: { user, user_kind: kind, release: '3.0 or later' } })
  }
})

t.test('resources are for everyone who may read, whatever the role', async (t) => {
  const service = await buildTestApp(t)
  for (const token of Object.values(service.tokens)) {
    for (const { name } of resources) {
      const { uri = '' } = examples[name] ?? {}
      t.equal((await modernReader(service, token)(uri)).error, undefined, name)
    }
  }
  for (const { name, permission } of resources) {
    t.equal(permission, name === 'instance' ? 'system' : 'metadata_read')
  }
})
