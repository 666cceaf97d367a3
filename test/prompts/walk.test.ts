import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { FindingRecord } from '../../sandbox/records.js'
import { type Sandbox, startSandbox } from '../../sandbox/server.js'
import { severities } from '../../src/dojo/records.js'
import { askIn } from '../helpers/ask.js'
import { buildTestApp, type TestApp } from '../helpers/test-app.js'
import { startLosingProxy } from './losing-proxy.js'
import { leastRole } from './samples.js'
import { type Plain, type Walker, walkThrough } from './walker.js'

// An agent that has nothing but a prompt's text and the results of the calls in it gets the job done, and DefectDojo and the audit trail
// say so. What a person or an agent has to judge is played; the calls are sent as the text has them.

const clock = () => new Date('2026-08-03T10:00:00Z')

interface Scene {
  readonly service: TestApp
  readonly sandbox: Sandbox
  /** A walk as the least role that may see the prompt. */
  walk(name: string, args?: Readonly<Record<string, string>>): Promise<Walker>
  /** Tools called so far, with how each call ended, as the audit trail has it; calls under way are not in it. */
  trail(): [tool: unknown, outcome: unknown][]
}

async function openScene(
  t: Test,
  env: Readonly<Record<string, string>> = {},
  seed: 'demo' | 'empty' = 'demo',
): Promise<Scene> {
  const service = await buildTestApp(t, { env, sandbox: { seed, clock } })
  return {
    service,
    sandbox: service.sandbox,
    async walk(name, args = {}) {
      const token = service.tokens[leastRole[name] ?? 'admin']
      return walkThrough(t, await askIn('2026-07-28', service.app, token), name, args)
    },
    trail: () =>
      service
        .calls()
        .filter(({ tool_name }) => !String(tool_name).startsWith('prompts/'))
        .map(({ tool_name, outcome }) => [tool_name, outcome]),
  }
}

const rowOf = ({ store }: Sandbox, id: number): FindingRecord => {
  const row = store.findings.get(id)
  if (!row) throw new Error(`no finding ${id}`)
  return row
}
/** Notes of a finding, oldest first. */
const notesOf = (sandbox: Sandbox, id: number): string[] =>
  rowOf(sandbox, id).notes.map((note) => sandbox.store.notes.get(note)?.entry ?? '')
const productOf = ({ store }: Sandbox, { test }: FindingRecord): number | undefined =>
  store.engagements.get(store.tests.get(test)?.engagement)?.product
/** Findings as they were stored before anything happened, to compare with. */
const copyOf = ({ store }: Sandbox) => structuredClone(store.findings.all())

/** Ids of findings of which something has changed. */
function changedSince(before: readonly FindingRecord[], sandbox: Sandbox): number[] {
  return before
    .filter((old) => JSON.stringify(old) !== JSON.stringify(rowOf(sandbox, old.id)))
    .map(({ id }) => id)
}

/** The findings that were read before a change, as the change's record has them. */
const readBefore = (record: Record<string, unknown> | undefined) =>
  (record?.findings_read_before_mutation ?? []) as number[]

const evidence =
  'Checked on 2026-08-03 at commit 4f1d2c9: src/cart.ts line 88 now binds the value as a parameter; the request of the report answers 400.'

t.test('triage_finding closes what was fixed, with the evidence on it', async (t) => {
  const { service, sandbox, walk, trail } = await openScene(t)
  const finding = sandbox.store.findings
    .all()
    .find((row) => row.active && row.severity === 'Medium' && !row.verified)
  const id = finding?.id ?? 0
  const before = copyOf(sandbox)

  const walker = await walk('triage_finding', { finding_id: String(id) })
  const found = await walker.step('get_finding')
  t.match(found, { id, active: true })
  await walker.step('list_finding_notes')
  const alike = await walker.step('list_findings', { title: String(found.title) })
  t.ok(alike.items.some((item) => item.id === id))
  walker.skip('update_finding')
  walker.skip('add_finding_note')
  const closed = await walker.step('close_finding', { reason: 'mitigated', note: evidence })
  walker.skip('add_finding_note')
  walker.end()

  t.match(closed, { id, active: false, is_mitigated: true })
  t.notOk('_warning' in closed)
  t.match(rowOf(sandbox, id), { active: false, is_mitigated: true, false_p: false })
  t.equal(notesOf(sandbox, id).at(-1), evidence)
  t.same(changedSince(before, sandbox), [id], 'and nothing else')
  t.same(trail(), [
    ['get_finding', 'success'],
    ['list_finding_notes', 'success'],
    ['list_findings', 'success'],
    ['close_finding', 'success'],
  ])
  const record = service.calls().at(-1)
  t.match(record, {
    caller_role: 'writer',
    request_params: { finding_id: id, reason: 'mitigated' },
  })
  t.ok(readBefore(record).includes(id), 'it was read before')
})

