import type { FindingRecord, TestRecord } from '../records.js'
import { day, timestamp } from '../rules/times.js'
import type { Store } from '../store.js'
import type { Draft } from './drafts.js'
import { addRemarks } from './notes.js'
import type { People } from './people.js'
import type { Random } from './random.js'
import { drawState, type State, stateColumns } from './states.js'

interface Context {
  people: People
  random: Random
  now: Date
}

/** A finding of a test, with a state (drawn unless given) and what people wrote about it. */
export function createFinding(
  store: Store,
  draft: Draft,
  test: TestRecord,
  context: Context & { state?: State },
): FindingRecord {
  const { people, random, now } = context
  const found = new Date(test.target_end)
  const ageDays = (now.getTime() - found.getTime()) / 86_400_000
  const urgent = draft.severity === 'Critical' || draft.known_exploited === true
  const state = context.state ?? drawState(random, ageDays, urgent)
  const finding = store.createFinding({
    ...draft,
    test: test.id,
    date: day(found),
    created: timestamp(found),
    updated: timestamp(found),
    reporter: test.scan_type === null ? people.tomas : people.pipeline,
    ...stateColumns(state, { random, people, found, now }),
    ...(state === 'verified' && random.chance(0.4) ? plan(random, now) : {}),
  })
  addRemarks(store, finding, state, context)
  return finding
}

/** The same finding in a later test: an inactive duplicate that names its original. */
export function createDuplicate(
  store: Store,
  original: FindingRecord,
  test: TestRecord,
  { people }: Context,
): FindingRecord {
  const { id: _id, notes: _notes, ...columns } = original
  const found = new Date(test.target_end)
  return store.createFinding({
    ...columns,
    test: test.id,
    found_by: [test.test_type],
    date: day(found),
    created: timestamp(found),
    updated: timestamp(found),
    last_status_update: timestamp(found),
    last_reviewed: null,
    last_reviewed_by: null,
    reporter: people.pipeline,
    notes: [],
    cwes: [...original.cwes],
    tags: [...original.tags],
    vulnerability_ids: [...original.vulnerability_ids],
    reviewers: [],
    review_requested_by: null,
    meta: [],
    request_response: [],
    active: false,
    verified: false,
    under_review: false,
    duplicate: true,
    duplicate_finding: original.id,
  })
}

function plan(random: Random, now: Date): Partial<FindingRecord> {
  const due = new Date(now.getTime() + random.between(3, 45) * 86_400_000)
  return {
    planned_remediation_date: day(due),
    planned_remediation_version: `${due.getUTCFullYear()}.${due.getUTCMonth() + 1}`,
    effort_for_fixing: random.pick(['Low', 'Medium', 'High']),
  }
}
