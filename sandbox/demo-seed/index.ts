import type { FindingRecord, ProductRecord } from '../records.js'
import { timestamp } from '../rules/times.js'
import type { Store } from '../store.js'
import { possibleDrafts } from './drafts.js'
import { type EngagementPlan, engagementPlans } from './engagements.js'
import { createDuplicate, createFinding } from './findings.js'
import { hostileDrafts, hostileNotes, hostileTest } from './hostile.js'
import { recordImport } from './imports.js'
import {
  createEngagement,
  createProduct,
  createProductTypes,
  createStrictSla,
  createTest,
  daysBefore,
} from './organisation.js'
import { createPeople, type People } from './people.js'
import type { ProductPlan } from './product-plan.js'
import { productPlans } from './products.js'
import { type Random, seededRandom } from './random.js'
import { createRiskAcceptances } from './risk-acceptances.js'
import type { State } from './states.js'

const SEED = 20_260_803

interface Context {
  people: People
  random: Random
  now: Date
}

/**
 * A shop with its products, engagements, tests and some 350 findings, put into a fresh server. All dates are relative to `now`,
 * and for the same `now` everything but the tokens of the people is the same.
 */
export function seedDemo(store: Store, now: Date): void {
  const random = seededRandom(SEED)
  const founded = timestamp(daysBefore(now, 700))
  const people = createPeople(store, founded)
  const types = createProductTypes(store, founded)
  const strictSla = createStrictSla(store)
  const context = { people, random, now }
  for (const plan of productPlans) {
    const product = createProduct(store, plan, { people, types, strictSla, created: founded })
    for (const engagement of engagementPlans.filter(({ product: key }) => key === plan.key)) {
      seedEngagement(store, plan, product, engagement, context)
    }
  }
  seedHostile(store, context)
  createRiskAcceptances(store, people, now)
}

function seedEngagement(
  store: Store,
  productPlan: ProductPlan,
  product: ProductRecord,
  plan: EngagementPlan,
  context: Context,
): void {
  const engagement = createEngagement(store, plan, { ...context, product })
  if (plan.status === 'Completed') {
    store.addNote(engagement, {
      author: context.people.tomas,
      entry: 'Closing meeting held, report sent to the product owner.',
      date: timestamp(daysBefore(context.now, plan.to, 15)),
    })
  }
  const earlier = new Map<string, FindingRecord[]>()
  const taken = new Set<string>()
  for (const testPlan of plan.tests) {
    const test = createTest(store, testPlan, { ...context, engagement })
    const known = context.random.shuffle(earlier.get(testPlan.kind) ?? [])
    const repeated = known.filter((finding) => finding.active).slice(0, testPlan.repeated ?? 0)
    const duplicates = repeated.map((original) => createDuplicate(store, original, test, context))
    const fresh = possibleDrafts(productPlan, testPlan, context.random)
      .filter((draft) => !taken.has(identity(draft)))
      .slice(0, testPlan.findings - repeated.length)
    for (const draft of fresh) taken.add(identity(draft))
    const findings = fresh.map((draft) => createFinding(store, draft, test, context))
    if (test.scan_type !== null) recordImport(store, test, [...duplicates, ...findings])
    earlier.set(testPlan.kind, [...(earlier.get(testPlan.kind) ?? []), ...findings])
  }
}

function identity(draft: { title: string; file_path?: string | null }): string {
  return `${draft.title}|${draft.file_path ?? ''}`
}

/** Reports of outsiders, and notes of the same kind on findings that are otherwise ordinary. */
function seedHostile(store: Store, context: Context): void {
  const engagement = store.engagements.all().find(({ name }) => name === 'Bug bounty triage')
  if (engagement === undefined) throw new Error('the plan has lost its bug bounty')
  const test = createTest(
    store,
    {
      kind: 'pentest',
      type: 'Generic Findings Import',
      tool: 'Bug Bounty',
      title: 'Reports of the week',
      daysAgo: 3,
      findings: hostileDrafts.length,
      environment: 'Production',
    },
    { ...context, engagement },
  )
  Object.assign(test, hostileTest)
  const states: readonly State[] = ['new', 'new', 'verified']
  const findings = hostileDrafts.map((draft, index) =>
    createFinding(store, draft, test, {
      ...context,
      state: states[index % states.length] ?? 'new',
    }),
  )
  recordImport(store, test, findings)
  const ordinary = store.findings.all().filter((row) => row.active && row.test !== test.id)
  for (const note of hostileNotes) {
    const finding = context.random.pick(ordinary)
    store.addNote(finding, {
      author: context.people[note.by],
      entry: note.entry,
      private: note.private ?? false,
      date: timestamp(daysBefore(context.now, 1, 7)),
      withHistory: true,
    })
  }
}
