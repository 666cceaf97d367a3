import { refused, ruleBroken } from '../http/api-error.js'
import { type Exchange, ok, type Route } from '../http/exchange.js'
import { type Model, rowOf } from '../http/model.js'
import type { EngagementRecord } from '../records.js'
import { mayUseProduct, visibility } from '../rules/access.js'
import * as types from '../rules/field-types.js'
import { byFields } from '../rules/ordering.js'
import { tagFilters } from '../rules/tag-filters.js'
import { tagsField } from '../rules/tags.js'
import { timestamp } from '../rules/times.js'
import { engagementView } from '../views/tests.js'
import { removeEngagement } from './removal.js'

const statuses = [
  'Not Started',
  'Blocked',
  'Cancelled',
  'Completed',
  'In Progress',
  'On Hold',
  'Scheduled',
  'Waiting for Resource',
]
const optional = { nullable: true }
const person = types.reference((store) => store.users, optional)
const productOf = (x: Exchange, row: EngagementRecord) => x.store.products.get(row.product)

/** `/engagements/`: by id; `active` moves only through close and reopen. */
export const engagements: Model<EngagementRecord> = {
  path: 'engagements',
  label: 'Engagement',
  rows: (x) => x.store.engagements.all().filter(visibility(x.store, x.user).engagement),
  find(x, id) {
    const row = x.store.engagements.get(id)
    return row && mayUseProduct(x.store, x.user, productOf(x, row)) ? row : undefined
  },
  view: (x, rows) => rows.map((row) => engagementView(x.store, row)),
  filters: {
    id: { kind: 'number', of: (row) => row.id },
    product: {
      kind: 'one',
      exists: (id, x) => x.store.products.get(id) !== undefined,
      of: (row) => row.product,
    },
    name: { kind: 'exact', of: (row) => row.name },
    version: { kind: 'exact', of: (row) => row.version },
    status: { kind: 'choice', words: statuses, of: (row) => row.status },
    active: { kind: 'boolean', of: (row) => row.active },
    target_start: { kind: 'day', of: (row) => row.target_start },
    target_end: { kind: 'day', of: (row) => row.target_end },
    product__prod_type: { kind: 'numbers', of: (row, x) => productOf(x, row)?.prod_type },
    requester: { kind: 'number', of: (row) => row.requester },
    report_type: { kind: 'number', of: (row) => row.report_type },
    threat_model: { kind: 'boolean', of: (row) => row.threat_model },
    api_test: { kind: 'boolean', of: (row) => row.api_test },
    pen_test: { kind: 'boolean', of: (row) => row.pen_test },
    updated: { kind: 'moment', compare: 'on', of: (row) => row.updated },
    ...tagFilters<EngagementRecord>((row) => row.tags),
    product__tags__and: {
      kind: 'tags',
      test: 'all',
      of: (row, x) => productOf(x, row)?.tags ?? [],
    },
  },
  ordering: byFields<EngagementRecord>(
    'name',
    'version',
    'target_start',
    'target_end',
    'status',
    'lead',
    'created',
    'updated',
  ),
  parent: {
    field: 'product',
    label: 'Product',
    find: (x, id) => x.store.products.get(id),
    may: (x, id) => mayUseProduct(x.store, x.user, x.store.products.get(id)),
  },
  fields: {
    name: types.optionalText(300),
    description: types.optionalText(2000),
    version: types.optionalText(100),
    first_contacted: types.date(optional),
    target_start: types.date({ required: true }),
    target_end: types.date({ required: true }),
    reason: types.optionalText(2000),
    tracker: types.url(200),
    test_strategy: types.url(200),
    threat_model: types.flag(),
    api_test: types.flag(),
    pen_test: types.flag(),
    check_list: types.flag(),
    status: types.choice(statuses, optional),
    engagement_type: types.choice(['Interactive', 'CI/CD'], optional),
    build_id: types.optionalText(150),
    commit_hash: types.optionalText(150),
    branch_tag: types.optionalText(150),
    source_code_management_uri: types.url(600),
    deduplication_on_engagement: types.flag(),
    lead: person,
    requester: types.referenceToNothing,
    preset: types.referenceToNothing,
    report_type: types.referenceToNothing,
    product: types.reference((store) => store.products),
    cicd_scm_server: types.referenceToNothing,
    cicd_build_server: types.referenceToNothing,
    cicd_orchestration_engine: types.referenceToNothing,
    tags: tagsField(),
  },
  create({ store }, values) {
    const { target_start: start, target_end: end } = values as Record<string, string>
    // Only a create compares them: a change may turn them round.
    if (start !== undefined && end !== undefined && start > end) {
      throw ruleBroken('Your target start date exceeds your target end date')
    }
    return store.createEngagement(values as { product: number })
  },
  change(x, row, values) {
    const { store } = x
    const moved = store.products.get(values.product as number | undefined)
    if (moved && !mayUseProduct(store, x.user, moved)) {
      const text = `Invalid pk "${moved.id}" - object does not exist.`
      throw refused({ product: [{ text, code: 'does_not_exist' }] })
    }
    if (values.tags) values.tags = store.spell('engagement', values.tags as string[])
    Object.assign(row, values, { updated: timestamp(store.now()) })
  },
  remove: ({ store }, row) => removeEngagement(store, row.id),
}

function move(active: boolean, status: string): Route['methods'] {
  return {
    POST(x) {
      const row = rowOf(engagements, x)
      row.active = active
      row.status = status
      row.updated = timestamp(x.store.now())
      return ok({})
    },
  }
}

/** Closing and reopening: the only ways to change `active`, both answer `{}` however often they are called. */
export const engagementActions: Route[] = [
  { path: 'engagements/:id/close', methods: move(false, 'Completed') },
  { path: 'engagements/:id/reopen', methods: move(true, 'In Progress') },
]
