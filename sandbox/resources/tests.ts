import type { Exchange } from '../http/exchange.js'
import type { Model } from '../http/model.js'
import type { TestRecord, TestTypeRecord } from '../records.js'
import { mayUseProduct, visibility } from '../rules/access.js'
import * as types from '../rules/field-types.js'
import { byFields } from '../rules/ordering.js'
import { tagFilters } from '../rules/tag-filters.js'
import { tagsField } from '../rules/tags.js'
import { timestamp } from '../rules/times.js'
import { briefUser } from '../views/people.js'
import { createdTestView, engagementView, testView } from '../views/tests.js'
import { removeTest } from './removal.js'
import { nameTaken } from './unique-names.js'

const optional = { nullable: true }

const usable = (x: Exchange, engagement: number) =>
  mayUseProduct(x.store, x.user, x.store.products.get(x.store.engagements.get(engagement)?.product))

/** `/tests/`: in no order at all unless `o` asks for one, which the sandbox shows by a fixed shuffle. */
export const tests: Model<TestRecord> = {
  path: 'tests',
  label: 'Test',
  rows: (x) => shuffled(x.store.tests.all().filter(visibility(x.store, x.user).test)),
  find(x, id) {
    const row = x.store.tests.get(id)
    return row && usable(x, row.engagement) ? row : undefined
  },
  view: (x, rows) => rows.map((row) => testView(x.store, row)),
  filters: {
    id: { kind: 'number', of: (row) => row.id },
    engagement: {
      kind: 'one',
      exists: (id, x) => x.store.engagements.get(id) !== undefined,
      of: (row) => row.engagement,
    },
    test_type: {
      kind: 'one',
      exists: (id, x) => x.store.testTypes.get(id) !== undefined,
      of: (row) => row.test_type,
    },
    title: { kind: 'exact', of: (row) => row.title },
    scan_type: { kind: 'exact', of: (row) => row.scan_type },
    version: { kind: 'exact', of: (row) => row.version },
    branch_tag: { kind: 'exact', of: (row) => row.branch_tag },
    build_id: { kind: 'exact', of: (row) => row.build_id },
    commit_hash: { kind: 'exact', of: (row) => row.commit_hash },
    percent_complete: { kind: 'number', of: (row) => row.percent_complete },
    target_start: { kind: 'moment', compare: 'on', of: (row) => row.target_start },
    target_end: { kind: 'moment', compare: 'on', of: (row) => row.target_end },
    ...tagFilters<TestRecord>((row) => row.tags),
    engagement__tags__and: {
      kind: 'tags',
      test: 'all',
      of: (row, x) => x.store.engagements.get(row.engagement)?.tags ?? [],
    },
  },
  ordering: byFields<TestRecord>(
    'title',
    'version',
    'target_start',
    'target_end',
    'test_type',
    'lead',
    'branch_tag',
    'build_id',
    'commit_hash',
    'api_scan_configuration',
    'engagement',
    'created',
    'updated',
  ),
  prefetch: {
    engagement: {
      ids: (row) => [row.engagement],
      view(x, id) {
        const row = x.store.engagements.get(id)
        return row && engagementView(x.store, row)
      },
    },
    test_type: { ids: (row) => [row.test_type], view: (x, id) => x.store.testTypes.get(id) },
    environment: { ids: (row) => [row.environment], view: (x, id) => x.store.environments.get(id) },
    lead: { ids: (row) => [row.lead], view: (x, id) => briefUser(x.store, id) ?? undefined },
  },
  parent: {
    field: 'engagement',
    label: 'Engagement',
    find: (x, id) => x.store.engagements.get(id),
    may: usable,
  },
  fields: {
    engagement: types.reference((store) => store.engagements),
    scan_type: types.optionalText(),
    title: types.optionalText(255),
    description: types.optionalText(),
    target_start: types.dateTime({ required: true }),
    target_end: types.dateTime({ required: true }),
    percent_complete: types.integer(optional),
    version: types.optionalText(100),
    build_id: types.optionalText(150),
    commit_hash: types.optionalText(150),
    branch_tag: types.optionalText(150),
    lead: types.reference((store) => store.users, optional),
    test_type: types.reference((store) => store.testTypes, { required: true }),
    environment: types.reference((store) => store.environments, optional),
    api_scan_configuration: types.referenceToNothing,
    tags: tagsField(),
  },
  create: ({ store }, values) =>
    store.createTest(values as { engagement: number; test_type: number }),
  createdView: (_x, row) => ({ json: createdTestView(row) }),
  change({ store }, row, values) {
    const { engagement: _engagement, ...rest } = values
    if (rest.tags) rest.tags = store.spell('test', rest.tags as string[])
    Object.assign(row, rest, { updated: timestamp(store.now()) })
  },
  remove: ({ store }, row) => removeTest(store, row.id),
}

/** `/test_types/`: by id, read by everyone, changed by superusers, never deleted. */
export const testTypes: Model<TestTypeRecord> = {
  path: 'test_types',
  label: 'Test_Type',
  rows: (x) => x.store.testTypes.all(),
  find: (x, id) => x.store.testTypes.get(id),
  view: (_x, rows) => rows.map((row) => ({ ...row })),
  filters: { name: { kind: 'exact', of: (row) => row.name } },
  ordering: {},
  mayWrite: (x) => x.user.is_superuser,
  fields: {
    name: types.text({ required: true, max: 200 }),
    static_tool: types.flag(),
    dynamic_tool: types.flag(),
    active: types.flag(),
  },
  check: (x, values, row) => nameTaken('test_ type', x.store.testTypes.all(), values.name, row),
  create: ({ store }, values) =>
    store.testTypes.insert({
      static_tool: false,
      dynamic_tool: false,
      active: true,
      ...(values as { name: string }),
    }),
  change: (_x, row, values) => void Object.assign(row, values),
}

/** 3.x lists tests as the database happens to store them. The same rows always come in the same disorder. */
function shuffled(rows: TestRecord[]): TestRecord[] {
  const place = (row: TestRecord) => (row.id * 2_654_435_761) % 4_294_967_296
  return rows.sort((a, b) => place(a) - place(b))
}
