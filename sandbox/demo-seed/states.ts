import type { FindingRecord } from '../records.js'
import { timestamp } from '../rules/times.js'
import type { People } from './people.js'
import type { Random } from './random.js'

/** What has become of a finding. */
export type State =
  | 'new'
  | 'verified'
  | 'review'
  | 'mitigated'
  | 'false positive'
  | 'out of scope'
  | 'risk accepted'

const weights: readonly (readonly [State, number])[] = [
  ['new', 35],
  ['verified', 25],
  ['review', 4],
  ['mitigated', 18],
  ['false positive', 7],
  ['out of scope', 4],
  ['risk accepted', 8],
]

/** A state for a finding of that age: what was found this week is seldom dealt with, what is urgent seldom accepted. */
export function drawState(random: Random, ageDays: number, critical: boolean): State {
  const bag = weights.flatMap(([state, weight]) => Array<State>(weight).fill(state))
  const state = random.pick(bag)
  const settled = state !== 'new' && state !== 'verified' && state !== 'review'
  if (settled && ageDays < 4) return 'new'
  return state === 'risk accepted' && critical ? 'verified' : state
}

/** The columns of a state, as DefectDojo's own operations leave them. */
export function stateColumns(
  state: State,
  context: { random: Random; people: People; found: Date; now: Date },
): Partial<FindingRecord> {
  const { random, people, found, now } = context
  const open = now.getTime() - found.getTime()
  const at = timestamp(
    new Date(found.getTime() + Math.floor(open * (random.between(20, 90) / 100))),
  )
  const settled = { last_status_update: at, last_reviewed: at, last_reviewed_by: people.mira }
  const closed = {
    ...settled,
    active: false,
    is_mitigated: true,
    mitigated: at,
    mitigated_by: random.pick([people.mira, people.tomas, people.jonas]),
  }
  switch (state) {
    case 'new':
      return { active: true, verified: false }
    case 'verified':
      return { ...settled, active: true, verified: true }
    case 'review':
      return {
        active: true,
        verified: false,
        under_review: true,
        review_requested_by: people.priya,
        reviewers: [people.mira, people.tomas],
      }
    case 'mitigated':
      return { ...closed, verified: random.chance(0.7) }
    case 'false positive':
      return { ...closed, verified: false, false_p: true }
    case 'out of scope':
      return { ...closed, verified: false, out_of_scope: true }
    case 'risk accepted':
      return { ...settled, active: false, verified: true, risk_accepted: true }
  }
}