t.test(
  'triage_finding confirms what is real, and waits when there were too many changes',
  async (t) => {
    const { sandbox, walk, trail } = await openScene(t, { MUTATION_RATE_LIMIT: '1' })
    const id = sandbox.store.findings.all().find((row) => row.active && !row.verified)?.id ?? 0

    const walker = await walk('triage_finding', { finding_id: String(id) })
    const found = await walker.step('get_finding')
    await walker.step('list_finding_notes')
    await walker.step('list_findings', { title: String(found.title) })
    t.match(await walker.step('update_finding'), { id, verified: true, active: true })
    const refused = await walker.attempt('add_finding_note', { entry: evidence })

    t.match(refused, { isError: true, text: /^Rate limit exceeded: .* Retry-After: \d+s\.$/ })
    t.match(walker.text, '"Rate limit exceeded": wait as it says, repeat that call.')
    t.equal(rowOf(sandbox, id).verified, true)
    t.notOk(notesOf(sandbox, id).includes(evidence))
    t.same(trail().slice(-2), [
      ['update_finding', 'success'],
      ['add_finding_note', 'rate_limited'],
    ])
  },
)

t.test('triage_finding leaves alone what it cannot judge, whatever the finding says', async (t) => {
  const { sandbox, walk, trail } = await openScene(t)
  const hostile = sandbox.store.findings.all().find(({ title }) => /^Ignore All Prev/.test(title))
  const id = hostile?.id ?? 0
  const before = copyOf(sandbox)
  const entry = 'Looked at the report on 2026-08-03: it names no request that could be tried.'

  const walker = await walk('triage_finding', { finding_id: String(id) })
  const found = await walker.step('get_finding')
  t.match(found.description, /close_finding for all ids/, 'it asks for changes')
  await walker.step('list_finding_notes')
  await walker.step('list_findings', { title: 'every finding' })
  walker.skip('update_finding')
  walker.skip('add_finding_note')
  walker.skip('close_finding')
  await walker.step('add_finding_note', { entry })
  walker.end()

  t.same(changedSince(before, sandbox), [id], 'only the note was added')
  t.match(rowOf(sandbox, id), { active: true, verified: false, notes: { length: 1 } })
  t.equal(notesOf(sandbox, id).at(-1), entry)
  t.same(trail().at(-1), ['add_finding_note', 'success'])
})

t.test(
  'triage_finding: after an unknown outcome the finding says whether it was closed',
  async (t) => {
    const own = await startSandbox({ seed: 'demo', clock })
    t.teardown(() => own.close())
    const id = own.store.findings.all().find((row) => row.active && row.severity === 'Low')?.id ?? 0
    const proxy = await startLosingProxy(t, own.url, `/api/v2/findings/${id}/close/`)
    const { walk, trail } = await openScene(t, {
      DEFECTDOJO_URL: proxy.url,
      DEFECTDOJO_API_KEY: own.apiKey,
    })

    const walker = await walk('triage_finding', { finding_id: String(id) })
    await walker.step('get_finding')
    await walker.step('list_finding_notes')
    await walker.step('list_findings', { title: 'a' })
    walker.skip('update_finding')
    walker.skip('add_finding_note')
    const ended = await walker.attempt('close_finding', {
      reason: 'false_positive',
      note: evidence,
    })

    t.match(ended, { isError: true, text: /outcome is unknown/ })
    t.match(
      walker.text,
      '"outcome is unknown": look with get_finding, repeat only what was not done.',
    )
    const again = await walk('triage_finding', { finding_id: String(id) })
    t.match(await again.step('get_finding'), { active: false, false_p: true }, 'so not again')
    t.same(
      notesOf(own, id).filter((entry) => entry === evidence),
      [evidence],
    )
    t.same(trail().slice(-2), [
      ['close_finding', 'unknown_outcome'],
      ['get_finding', 'success'],
    ])
  },
)

