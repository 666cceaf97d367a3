import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildTrail, sourceOf, type TrailBuilder } from '../../proofs/trail-builder.js'
import { createPartJoiner } from '../../src/audit/verify/join-parts.js'
import type { VerifyReport } from '../../src/audit/verify/report.js'
import { reportText } from '../../src/audit/verify/report-text.js'
import { verifyTrail } from '../../src/audit/verify/verify-trail.js'
import { messageParts } from '../../src/forward/syslog/parts.js'
import { needs } from '../helpers/needs.js'
import { randomNumbers } from '../helpers/random-numbers.js'
import { testDirectory } from '../helpers/test-directory.js'

const key = 'an-audit-key-for-tests-only'
const keys = [Buffer.from(key)]
const seed = 20_261_125
const folder = join(import.meta.dirname, '../../contrib')

/** What a caller may put into a long record: also what looks like a record, or like a part of one. */
const texts = [
  'é"\\ {"timestamp": "2026", "integrity_hmac": "',
  '{"audit_part": 1, "of": 2, "chain_id": "00000000-0000-4000-8000-000000000000", "seq": 3, "text": "x"}',
  '\\"\\\\{\\"audit_part\\": 2, \\"timestamp\\": \\"',
]

/** A closed trail, in which seq 4, 7, … 19 are long. */
function longTrail(): TrailBuilder {
  const trail = buildTrail(key)
  trail.start()
  for (let at = 0; at < 6; at++) {
    trail.change()
    trail.record({ text: (texts[at % 3] ?? '').repeat(160 + 40 * at) })
  }
  trail.record({ text: texts[1] ?? '' })
  trail.checkpoint('shutdown')
  return trail
}

/** The messages that the lines of a trail travel in. */
const messagesOf = (trail: TrailBuilder): string[] =>
  trail.lines().flatMap((line) => {
    const { chain_id: chainId, seq } = JSON.parse(line)
    return messageParts({ line, chainId, seq }, 8_000)
  })

const syslog = (text: string): string =>
  `<134>1 2026-01-02T03:04:05.678Z host mcp-defectdojo 42 - - ${text}`
const forms: Readonly<Record<string, (text: string) => string>> = {
  bare: (text) => text,
  'behind a syslog header': syslog,
  'in a JSON string': (text) => JSON.stringify({ host: 'web-1', _raw: syslog(text), index: 'a"b' }),
}

function shuffled<T>(items: readonly T[], random: (bound: number) => number): T[] {
  const left = [...items]
  return items.flatMap(() => left.splice(random(left.length), 1))
}

const verify = (trail: TrailBuilder, lines: readonly string[]): Promise<VerifyReport> =>
  verifyTrail({
    files: [sourceOf(lines, 'siem.log')],
    keys,
    checkpoints: [trail.checkpoints()],
    unordered: true,
  })

const part = (number: number, seq: number) => (text: string) =>
  new RegExp(`^\\{"audit_part": ${number}, .{60,80}"seq": ${seq},`).test(text)

t.test('long records verify, however their parts come back', async (t) => {
  const trail = longTrail()
  const random = randomNumbers(seed)
  t.comment(`seed ${seed}`)
  const messages = messagesOf(trail)
  const orders: Readonly<Record<string, string[]>> = {
    'in order': messages,
    backwards: messages.toReversed(),
    'all first parts first': messages.toSorted(),
    shuffled: shuffled(messages, random),
    'shuffled and twice': shuffled([...messages, ...messages], random),
    'some twice': [...messages, ...shuffled(messages, random).slice(20)],
    'also whole': shuffled([...messages, ...trail.lines()], random),
  }

  t.ok(messages.length > trail.lines().length + 10)
  for (const [form, wrap] of Object.entries(forms)) {
    for (const [order, given] of Object.entries(orders)) {
      const report = await verify(trail, ['Jan  2 kernel: hello', ...given.map(wrap)])

      const { verdict, records, partsMissing } = report
      const all = { verdict: 'complete', records: trail.lines().length, partsMissing: 0 }
      t.same({ verdict, records, partsMissing }, all, `${order}, ${form}`)
    }
  }
})

