import { type VerifyOptions, verifyTrail } from '../src/audit/verify/verify-trail.js'
import { choicesFrom } from './choices.js'
import { startProof } from './measure.js'
import { activeName, buildTrail, sourceOf, type TrailBuilder } from './trail-builder.js'

// Every way of changing a trail that is named in the goal, and a thousand trails that nobody changed.

const proof = startProof('A3: every change is found and located, and nothing else')
const random = choicesFrom(proof.random)
const full = !proof.short
const key = 'an audit key for a proof only'
const keys = [Buffer.from(key)]

const trail = buildTrail(key)
trail.start()
while (trail.lines().length < 299) {
  trail.change()
  if (trail.lines().length % 50 === 0) trail.checkpoint()
}
trail.checkpoint('shutdown')
const lines = trail.lines()
const original = trail.files()[0]?.bytes ?? Buffer.alloc(0)
const checkpoints = [trail.checkpoints()]
const verify = (options: Partial<VerifyOptions>) =>
  verifyTrail({ files: [], keys, checkpoints, ...options })
const verifyLines = (changed: readonly string[]) => verify({ files: [sourceOf(changed)] })

await untouched()
await edits()
await structure()
await segments()
proof.end()

async function untouched(): Promise<void> {
  const report = await verify({ files: trail.files() })
  proof.check('the trail itself is complete', report.verdict === 'complete', report.verdict)
  const count = full ? 1_000 : 60
  let alarms = 0
  for (let at = 0; at < count; at++) {
    const { built, keyTexts } = randomTrail()
    const result = await verifyTrail({
      files: built.files(),
      keys: keyTexts.map((text) => Buffer.from(text)),
      checkpoints: [built.checkpoints()],
    })
    if (result.verdict !== 'complete' && result.verdict !== 'intact') {
      alarms++
      process.stdout.write(`${JSON.stringify(result.problem ?? result.reason)}\n`)
    }
  }
  proof.check(
    `${count} untouched trails with restarts, rotations, torn tails and key changes: no false alarm`,
    alarms === 0,
    `${alarms} alarms`,
  )
}

function randomTrail(): { built: TrailBuilder; keyTexts: string[] } {
  const built = buildTrail(key)
  const keyTexts = [key]
  const steps: (() => void)[] = [
    () => built.start(),
    () => built.rotate(),
    () => built.checkpoint(),
    () => {
      keyTexts.push(`another key ${keyTexts.length}`)
      built.rotateKey(keyTexts.at(-1) ?? '')
    },
  ]
  built.start()
  for (let at = 0; at < 40; at++) {
    if (random.next() < 0.2) random.pick(steps)()
    else built.change(random.next() < 0.9)
  }
  if (random.next() < 0.5) built.tear(1 + random.below(150))
  return { built, keyTexts }
}

function lineOf(position: number): number {
  return original.subarray(0, position).filter((byte) => byte === 0x0a).length + 1
}

async function edits(): Promise<void> {
  const count = full ? 20_000 : 600
  let found = 0
  let located = 0
  for (let at = 0; at < count; at++) {
    const bytes = Buffer.from(original)
    const position = random.below(bytes.length)
    bytes[position] = ((bytes[position] ?? 0) + 1 + random.below(255)) % 256
    const { verdict, problem } = await verify({ files: [{ name: activeName, bytes }] })
    const line = lineOf(position)
    if (verdict === 'tampered') found++
    if (problem?.line === line && problem.seq === line) located++
    else process.stdout.write(`byte ${position} of line ${line}: ${JSON.stringify(problem)}\n`)
  }
  proof.check(`${count} single-byte edits found`, found === count, `${found}`)
  proof.check('each located by line and seq', located === count, `${located}`)
}

/** Each of these lists of lines has to be called tampered. */
async function allFound(
  claim: string,
  changes: Iterable<readonly string[]>,
  kind?: string,
): Promise<void> {
  let tried = 0
  let found = 0
  let named = 0
  for (const changed of changes) {
    tried++
    const { verdict, problem } = await verifyLines(changed)
    if (verdict === 'tampered') found++
    if (problem?.kind === kind) named++
  }
  const figure =
    kind === undefined ? `${found} of ${tried}` : `${found} of ${tried}, ${named} as ${kind}`
  proof.check(claim, tried > 0 && found === tried, figure)
}

function everyLine(): number[] {
  return lines.map((_, at) => at).filter((at) => full || at % 10 === 0)
}

async function structure(): Promise<void> {
  const line = (at: number): string => lines[at] ?? ''
  await allFound(
    'every deletion of a line is found',
    everyLine().map((at) => lines.toSpliced(at, 1)),
    'missing',
  )
  await allFound(
    'every duplicate is found',
    everyLine().map((at) => lines.toSpliced(at, 0, line(at))),
    'duplicated',
  )
  await allFound(
    'every forged insertion is found',
    everyLine().map((at) =>
      lines.toSpliced(at, 0, line(at).replace('"level": "INFO"', '"level": "NONE"')),
    ),
    'inserted',
  )
  await allFound(
    'every swap of neighbours is found',
    everyLine()
      .filter((at) => at > 0)
      .map((at) => lines.toSpliced(at - 1, 2, line(at), line(at - 1))),
    'reordered',
  )
  const swaps = Array.from({ length: full ? 1_000 : 60 }, () => {
    const one = random.below(lines.length)
    const other = (one + 1 + random.below(lines.length - 1)) % lines.length
    return lines.with(one, line(other)).with(other, line(one))
  })
  await allFound('every random swap is found', swaps)
}

async function segments(): Promise<void> {
  const parted = buildTrail(key)
  parted.start()
  for (let at = 0; at < 120; at++) {
    parted.change()
    if (at % 30 === 29) parted.rotate()
  }
  parted.checkpoint('shutdown')
  const files = parted.files()
  const check = (changed: typeof files) =>
    verifyTrail({ files: changed, keys, checkpoints: [parted.checkpoints()] })
  const whole = await check(files)
  proof.check(`${files.length} segments together are complete`, whole.verdict === 'complete')
  let tried = 0
  let found = 0
  const expectTampered = async (changed: typeof files): Promise<void> => {
    tried++
    if ((await check(changed)).verdict === 'tampered') found++
  }
  for (let one = 0; one < files.length; one++) {
    await expectTampered(files.toSpliced(one, 1))
    const segment = files[one]
    if (!segment) continue
    await expectTampered([...files, { ...segment, name: `${segment.name}.copy` }])
    for (let other = 0; other < one; other++) {
      const exchanged = files[other]
      if (!exchanged) continue
      await expectTampered(
        files
          .with(one, { name: segment.name, bytes: exchanged.bytes })
          .with(other, { name: exchanged.name, bytes: segment.bytes }),
      )
    }
  }
  proof.check(
    'every segment deleted, copied or exchanged is found',
    found === tried,
    `${found} of ${tried}`,
  )
}
