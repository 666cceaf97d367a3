import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { BudgetDecision, Reservation } from '../../src/limits/mutation-budget.js'
import { rateLimitRefusal } from '../../src/limits/rate-limit-refusal.js'
import { createSlidingWindow } from '../../src/limits/sliding-window.js'
import { randomNumbers } from '../helpers/random-numbers.js'

const seed = 20_261_123

function virtualClock() {
  const clock = { ms: 1_000, now: () => clock.ms }
  return clock
}

function reservationOf(decision: BudgetDecision): Reservation {
  if (!decision.allowed) throw new Error('refused')
  return decision.reservation
}

t.test('100,000 random events are decided as by a model that keeps everything', async (t) => {
  t.comment(`seed ${seed}`)
  const random = randomNumbers(seed)
  const clock = virtualClock()
  const limit = 7
  const windowSeconds = 3
  const budget = createSlidingWindow({ limit, windowSeconds, now: clock.now })
  const keys = ['a', 'b', 'c', 'd']
  const sent = new Map(keys.map((key) => [key, [] as number[]]))
  const pending: { key: string; reservation: Reservation }[] = []
  let wrong = 0

  for (let event = 0; event < 100_000; event += 1) {
    clock.ms += random(10) === 0 ? random(2_000) : random(40)
    const held = pending.length > 0 ? random(pending.length) : -1
    const kind = random(10)
    if (kind < 4 && held >= 0) {
      const [settled] = pending.splice(held, 1)
      if (kind === 0) settled?.reservation.release()
      else {
        settled?.reservation.commit()
        sent.get(settled?.key ?? '')?.push(clock.ms)
      }
      if (random(3) === 0) settled?.reservation[random(2) === 0 ? 'commit' : 'release']()
    } else {
      const key = keys[random(keys.length)] ?? 'a'
      const inWindow = (sent.get(key) ?? []).slice(-limit).filter((at) => at >= clock.ms - 3_000)
      const isFree = inWindow.length + pending.filter((one) => one.key === key).length < limit
      const decision = await budget.reserve(key)
      if (decision.allowed) pending.push({ key, reservation: decision.reservation })
      const oldest = inWindow[0] ?? clock.ms
      const expected = Math.floor((oldest + 3_000 - clock.ms) / 1000) + 1
      if (decision.allowed !== isFree) wrong += 1
      if (!decision.allowed && decision.retryAfterSeconds !== Math.min(3, Math.max(1, expected))) {
        wrong += 1
      }
    }
  }

  t.equal(wrong, 0)
  for (const [key, times] of sent) {
    const closest = times.slice(limit).map((at, index) => at - (times[index] ?? 0))
    t.ok(times.length > 2_000, `${times.length} mutations of ${key} went through`)
    t.ok(
      closest.every((distance) => distance > 3_000),
      `never more than ${limit} in a window`,
    )
  }
})

for (const parallel of [70, 500]) {
  t.test(`of ${parallel} calls at once exactly 60 pass`, async (t) => {
    const budget = createSlidingWindow({ limit: 60, windowSeconds: 60, now: virtualClock().now })

    const decisions = await Promise.all(
      Array.from({ length: parallel }, () => budget.reserve('ci')),
    )

    t.equal(decisions.filter(({ allowed }) => allowed).length, 60)
    t.equal((await budget.reserve('other')).allowed, true, 'another caller is independent')
  })
}

t.test('a mutation that was not sent costs nothing, and a settled one stays settled', async (t) => {
  const budget = createSlidingWindow({ limit: 1, windowSeconds: 60, now: virtualClock().now })

  for (let round = 0; round < 5; round += 1) reservationOf(await budget.reserve('ci')).release()
  const sent = reservationOf(await budget.reserve('ci'))
  sent.commit()
  sent.release()

  t.equal((await budget.reserve('ci')).allowed, false)
})

t.test('a mutation that stays pending for long counts from the moment it is sent', async (t) => {
  const clock = virtualClock()
  const budget = createSlidingWindow({ limit: 1, windowSeconds: 60, now: clock.now })
  const slow = reservationOf(await budget.reserve('ci'))

  clock.ms += 100_000
  const whilePending = await budget.reserve('ci')
  slow.commit()
  clock.ms += 59_000
  const afterSending = await budget.reserve('ci')
  clock.ms += 1_001
  const later = await budget.reserve('ci')

  t.match(whilePending, { allowed: false, retryAfterSeconds: 60 })
  t.match(afterSending, { allowed: false, retryAfterSeconds: 2 })
  t.equal(later.allowed, true)
})

t.test('who waits for Retry-After is accepted, who comes a second early is not', async (t) => {
  t.comment(`seed ${seed}`)
  const random = randomNumbers(seed)
  const accepted = { onTime: 0, early: 0 }
  const rounds = 1_000

  for (const patience of ['onTime', 'early'] as const) {
    for (let round = 0; round < rounds; round += 1) {
      const clock = virtualClock()
      const budget = createSlidingWindow({ limit: 5, windowSeconds: 60, now: clock.now })
      let decision = await budget.reserve('ci')
      while (decision.allowed) {
        decision.reservation.commit()
        clock.ms += 1 + random(9_000)
        decision = await budget.reserve('ci')
      }
      clock.ms += (decision.retryAfterSeconds - (patience === 'early' ? 1 : 0)) * 1000
      if ((await budget.reserve('ci')).allowed) accepted[patience] += 1
    }
  }

  t.comment(`accepted: ${JSON.stringify(accepted)} of ${rounds}`)
  t.ok(accepted.onTime >= rounds * 0.99)
  t.ok(accepted.early <= rounds * 0.05)
})

t.test('100,000 callers fit into 32 MB, and none that is exhausted is freed by them', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const clock = virtualClock()
  const budget = createSlidingWindow({ limit: 60, windowSeconds: 60, now: clock.now })
  const spend = async (key: string) => reservationOf(await budget.reserve(key)).commit()
  collect()
  const before = process.memoryUsage().heapUsed

  for (let sent = 0; sent < 60; sent += 1) await spend('exhausted')
  for (let caller = 0; caller < 99_999; caller += 1) {
    if (caller % 10 === 0) clock.ms += 0.5
    await spend(`caller-${caller}`)
  }
  collect()
  const megabytes = (process.memoryUsage().heapUsed - before) / 2 ** 20

  t.comment(`${megabytes.toFixed(1)} MB`)
  t.ok(megabytes <= 32)
  t.equal((await budget.reserve('exhausted')).allowed, false)
  t.equal(
    (await budget.reserve('one too many')).allowed,
    false,
    'refused rather than another freed',
  )
  clock.ms += 61_000
  t.equal((await budget.reserve('one too many')).allowed, true, 'idle callers make room')
})

t.test('the refusal has the words that clients match, and the seconds beside them', async (t) => {
  const error = rateLimitRefusal({
    allowed: false,
    limit: 60,
    windowSeconds: 30,
    retryAfterSeconds: 12,
  })

  t.equal(error.message, 'Rate limit exceeded: 60 mutations per 30s. Retry-After: 12s.')
  t.match(error, { code: 'rate_limited', retryAfterSeconds: 12 })
})