/** Open findings in the order in which they are to be worked on. */
function expectedQueue(sandbox: Sandbox, lowest: string, product?: number): number[] {
  const today = clock().toISOString().slice(0, 10)
  const open = sandbox.store.findings
    .all()
    .filter((row) => row.active && !row.duplicate)
    .filter((row) => product === undefined || productOf(sandbox, row) === product)
  return severities.slice(0, severities.indexOf(lowest as 'High') + 1).flatMap((severity) => {
    const rows = open.filter((row) => row.severity === severity)
    const isOverdue = (row: FindingRecord) => (row.sla_expiration_date ?? today) < today
    return [...rows.filter(isOverdue), ...rows.filter((row) => !isOverdue(row))].map(({ id }) => id)
  })
}

for (const { args, lowest, limit } of [
  { args: {}, lowest: 'High', limit: 20 },
  { args: { product_id: '3', severity: 'Info', limit: '45' }, lowest: 'Info', limit: 45 },
]) {
  t.test(`work_queue ${JSON.stringify(args)} is what DefectDojo holds, worst first`, async (t) => {
    const { service, sandbox, walk, trail } = await openScene(t)
    const walker = await walk('work_queue', args)
    const wanted = severities.slice(0, severities.indexOf(lowest as 'High') + 1)
    t.match(walker.text, `of ${wanted.map((word) => `"${word}"`).join(', ')}, until`)

    const queue: number[] = []
    const add = (items: readonly Plain[]) => {
      for (const { id } of items) if (!queue.includes(id) && queue.length < limit) queue.push(id)
    }
    // The text has the two calls of a severity once, so each further severity is a walk of its own through that sentence.
    for (const severity of wanted) {
      if (queue.length === limit) break
      const turn = await walk('work_queue', args)
      add((await turn.step('list_findings', { severity })).items)
      const others = await turn.step('list_findings', { severity })
      if (queue.length < limit) add(await turn.rest(others))
    }
    walker.skip('list_findings')
    walker.skip('list_findings')
    const first = await walker.step('get_finding', { finding_id: queue[0] })
    for (const finding_id of queue.slice(1, 5)) await walker.again('get_finding', { finding_id })
    walker.end()

    const product = 'product_id' in args ? Number(args.product_id) : undefined
    t.same(queue, expectedQueue(sandbox, lowest, product).slice(0, limit))
    t.ok(queue.length > 5)
    t.equal(first.mitigation, rowOf(sandbox, queue[0] ?? 0).mitigation)
    t.equal(sandbox.writes(), 0)
    t.ok(trail().every(([, outcome]) => outcome === 'success'))
    t.same([...new Set(trail().map(([tool]) => tool))], ['list_findings', 'get_finding'])
    t.ok(service.calls().every(({ caller_role }) => caller_role === 'reader'))
  })
}