t.test('a part that is missing is noticed', async (t) => {
  const trail = longTrail()
  const messages = messagesOf(trail)

  for (const [form, wrap] of Object.entries(forms)) {
    for (const number of [1, 2]) {
      const fewer = messages.filter((text) => !part(number, 7)(text))
      t.equal(fewer.length, messages.length - 1)
      const report = await verify(trail, fewer.map(wrap))

      t.match(report, {
        verdict: 'tampered',
        partsMissing: 1,
        problem: { kind: 'missing', seq: 7 },
        chains: [{ gaps: [{ fromSeq: 7, toSeq: 7 }] }],
      })
      t.match(reportText(report), /^parts missing: 1 record of which/m, form)
    }
  }
  const whole = [...messages.filter((text) => !part(2, 7)(text)), ...trail.lines()]
  t.match(await verify(trail, whole), { verdict: 'complete', partsMissing: 0 })
})

t.test('parts of a record behind the last one keep a trail from being complete', async (t) => {
  const trail = longTrail()
  const given = [...messagesOf(trail)]
  trail.record({ text: (texts[0] ?? '').repeat(300) })
  const [next] = messagesOf(trail).slice(given.length)

  t.match(await verify(trail, given), { verdict: 'complete' })
  const report = await verify(trail, [...given, next ?? ''])

  t.match(report, { verdict: 'intact', partsMissing: 1, problem: null })
  t.match(reportText(report), /take back every message/)
})

t.test('a part that was changed, or that contradicts another, is found', async (t) => {
  const trail = longTrail()
  const messages = messagesOf(trail)
  const at = messages.findIndex(part(2, 10))
  const message = messages[at] ?? ''
  const text = (changed: string) => messages.with(at, changed)
  const edited = message.replace('timestamp', 'timestomp')
  const oneOfTwo = [...messages, edited]
  const wrongChain = messages.map((other) =>
    / "seq": 10, "text"/.test(other) ? other.replace('"seq": 10', '"seq": 11') : other,
  )
  const cases: Readonly<Record<string, [readonly string[], object]>> = {
    edited: [text(edited), { kind: 'edited', seq: 10 }],
    'cut off': [text(message.slice(0, 4_000)), { kind: 'malformed', line: at + 1 }],
    'no such number': [
      text(message.replace('"audit_part": 2', '"audit_part": 9')),
      { kind: 'malformed', line: at + 1 },
    ],
    'of another record': [text(message.replace('"seq": 10', '"seq": 70')), { kind: 'missing' }],
    'two texts': [oneOfTwo, { kind: 'malformed', seq: 10, line: oneOfTwo.length }],
    'two texts, while others are missing': [
      [message, edited, ...messages],
      { kind: 'malformed', seq: 10, line: 2 },
    ],
    'all of another record': [wrongChain, { kind: 'malformed', seq: 11 }],
  }

  t.ok(edited !== message)
  for (const [form, wrap] of Object.entries(forms)) {
    for (const [change, [given, problem]] of Object.entries(cases)) {
      const report = await verify(trail, given.map(wrap))
      t.match(report, { verdict: 'tampered', problem }, `${change}, ${form}`)
    }
  }
  const cut = messages.map(forms['in a JSON string'] ?? String)
  cut[at] = cut[at]?.slice(0, 500) ?? ''
  t.match(await verify(trail, cut), { problem: { kind: 'malformed', line: at + 1 } })
})

t.test('a file of parts is not taken for a trail', async (t) => {
  const trail = longTrail()
  const messages = messagesOf(trail).filter((text) => text.startsWith('{"audit_part"'))

  for (const wrap of Object.values(forms)) {
    const files = [sourceOf(messages.slice(1).map(wrap))]
    t.match(await verifyTrail({ files, keys }), {
      verdict: 'not_verifiable',
      reason: /something around them; if a SIEM gave them back, say --unordered/,
    })
  }
  const halves = [sourceOf(messages.filter((text) => !text.includes('"audit_part": 2,')))]
  t.match(await verifyTrail({ files: halves, keys, unordered: true }), {
    verdict: 'not_verifiable',
    reason: /there is no record/,
  })
})

