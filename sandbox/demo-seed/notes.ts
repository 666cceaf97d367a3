import type { FindingRecord } from '../records.js'
import { timestamp } from '../rules/times.js'
import type { Store } from '../store.js'
import type { People, Person } from './people.js'
import type { Random } from './random.js'
import type { State } from './states.js'

interface Remark {
  by: Person
  entry: string
  private?: boolean
}

/** What people write, by what became of the finding. */
const remarks: Readonly<Record<State | 'any', readonly Remark[]>> = {
  new: [
    { by: 'pipeline', entry: 'Still present in the build of last night.' },
    { by: 'tomas', entry: 'Not looked at yet. Same rule fired in two other places last quarter.' },
  ],
  verified: [
    { by: 'tomas', entry: 'Reproduced on staging. The request is in the test report.' },
    { by: 'mira', entry: 'Confirmed with the team; planned for the next sprint.' },
    { by: 'jonas', entry: 'The fix is on a branch, waiting for the release window.' },
    {
      by: 'mira',
      private: true,
      entry:
        'Access logs of the last 30 days are being checked for signs of use. Do not share yet.',
    },
  ],
  review: [
    {
      by: 'priya',
      entry: 'Could somebody check this? We believe the input is validated by the gateway.',
    },
    { by: 'tomas', entry: 'Looking. The gateway checks the length only, as far as I can see.' },
  ],
  mitigated: [
    { by: 'priya', entry: 'Fixed and released. Regression test added.' },
    { by: 'jonas', entry: 'Upgraded with the monthly dependency round.' },
    { by: 'tomas', entry: 'Retested on production, can no longer be reproduced.' },
  ],
  'false positive': [
    { by: 'mira', entry: 'The value comes from an enumeration, not from the request.' },
    { by: 'lucia', entry: 'Test code, never shipped.' },
    { by: 'mira', entry: 'The vulnerable function is not called; checked with the call graph.' },
  ],
  'out of scope': [
    { by: 'mira', entry: 'Belongs to the hosting company. Passed on to them.' },
    { by: 'lucia', entry: 'The system is switched off at the end of the month.' },
  ],
  'risk accepted': [
    { by: 'mira', entry: 'Accepted by the product owner until the replacement is live.' },
    {
      by: 'mira',
      private: true,
      entry: 'The owner knows that this shows up in the audit. See the minutes of the risk board.',
    },
  ],
  any: [
    { by: 'lucia', entry: 'Ticket raised with the team.' },
    {
      by: 'tomas',
      entry: 'Severity agrees with how we rated the similar one in the payments API.',
    },
    { by: 'priya', private: true, entry: 'Contractor code; the warranty ends in spring.' },
  ],
}

/** Notes on about a third of the findings, and on every one that somebody decided about. */
export function addRemarks(
  store: Store,
  finding: FindingRecord,
  state: State,
  context: { random: Random; people: People; now: Date },
): void {
  const { random, people, now } = context
  const decided = state === 'false positive' || state === 'risk accepted' || state === 'review'
  if (!decided && !random.chance(0.3)) return
  const chosen = random.shuffle(remarks[state]).slice(0, random.between(1, 2))
  if (random.chance(0.2)) chosen.push(random.pick(remarks.any))
  const from = Date.parse(`${finding.date}T08:00:00Z`)
  const room = Math.max(0, now.getTime() - from)
  for (const [index, remark] of chosen.entries()) {
    const share = (index + 1) / (chosen.length + 1)
    store.addNote(finding, {
      author: people[remark.by],
      entry: remark.entry,
      private: remark.private ?? false,
      date: timestamp(new Date(from + Math.floor(room * share))),
      withHistory: true,
    })
  }
}