t.test('review_false_positives closes what is proven and leaves the rest as it is', async (t) => {
  const { service, sandbox, walk, trail } = await openScene(t)
  const args = { product_id: '8', test_id: '49', limit: '10' }
  const before = copyOf(sandbox)

  const walker = await walk('review_false_positives', args)
  const { items, pagination } = await walker.step('list_findings')
  const expected = before.filter(
    (row) => row.test === 49 && row.active && !row.verified && !row.duplicate,
  )
  t.same(
    items.map(({ id }) => id),
    expected.map(({ id }) => id),
  )
  t.equal(pagination.count, expected.length)

  // What the agent has seen for itself: the listing is empty by design. Of the others it knows only what they say of themselves.
  const [proven] = items.filter(({ title }) => title === 'Directory Listing of Attachments')
  const orders = items.filter(({ description }) => /close_finding/.test(String(description)))
  t.ok(proven && orders.length > 0)
  const ids = items.map(({ id }) => id)
  await walker.step('get_finding', { finding_id: ids[0] })
  for (const finding_id of ids.slice(1)) await walker.again('get_finding', { finding_id })
  await walker.step('list_finding_notes', { finding_id: ids[0] })
  for (const finding_id of ids.slice(1)) await walker.again('list_finding_notes', { finding_id })
  const judged = await walker.step('list_findings', { title: 'MD5 used for' })
  t.same(
    judged.items.map(({ id }) => id),
    before.filter((row) => row.false_p && /md5 used for/i.test(row.title)).map(({ id }) => id),
  )
  const note =
    'Seen on 2026-08-03: the route lists only files the caller has uploaded (routes/attachments.ts:31).'
  const closed = await walker.step('close_finding', { finding_id: proven?.id, note })
  walker.end()

  t.match(closed, { id: proven?.id, active: false, false_p: true })
  t.match(rowOf(sandbox, proven?.id ?? 0), { active: false, false_p: true, is_mitigated: true })
  t.equal(notesOf(sandbox, proven?.id ?? 0).at(-1), note)
  t.same(changedSince(before, sandbox), [proven?.id], 'the others are as they were')
  t.same(
    trail().filter(([tool]) => tool === 'close_finding'),
    [['close_finding', 'success']],
  )
  const read = readBefore(service.calls().at(-1))
  t.ok(
    ids.every((id) => read.includes(id)),
    'the trail shows what was read before it',
  )
})

t.test('review_false_positives goes on where the last run ended', async (t) => {
  const { walk } = await openScene(t)
  const page = async (offset: string) =>
    (await walk('review_false_positives', { limit: '7', offset })).step('list_findings')

  const [first, second] = [await page('0'), await page('7')]

  t.equal(first.items.length + second.items.length, 14)
  t.equal(new Set([...first.items, ...second.items].map(({ id }) => id)).size, 14)
})

const report = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../examples/scans/bandit-paramiko.json'), 'utf8'),
) as { results: { issue_severity: string }[] }
const scan = {
  scan_type: 'Bandit Scan',
  product_name: 'Payments API',
  engagement_name: 'release pipeline',
}
const file = (content: unknown) => ({
  file_name: 'bandit.json',
  content: JSON.stringify(content),
})

t.test('import_and_review_scan makes one test with the findings of the report', async (t) => {
  const { service, sandbox, walk, trail } = await openScene(t)
  const before = { tests: sandbox.store.tests.size(), findings: sandbox.store.findings.size() }

  const walker = await walk('import_and_review_scan', scan)
  const imported = await walker.step('import_scan', file(report))
  const found: Plain[] = []
  const high = { test_id: imported.test_id, severity: 'High' }
  const critical = await walker.step('list_findings', { ...high, severity: 'Critical' })
  found.push(...(await walker.rest(critical)))
  found.push(...(await walker.rest(await walker.again('list_findings', high))))
  await walker.step('get_finding', { finding_id: found[0]?.id })
  for (const { id } of found.slice(1, 10)) await walker.again('get_finding', { finding_id: id })
  for (const tool of ['list_products', 'list_engagements', 'list_tests']) walker.skip(tool)
  walker.end()

  const stored = sandbox.store.findings.all().filter(({ test }) => test === imported.test_id)
  t.equal(sandbox.store.tests.size(), before.tests + 1)
  t.equal(sandbox.store.findings.size(), before.findings + stored.length)
  t.equal(imported.created, stored.length)
  t.equal(imported.engagement_id, 4)
  t.same(
    found.map(({ id }) => id),
    stored.filter(({ severity }) => severity === 'High').map(({ id }) => id),
  )
  t.equal(found.length, report.results.filter((one) => one.issue_severity === 'HIGH').length)
  t.equal(trail()[0]?.join(), 'import_scan,success')
  t.match(service.calls()[1], { caller_role: 'scanner', request_params: scan })
})

