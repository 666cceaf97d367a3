import t from 'tap'
import { createFindingsRead } from '../../src/history/findings-read.js'

const day = 86_400_000

t.test('what a reader has read comes back sorted, each finding once', async (t) => {
  const history = createFindingsRead({ now: () => 0 })

  history.record('session-1', [30, 7])
  history.record('session-1', [100, 7])
  history.record('session-2', [5])

  t.strictSame(history.snapshot('session-1'), { ids: [7, 30, 100], count: 3 })
  t.strictSame(history.snapshot('session-2'), { ids: [5], count: 1 })
  t.strictSame(history.snapshot('nobody'), { ids: [], count: 0 })
})

t.test('a finding counts for 24 hours after it was last read', async (t) => {
  let time = 0
  const history = createFindingsRead({ now: () => time })
  history.record('ci', [1, 2])
  time = day / 2
  history.record('ci', [2, 3])

  time = day
  t.strictSame(history.snapshot('ci').ids, [1, 2, 3])
  time = day + 1
  t.strictSame(history.snapshot('ci'), { ids: [2, 3], count: 2 })
  time = 2 * day
  t.strictSame(history.snapshot('ci'), { ids: [], count: 0 })
})

t.test('the 1,000 read last are shown and all are counted', async (t) => {
  const history = createFindingsRead({ now: () => 0 })
  const ids = Array.from({ length: 1_500 }, (_, index) => index + 1)

  history.record('ci', ids)
  history.record('ci', [1])

  const { ids: shown, count } = history.snapshot('ci')
  t.equal(count, 1_500)
  t.strictSame(shown, [1, ...ids.slice(501)])
})

t.test('an ended session leaves nothing behind', async (t) => {
  const history = createFindingsRead({ now: () => 0 })
  history.record('session-1', [1])

  history.forget('session-1')
  history.forget('unknown')

  t.strictSame(history.snapshot('session-1'), { ids: [], count: 0 })
})

t.test('memory is bounded: the reader that has read nothing for longest goes first', async (t) => {
  const history = createFindingsRead({ now: () => 0, maxReaders: 2 })
  history.record('a', [1])
  history.record('b', [2])
  history.record('a', [3])
  history.record('c', [4])

  t.strictSame(history.snapshot('b').ids, [])
  t.strictSame(history.snapshot('a').ids, [1, 3])

  const small = createFindingsRead({ now: () => 0, maxTotalIds: 3 })
  small.record('a', [1, 2])
  small.record('b', [3, 4])
  t.strictSame(small.snapshot('a').ids, [], 'the others make room')
  small.record('b', [5, 6, 7])
  t.strictSame(small.snapshot('b').ids, [5, 6, 7], 'a single reader loses its oldest')
})

t.test(
  '1,000 random schedules of many readers show what a full log of readings shows',
  async (t) => {
    const seed = 7
    t.comment(`seed ${seed}`)
    let state = seed
    const random = (bound: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return (state >> 8) % bound
    }
    let wrong = 0

    for (let schedule = 0; schedule < 1_000; schedule += 1) {
      let time = 0
      const maxAgeMs = 1_000
      const history = createFindingsRead({ now: () => time, maxAgeMs, maxIds: 5 })
      const log: { reader: string; id: number; at: number }[] = []
      for (let step = 0; step < 40; step += 1) {
        time += random(200)
        const reader = `reader-${random(3)}`
        if (random(3) > 0) {
          const ids = Array.from({ length: random(4) }, () => random(12) + 1)
          history.record(reader, ids)
          log.push(...ids.map((id) => ({ reader, id, at: time })))
          continue
        }
        const newestFirst = log
          .filter((entry) => entry.reader === reader && entry.at >= time - maxAgeMs)
          .map(({ id }) => id)
          .reverse()
        const distinct = [...new Set(newestFirst)]
        const ids = distinct.slice(0, 5).sort((a, b) => a - b)
        const expected = JSON.stringify({ ids, count: distinct.length })
        if (JSON.stringify(history.snapshot(reader)) !== expected) wrong += 1
      }
    }

    t.equal(wrong, 0)
  },
)
