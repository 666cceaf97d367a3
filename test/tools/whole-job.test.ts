import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { startSandbox } from '../../sandbox/server.js'
import { createPresenter } from '../../src/guard/untrusted-envelope.js'
import { tools } from '../../src/tools/index.js'
import { toolNames } from '../../src/tools/tool-names.js'
import { buildBench } from './tool-bench.js'

const ajv = new Ajv2020({ strict: false })
const presented = tools.map((tool) => {
  const modes = (['on', 'page', 'off'] as const).map((mode) => {
    const presenter = createPresenter(tool.output, mode)
    return { mode, presenter, isValid: ajv.compile(presenter.outputSchema) }
  })
  return [tool.name, modes] as const
})

const example = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../examples/scans', name), 'utf8')

interface Shown {
  readonly id: number
  readonly test_id: number
  readonly items: readonly Shown[]
  readonly tags: readonly string[]
  readonly pagination: { readonly count: number }
  readonly [member: string]: unknown
}

for (const edition of ['3.2.0', '2.57.2', '2.47'] as const) {
  t.test(`the whole job works on DefectDojo ${edition}, with all 24 tools`, async (t) => {
    const sandbox = await startSandbox({ seed: 'empty', edition })
    t.teardown(() => sandbox.close())
    const bench = await buildBench(t, sandbox)
    const used = new Set<string>()
    /** Runs a tool and checks its result against its schema in every way it can be presented. */
    const run = async (name: string, args: Record<string, unknown> = {}): Promise<Shown> => {
      const result = await bench.run(name, args)
      used.add(name)
      for (const { mode, presenter, isValid } of new Map(presented).get(name) ?? []) {
        const valid = isValid(presenter.present(result))
        t.ok(valid, `${name}, ${mode}: ${JSON.stringify(isValid.errors)}`)
      }
      return result as Shown
    }
    const dates = { target_start: '2026-08-01', target_end: '2026-09-30' }

    t.match(await run('health_check'), { status: 'ok' })
    const types = await run('list_product_types')
    t.equal(types.pagination.count, 1)
    const product = await run('create_product', {
      name: 'Shop',
      description: 'Sells.',
      prod_type_id: types.items[0]?.id,
    })
    t.match(await run('list_products'), { items: [{ id: product.id, name: 'Shop' }] })
    t.match(await run('get_product', { product_id: product.id }), { description: 'Sells.' })

    const engagement = await run('create_engagement', {
      product_id: product.id,
      name: 'Release 1',
      ...dates,
    })
    t.match(await run('list_engagements', { product_id: product.id }), { items: [engagement] })
    t.match(await run('get_engagement', { engagement_id: engagement.id }), engagement)

    const testTypes = await run('list_test_types', { limit: 100 })
    const test = await run('create_test', {
      engagement_id: engagement.id,
      test_type_id: testTypes.items[2]?.id,
      ...dates,
    })
    t.match(await run('list_tests', { engagement_id: engagement.id }), { items: [{ id: test.id }] })
    t.match(await run('get_test', { test_id: test.id }), { engagement_id: engagement.id })

    const finding = await run('create_finding', {
      test_id: test.id,
      title: 'Stored XSS in the comment form',
      severity: 'High',
      description: 'Comments are printed as they come.',
    })
    const finding_id = finding.id
    t.match(finding, { active: true, verified: false, severity: 'High' })
    t.match(await run('update_finding', { finding_id, verified: true }), { verified: true })
    t.match(await run('add_finding_tags', { finding_id, tags: ['Web', 'xss'] }), {
      tags: ['web', 'xss'],
    })
    t.strictSame(await run('remove_finding_tags', { finding_id, tags: ['WEB'] }), { tags: ['xss'] })
    t.match(await run('list_findings', { tags: ['XSS'], outside_of_sla: false }), {
      items: [{ id: finding_id }],
    })

    for (const reason of ['mitigated', 'false_positive', 'out_of_scope', 'duplicate']) {
      const closed = await run('close_finding', { finding_id, reason, note: `Closed: ${reason}.` })
      t.match(closed, { id: finding_id, active: false }, reason)
      t.notOk('_warning' in closed, reason)
      t.equal(closed.false_p, reason === 'false_positive')
      t.equal(closed.duplicate, reason === 'duplicate')
      const reopened = await run('reopen_finding', { finding_id, note: 'Opened again.' })
      t.match(reopened, { active: true, is_mitigated: false, false_p: false, duplicate: false })
      t.notOk('_warning' in reopened)
    }
    const note = await run('add_finding_note', { finding_id, entry: 'Seen.', private: true })
    t.match(note, { id: Number, entry: 'Seen.', private: true, date: String })
    const notes = await run('list_finding_notes', { finding_id })
    t.equal(notes.pagination.count, 9)
    t.match(await run('get_finding', { finding_id }), { id: finding_id, found_by: [Number] })

    const report = example('bandit-paramiko.json')
    const upload = { scan_type: 'Bandit Scan', file_name: 'bandit.json', content: report }
    const target = { product_name: 'Shop', engagement_name: 'Release 1' }
    const imported = await run('import_scan', { ...upload, ...target, tags: ['Nightly'] })
    const found = await run('list_findings', { test_id: imported.test_id, limit: 1 })
    t.ok(Number(imported.created) > 0)
    t.equal(found.pagination.count, imported.findings_count)
    const again = await run('reimport_scan', { ...upload, test_id: imported.test_id })
    t.match(again, { test_id: imported.test_id, created: 0, untouched: imported.findings_count })
    const empty = await run('reimport_scan', {
      ...upload,
      content: '{"results": []}',
      test_id: imported.test_id,
    })
    t.match(empty, {
      closed: imported.created,
      _warning: { message: `and ${imported.created} closed: `, nothing_imported: true },
    })

    t.same([...used].sort(), [...toolNames].sort())
    t.same(sandbox.faults, [])
  })
}

t.test('what DefectDojo refuses is said without its words', async (t) => {
  const sandbox = await startSandbox({ seed: 'recorded' })
  t.teardown(() => sandbox.close())
  const bench = await buildBench(t, sandbox)

  const missing = await bench.refusal('get_finding', { finding_id: 99_999 })
  const engagements = await bench.refusal('list_engagements', { product_id: 99_999 })

  t.match(missing.message, /^Resource not found \(HTTP 404, request_id=[0-9a-f-]{36}\)/)
  t.match(engagements.message, /^Invalid request parameters \(HTTP 400, request_id=[0-9a-f-]{36}\)/)
})