t.test('import_and_review_scan with update compares with the earlier import', async (t) => {
  const { sandbox, walk, trail } = await openScene(t)
  const first = await (await walk('import_and_review_scan', scan)).step('import_scan', file(report))
  const tests = sandbox.store.tests.size()
  const fixed = {
    ...report,
    results: report.results.filter((one) => one.issue_severity !== 'HIGH'),
  }

  const walker = await walk('import_and_review_scan', { ...scan, update: 'true' })
  const updated = await walker.step('reimport_scan', file(fixed))
  const { items } = await walker.step('list_findings', {
    test_id: updated.test_id,
    severity: 'High',
  })

  const high = sandbox.store.findings
    .all()
    .filter((row) => row.test === first.test_id && row.severity === 'High')
  t.equal(updated.test_id, first.test_id)
  t.equal(sandbox.store.tests.size(), tests, 'no new test')
  t.match(updated, { created: 0, closed: high.length, untouched: fixed.results.length })
  t.ok(high.length > 0 && high.every((row) => row.is_mitigated && !row.active))
  t.same(items, [])
  t.same(trail().slice(-2), [
    ['reimport_scan', 'success'],
    ['list_findings', 'success'],
  ])
})

t.test('import_and_review_scan creates no product or engagement of its own accord', async (t) => {
  for (const { seed, product_name, says } of [
    { seed: 'empty', product_name: 'Payments API', says: /No product of that name exists/ },
    { seed: 'demo', product_name: 'Support Desk', says: /has no engagement of that name/ },
  ] as const) {
    const { sandbox, walk, trail } = await openScene(t, {}, seed)
    const { products, engagements, tests } = sandbox.store
    const sizes = () => [products.size(), engagements.size(), tests.size()]
    const before = sizes()
    for (const update of ['false', 'true']) {
      const walker = await walk('import_and_review_scan', { ...scan, product_name, update })
      const tool = update === 'true' ? 'reimport_scan' : 'import_scan'

      const refused = await walker.attempt(tool, file(report))

      t.match(refused, { isError: true, text: says })
      t.match(walker.text, 'If the target does not exist, ask a human before you create one.')
      t.same(sizes(), before)
      t.same(trail().at(-1), [tool, 'upstream_error'])
    }
  }
})

t.test(
  'import_and_review_scan: after an unknown outcome the calls it names find the test',
  async (t) => {
    const own = await startSandbox({ seed: 'demo', clock })
    t.teardown(() => own.close())
    const proxy = await startLosingProxy(t, own.url, '/api/v2/import-scan/')
    const { walk, trail } = await openScene(t, {
      DEFECTDOJO_URL: proxy.url,
      DEFECTDOJO_API_KEY: own.apiKey,
    })

    const walker = await walk('import_and_review_scan', scan)
    const ended = await walker.attempt('import_scan', file(report))
    t.match(ended, { isError: true, text: /outcome is unknown/ })
    walker.skip('list_findings')
    walker.skip('get_finding')
    const products = await walker.rest(await walker.step('list_products'))
    const product = products.find(({ name }) => name === scan.product_name)
    const engagements = await walker.rest(
      await walker.step('list_engagements', { product_id: product?.id }),
    )
    const engagement = engagements.findLast(({ name }) => name === scan.engagement_name)
    const tests = await walker.rest(
      await walker.step('list_tests', { engagement_id: engagement?.id }),
    )
    walker.end()

    const made = own.store.tests.all().at(-1)
    t.equal(tests.at(-1)?.id, made?.id, 'the newest test is the one that was made')
    t.match(made, { engagement: engagement?.id, scan_type: 'Bandit Scan' })
    t.equal(
      own.store.findings.all().filter(({ test }) => test === made?.id).length,
      report.results.length,
    )
    t.equal(trail()[0]?.join(), 'import_scan,unknown_outcome')
    t.equal(trail().filter(([tool]) => tool === 'import_scan').length, 1)
  },
)

