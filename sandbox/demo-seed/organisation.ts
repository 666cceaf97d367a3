import type { EngagementRecord, ProductRecord, TestRecord } from '../records.js'
import { addDays, day, timestamp } from '../rules/times.js'
import type { Store } from '../store.js'
import type { EngagementPlan, TestPlan } from './engagements.js'
import type { People } from './people.js'
import { type ProductPlan, productTypePlans } from './product-plan.js'
import type { Random } from './random.js'

const DAY = 86_400_000

/** The moment that many days before `now`, at an hour when people or pipelines work. */
export function daysBefore(now: Date, days: number, hour = 9): Date {
  const midnight = Date.parse(`${day(now)}T00:00:00Z`)
  return new Date(Math.min(midnight - days * DAY + hour * 3_600_000, now.getTime()))
}

/** Product types by name. */
export function createProductTypes(store: Store, created: string): ReadonlyMap<string, number> {
  return new Map(
    productTypePlans.map(([name, description, critical_product, key_product]) => {
      const values = { name, description, critical_product, key_product }
      return [name, store.createProductType({ ...values, created, updated: created }).id]
    }),
  )
}

/** Deadlines for what handles cards and passwords: half of the usual. */
export function createStrictSla(store: Store): number {
  return store.slaConfigurations.insert({
    name: 'Cards and credentials',
    description: 'Half the usual time. Agreed with the payment company.',
    critical: 3,
    enforce_critical: true,
    high: 14,
    enforce_high: true,
    medium: 45,
    enforce_medium: true,
    low: 90,
    enforce_low: true,
    restart_sla_on_reactivation: false,
  }).id
}

/** A product with its people. Ordinary accounts see what they are named in. */
export function createProduct(
  store: Store,
  plan: ProductPlan,
  context: {
    people: People
    types: ReadonlyMap<string, number>
    strictSla: number
    created: string
  },
): ProductRecord {
  const { people, types, strictSla, created } = context
  const manager = people[plan.manager]
  return store.createProduct({
    name: plan.name,
    description: plan.description,
    prod_type: types.get(plan.type) ?? 1,
    business_criticality: plan.criticality,
    platform: plan.platform,
    lifecycle: plan.lifecycle,
    origin: plan.origin,
    external_audience: plan.external,
    internet_accessible: plan.external,
    enable_simple_risk_acceptance: plan.lifecycle === 'retirement',
    user_records: plan.users,
    revenue: plan.revenue,
    product_manager: manager,
    technical_contact: people.lucia,
    team_manager: people.mira,
    sla_configuration: plan.strict ? strictSla : 1,
    authorized_users: [...new Set([manager, people.tomas, ...memberOf(store)])],
    tags: [...plan.tags],
    meta: [{ name: 'host', value: plan.places.host }],
    created,
    updated: created,
  })
}

/** The ordinary account that every sandbox has sees the organisation too. */
function memberOf(store: Store): number[] {
  return store.users
    .all()
    .filter((user) => user.username === 'member')
    .map((user) => user.id)
}

/** An engagement at its place in time. */
export function createEngagement(
  store: Store,
  plan: EngagementPlan,
  context: { product: ProductRecord; people: People; random: Random; now: Date },
): EngagementRecord {
  const { product, people, random, now } = context
  const pipeline = plan.type === 'CI/CD'
  const created = timestamp(daysBefore(now, Math.max(plan.from, 0)))
  return store.createEngagement({
    product: product.id,
    name: plan.name,
    description: plan.description,
    engagement_type: plan.type,
    status: plan.status,
    active: plan.status !== 'Completed',
    target_start: addDays(day(now), -plan.from),
    target_end: addDays(day(now), -plan.to),
    first_contacted: pipeline ? null : addDays(day(now), -plan.from - 14),
    lead: people[plan.lead],
    requester: people.mira,
    version: plan.version ?? null,
    branch_tag: plan.branch ?? null,
    build_id: pipeline ? String(random.between(20_000, 29_999)) : null,
    commit_hash: pipeline ? random.hex(40) : null,
    source_code_management_uri: pipeline ? `https://git.fernhill.example/${plan.product}` : null,
    deduplication_on_engagement: false,
    tags: [...plan.tags],
    created,
    updated: created,
  })
}

/** A finished test. Tests by hand have no scan type. */
export function createTest(
  store: Store,
  plan: TestPlan,
  context: { engagement: EngagementRecord; people: People; random: Random; now: Date },
): TestRecord {
  const { engagement, people, random, now } = context
  const pipeline = engagement.engagement_type === 'CI/CD'
  const name = plan.tool === undefined ? plan.type : `${plan.tool} Scan (${plan.type})`
  const scanned = name.includes('Scan') || name.includes('Report')
  const end = daysBefore(now, plan.daysAgo, pipeline ? 3 : 16)
  const start = new Date(end.getTime() - (pipeline ? 11 * 60_000 : 9 * DAY))
  return store.createTest({
    engagement: engagement.id,
    test_type: store.testTypeNamed(name).id,
    scan_type: scanned ? plan.type : null,
    title: plan.title ?? null,
    target_start: timestamp(start),
    target_end: timestamp(end),
    percent_complete: 100,
    lead: people[pipeline ? 'pipeline' : 'tomas'],
    environment: store.environments.all().find((row) => row.name === plan.environment)?.id ?? null,
    version: engagement.version,
    branch_tag: engagement.branch_tag,
    build_id: pipeline ? String(random.between(20_000, 29_999)) : null,
    commit_hash: pipeline ? random.hex(40) : null,
    tags: pipeline ? ['automated'] : ['manual'],
    created: timestamp(end),
    updated: timestamp(end),
  })
}
