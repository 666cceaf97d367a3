import { verifyTrail } from '../src/audit/verify/verify-trail.js'
import { choicesFrom } from './choices.js'
import { startProof } from './measure.js'
import { buildTrail } from './trail-builder.js'

// Trails whose key was changed three times, verified with all keys, and with each of them missing.

const proof = startProof('A6: a change of keys is part of the chain')
const random = choicesFrom(proof.random)
const trails = proof.short ? 20 : 300
let complete = 0
let exact = 0
let tried = 0
for (let at = 0; at < trails; at++) {
  const texts = Array.from({ length: 4 }, (_, number) => `key ${number} of trail ${at}`)
  const trail = buildTrail(texts[0] ?? '')
  const firstSeqs: number[] = []
  trail.start()
  for (const [number] of texts.entries()) {
    firstSeqs.push(number === 0 ? 1 : trail.lines().length + 1)
    for (let changes = random.below(6); changes >= 0; changes--) trail.change()
    if (random.next() < 0.5) trail.checkpoint()
    if (random.next() < 0.3) trail.rotate()
    const next = texts[number + 1]
    if (next !== undefined) trail.rotateKey(next)
  }
  trail.checkpoint('shutdown')
  const checkpoints = [trail.checkpoints()]
  const verify = (keys: readonly string[]) =>
    verifyTrail({ files: trail.files(), keys: keys.map((text) => Buffer.from(text)), checkpoints })
  if ((await verify(texts)).exitCode === 0) complete++
  for (const [missing] of texts.entries()) {
    tried++
    const report = await verify(texts.filter((_, number) => number !== missing))
    const [range] = report.notVerifiable
    const lastSeq = (firstSeqs[missing + 1] ?? trail.lines().length + 1) - 1
    const named = range?.firstSeq === firstSeqs[missing] && range?.lastSeq === lastSeq
    if (report.exitCode === 2 && named && report.notVerifiable.length === 1) exact++
  }
}
proof.check(
  'with all four keys a trail is complete',
  complete === trails,
  `${complete} of ${trails}`,
)
proof.check(
  'with one missing the exit code is 2, and its records are named exactly',
  exact === tried,
  `${exact} of ${tried}`,
)
proof.end()