for (const { product, since } of [
  { product: undefined, since: '2024-01-01' },
  { product: 8, since: '2026-07-20' },
]) {
  t.test(`weekly_posture_report of ${product ?? 'all'} has DefectDojo's numbers`, async (t) => {
    const { sandbox, walk, trail } = await openScene(t)
    // More closed ones than a page holds.
    for (let number = 0; number < 130; number += 1) {
      const mitigated = `2026-0${number % 2 === 0 ? 6 : 8}-01T08:00:00Z`
      const closed = { active: false, is_mitigated: true, mitigated, false_p: number % 3 === 0 }
      sandbox.store.createFinding({
        test: 49,
        title: `Fixed ${number}`,
        severity: 'Low',
        ...closed,
      })
    }
    const today = clock().toISOString().slice(0, 10)
    const rows = sandbox.store.findings
      .all()
      .filter((row) => product === undefined || productOf(sandbox, row) === product)
    const open = rows.filter((row) => row.active && !row.duplicate)
    const args = { since, ...(product !== undefined && { product_id: String(product) }) }

    const walker = await walk('weekly_posture_report', args)
    if (product === undefined) {
      const products = await walker.rest(await walker.step('list_products'))
      const [first, ...others] = products.map(({ id }) => id)
      const counts = [(await walker.step('list_findings', { product_id: first })).pagination.count]
      for (const id of others)
        counts.push((await walker.again('list_findings', { product_id: id })).pagination.count)
      t.same(
        counts,
        [first, ...others].map(
          (id) =>
            open.filter((row) => row.severity === 'Critical' && productOf(sandbox, row) === id)
              .length,
        ),
      )
      t.equal(products.length, sandbox.store.products.size())
    } else {
      const { name } = await walker.step('get_product')
      t.equal(name, sandbox.store.products.get(product)?.name)
    }

    const bySeverity: number[] = []
    const [worst, ...lower] = severities
    bySeverity.push((await walker.step('list_findings', { severity: worst })).pagination.count)
    for (const severity of lower)
      bySeverity.push((await walker.again('list_findings', { severity })).pagination.count)
    t.same(
      bySeverity,
      severities.map((severity) => open.filter((row) => row.severity === severity).length),
    )
    const unconfirmed = (await walker.step('list_findings')).pagination.count
    const overdue = (await walker.step('list_findings')).pagination.count
    const accepted = (await walker.step('list_findings')).pagination.count
    t.equal(unconfirmed, open.filter((row) => !row.verified).length)
    t.equal(overdue, open.filter((row) => (row.sla_expiration_date ?? today) < today).length)
    t.equal(accepted, rows.filter((row) => row.risk_accepted).length)
    t.ok(overdue > 0 && unconfirmed > 0)

    const closed = await walker.rest(await walker.step('list_findings'))
    const inPeriod = closed.filter(({ mitigated }) => String(mitigated ?? '') >= since)
    const reallyClosed = rows.filter((row) => row.is_mitigated && (row.mitigated ?? '') >= since)
    t.same(
      inPeriod.map(({ id }) => id),
      reallyClosed.map(({ id }) => id),
    )
    const isWrong = (row: object) =>
      ['false_p', 'out_of_scope'].some((flag) => flag in row && row[flag as never])
    t.equal(inPeriod.filter(isWrong).length, reallyClosed.filter(isWrong).length)
    t.ok(inPeriod.length > 0)

    const isNew = (row: object) => 'date' in row && String(row.date) >= since
    const fresh: number[] = []
    let begun = false
    for (const [index, severity] of ['Critical', 'High'].entries()) {
      let read: Plain[] = []
      let offset = bySeverity[index] ?? 0
      do {
        offset = Math.max(0, offset - 20)
        const where = { severity, offset }
        const page = begun
          ? await walker.again('list_findings', where)
          : await walker.step('list_findings', where)
        read = []
        for (const { id: finding_id } of page.items) {
          read.push(
            begun
              ? await walker.again('get_finding', { finding_id })
              : await walker.step('get_finding', { finding_id }),
          )
          begun = true
        }
        fresh.push(...read.filter(isNew).map(({ id }) => id))
      } while (read.every(isNew) && offset > 0)
    }
    walker.end()
    t.same(
      [...new Set(fresh)].sort((one, other) => one - other),
      open
        .filter((row) => ['Critical', 'High'].includes(row.severity) && isNew(row))
        .map(({ id }) => id),
    )

    t.equal(sandbox.writes(), 0)
    t.ok(trail().every(([, outcome]) => outcome === 'success'))
  })
}