t.test('checkpoints from a SIEM are found among parts, and joined', async (t) => {
  const trail = longTrail()
  const copies = trail.checkpoints().bytes.toString().trimEnd().split('\n')
  const inParts = copies.flatMap((line) => {
    const { chain_id: chainId, seq } = JSON.parse(line)
    return messageParts({ line, chainId, seq }, 10)
  })
  const others = messagesOf(trail).filter((text) => text.startsWith('{"audit_part"'))
  const given = [...others.slice(3), ...inParts].map(syslog)

  const report = await verifyTrail({
    files: trail.files(),
    keys,
    checkpoints: [sourceOf(given, 'siem.log')],
  })

  t.match(report, { verdict: 'complete', chains: [{ checkpoints: { matched: 1 } }] })
  t.match(inParts[0], /^\{"audit_part": 1, "of": 1, /)
})

t.test('what waits for its other parts is bounded, and the oldest is given up', async (t) => {
  const messages = messagesOf(longTrail()).filter((text) => text.startsWith('{"audit_part"'))
  const of = (seq: number) => messages.filter((text) => text.includes(`"seq": ${seq}, "text"`))
  const joiner = createPartJoiner(28_000)
  const take = (text = '') => {
    const bytes = Buffer.from(text)
    const whole = Buffer.from(`${text}\n`)
    return joiner.take('siem.log', { number: 1, byteOffset: 0, bytes, whole, terminated: true })
  }

  for (const seq of [4, 7, 10, 13, 16, 19]) take(of(seq)[0])
  const newest = of(19).slice(1).map(take)
  const oldest = of(4).slice(1).map(take)

  t.match(newest.at(-1), { seq: 19, record: { seq: 19 } })
  t.same(oldest, [null])
  t.match([...joiner.unfinished()].join(), / 4\b/)
  t.match(take(of(4)[0]), { seq: 4, record: { seq: 4 } })
  t.notMatch([...joiner.unfinished()].join(), / 4\b/)
})

t.test('the verifier in Python says the same of parts', needs('python3'), async (t) => {
  const random = randomNumbers(seed + 1)
  t.comment(`seed ${seed + 1}`)
  const directory = testDirectory(t)
  const wraps = Object.values(forms)
  const cases: { file: string; beside: string; what: string }[] = []
  for (let at = 0; at < 60; at++) {
    const trail = longTrail()
    const messages = messagesOf(trail)
    const twice = messages.filter(() => random(3) === 0)
    const given =
      random(4) === 0 ? [...messages, ...twice] : shuffled([...messages, ...twice], random)
    const wrap = wraps[at % 3] ?? String
    const lines = given.map(wrap)
    const target = random(lines.length)
    const text = lines[target] ?? ''
    const byte = random(2) === 0 ? random(text.length) : random(Math.min(text.length, 190))
    const mutations: Record<string, () => string[]> = {
      untouched: () => lines,
      removed: () => lines.toSpliced(target, 1 + random(3)),
      'cut off': () => lines.with(target, text.slice(0, byte)),
      'a byte changed': () =>
        lines.with(target, text.slice(0, byte) + '1"\\xé'[random(5)] + text.slice(byte + 1)),
      'a byte changed in a copy': () => [
        ...lines,
        text.slice(0, byte) + '2"\\y'[random(4)] + text.slice(byte + 1),
      ],
      'a number changed': () =>
        lines.with(target, text.replace(/((?:audit_part|of|seq)\\*": )\d+/, `$1${1 + random(4)}`)),
      'a character escaped': () => lines.with(target, text.replace('a', '\\u0161')),
    }
    const names = Object.keys(mutations)
    const what = names[random(names.length)] ?? ''
    const file = join(directory, `${at}.log`)
    const beside = `${file}.checkpoints`
    writeFileSync(file, (mutations[what]?.() ?? []).map((line) => `${line}\n`).join(''), 'latin1')
    writeFileSync(beside, trail.checkpoints().bytes)
    cases.push({ file, beside, what })
  }
  const script = `
import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, ${JSON.stringify(folder)})
import verify_audit as v
print(json.dumps([v.verify([file], [${JSON.stringify(key)}.encode()], None, [], True) for file in json.load(sys.stdin)]))`
  const python = spawnSync('python3', ['-c', script], {
    input: JSON.stringify(cases.map(({ file }) => file)),
    maxBuffer: 2 ** 26,
  })
  const theirs = JSON.parse(python.stdout.toString()) as VerifyReport[]
  const seen = new Set<string>()

  for (const [at, { file, what }] of cases.entries()) {
    const ours = await verifyTrail({ files: [file], keys, unordered: true })
    const essence = (report: VerifyReport | undefined) => ({
      verdict: report?.verdict,
      records: report?.records,
      partsMissing: report?.partsMissing,
      problemCount: report?.problemCount,
      line: report?.problem?.line,
      byteOffset: report?.problem?.byteOffset,
      seq: report?.problem?.seq,
    })
    t.same(essence(theirs[at]), essence(ours), `${at}: ${what}`)
    seen.add(`${what}: ${ours.verdict}`)
    if (what === 'untouched') t.equal(ours.verdict, 'complete')
  }
  t.comment([...seen].join(', '))
})
