import { DeliveryError } from '../src/forward/destination.js'
import { choicesFrom } from './choices.js'
import { percentile, startProof } from './measure.js'
import { setUp, upTo } from './virtual-forwarder.js'

// A receiver is dead for five minutes, in virtual time, as seen by two hundred servers whose waits are drawn by chance.

const proof = startProof('F12: a dead receiver is left in peace, and found again soon')
const { next, below } = choicesFrom(proof.random)
const servers = proof.short ? 200 : 2_000
const deadMilliseconds = 300_000
/** After so many failures the wait has grown: 1, 2, 4, 8 and 16 s, half of each by chance. */
const growing = 6
const longest = 30_000
const faults = ['ECONNREFUSED', 'timeout', 'http_503', 'http_401'] as const

const waits: number[] = []
const comebacks: number[] = []
const attemptsOfGrown: number[] = []
let lost = 0
let opened = 0
let disordered = 0

for (let server = 0; server < servers; server++) {
  const { forwarder, receiver, batches, attemptsAt, make, pass } = setUp({
    batchSize: 10,
    flushMilliseconds: 1_000,
    random: next,
  })
  let time = 0
  let made = 0
  const oneRecordASecond = async (milliseconds: number): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += 1_000) {
      make()
      made++
      const step = Math.min(1_000, milliseconds - passed)
      await pass(step)
      time += step
    }
  }
  await oneRecordASecond(1_000 + below(20_000))
  const diedAt = time
  const before = attemptsAt.length
  receiver.fault = new DeliveryError(faults[server % faults.length] ?? '')
  await oneRecordASecond(deadMilliseconds)
  if (forwarder.stats().breakerOpen) opened++
  const healedAt = time
  const whileDead = attemptsAt.slice(before)
  const grown = whileDead.slice(growing)
  for (const [at, moment] of grown.entries()) {
    waits.push(moment - (at === 0 ? (whileDead[growing - 1] ?? diedAt) : (grown[at - 1] ?? 0)))
  }
  const grownFor = healedAt - (whileDead[growing - 1] ?? diedAt)
  attemptsOfGrown.push((grown.length * longest) / grownFor)
  receiver.fault = null
  const attemptsBefore = attemptsAt.length
  await oneRecordASecond(40_000)
  comebacks.push((attemptsAt[attemptsBefore] ?? Number.POSITIVE_INFINITY) - healedAt)
  await pass(5_000)
  const { dropped, deadLetters, delivered, waitingRecords } = forwarder.stats()
  if (dropped + deadLetters + waitingRecords > 0 || delivered !== made) lost++
  const arrived = batches.flat()
  if (upTo(made).some((seq, at) => arrived[at] !== seq)) disordered++
  void forwarder.close(0)
}

const seconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(2)
proof.check(
  'once the wait has grown, each is 30 s, of which at most half is taken off by chance',
  waits.length > servers && Math.min(...waits) >= longest / 2 && Math.max(...waits) <= longest,
  `${waits.length} waits of ${seconds(Math.min(...waits))} to ${seconds(Math.max(...waits))} s, median ${seconds(percentile(waits, 0.5))} s`,
)
proof.check(
  'so there are at most two attempts in 30 s, and one and a third on the average',
  Math.max(...attemptsOfGrown) <= 2 && average(attemptsOfGrown) <= 1.4,
  `${average(attemptsOfGrown).toFixed(2)} on the average, ${Math.max(...attemptsOfGrown).toFixed(2)} at most`,
)
proof.check(
  'the first success comes at most 31 s after the receiver is back',
  Math.max(...comebacks) <= 31_000,
  `${seconds(Math.max(...comebacks))} s at most, median ${seconds(percentile(comebacks, 0.5))} s`,
)
proof.check('the breaker was open', opened === servers, `${opened} of ${servers}`)
proof.check('and dropped nothing', lost === 0, `${lost} of ${servers} servers lost records`)
proof.check(
  'everything arrived in order',
  disordered === 0,
  `${servers - disordered} of ${servers}`,
)
const perSecond = new Map<number, number>()
for (const comeback of comebacks) {
  const second = Math.floor(comeback / 1_000)
  perSecond.set(second, (perSecond.get(second) ?? 0) + 1)
}
const busiest = Math.max(...perSecond.values())
proof.check(
  'servers that lost the same receiver do not come back in step: at most a tenth of them in one second',
  busiest <= servers / 10,
  `${busiest} of ${servers}, over ${perSecond.size} seconds`,
)
proof.end()

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
