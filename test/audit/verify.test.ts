import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { buildTrail, sourceOf, type TrailBuilder } from '../../proofs/trail-builder.js'
import { createCheckpointSigner } from '../../src/audit/checkpoint-signer.js'
import { type VerifyOptions, verifyTrail } from '../../src/audit/verify/verify-trail.js'
import { testDirectory } from '../helpers/test-directory.js'
import { vectorKey, vectorLines } from './reference-chain.js'

// The mutations of A3 and the truncations of A4 in their hundreds are in proofs/a3-mutations.ts and proofs/a4-truncation.ts.

const key = 'an-audit-key-for-tests-only'
const keys = [Buffer.from(key)]

/** A closed trail of about `changes` × 2 records. */
function closedTrail(changes = 8): TrailBuilder {
  const trail = buildTrail(key)
  trail.start()
  for (let at = 0; at < changes; at++) trail.change()
  trail.checkpoint('shutdown')
  return trail
}

const verify = (trail: TrailBuilder, changes: Partial<VerifyOptions> = {}) =>
  verifyTrail({ files: trail.files(), keys, checkpoints: [trail.checkpoints()], ...changes })

t.test('an untouched trail is complete, over starts, segments and keys', async (t) => {
  const trail = buildTrail(key)
  for (const next of ['second key', 'third key', 'fourth key']) {
    trail.start()
    trail.change()
    trail.rotate()
    trail.change()
    trail.rotateKey(next)
    trail.change()
    trail.checkpoint()
  }

  const ring = [key, 'second key', 'third key', 'fourth key'].map((text) => Buffer.from(text))
  const report = await verify(trail, { keys: ring.reverse() })

  t.match(report, { verdict: 'complete', exitCode: 0, problem: null, notVerifiable: [] })
  t.match(report.chains, [{ segments: 4, starts: 3, unattestedTail: 0, beginning: 'given' }])
  t.equal(report.chains[0]?.keyIds.length, 4)
  t.equal(report.records, trail.lines().length)
})

t.test(
  'a line feed that was changed is located where the first of the two records stands',
  async (t) => {
    const trail = closedTrail()
    const [file] = trail.files()
    const original = file?.bytes ?? Buffer.alloc(0)
    let feed = -1
    for (const seq of trail.lines().keys()) {
      feed = original.indexOf('\n', feed + 1)
      const bytes = Buffer.from(original)
      bytes[feed] = 0x20
      const report = await verify(trail, { files: [{ name: 'audit.jsonl', bytes }] })

      if (seq + 1 < trail.lines().length)
        t.match(report, { verdict: 'tampered', problem: { line: seq + 1, seq: seq + 1 } })
    }
  },
)

t.test('a key that is missing leaves exactly its records unverified (A6)', async (t) => {
  const trail = buildTrail(key)
  const texts = [key, 'second key', 'third key', 'fourth key']
  const firstSeqs: number[] = []
  trail.start()
  for (const [at] of texts.entries()) {
    firstSeqs.push(at === 0 ? 1 : trail.lines().length + 1)
    trail.change()
    trail.change()
    const next = texts[at + 1]
    if (next !== undefined) trail.rotateKey(next)
  }
  trail.checkpoint('shutdown')

  for (const [missing] of texts.entries()) {
    const given = texts.filter((_, at) => at !== missing).map((text) => Buffer.from(text))
    const report = await verify(trail, { keys: given })

    t.match(report, {
      verdict: 'not_verifiable',
      exitCode: 2,
      notVerifiable: [
        {
          firstSeq: firstSeqs[missing],
          lastSeq: (firstSeqs[missing + 1] ?? trail.lines().length + 1) - 1,
        },
      ],
    })
    t.equal(report.notVerifiable.length, 1)
  }
})

t.test('a key that nothing announced, or that was rotated away, is no key', async (t) => {
  const trail = buildTrail(key)
  trail.start()
  trail.rotateKey('second key')
  trail.change()
  const other = buildTrail(key)
  other.start()
  other.change()
  const both = [Buffer.from(key), Buffer.from('second key')]

  const forged = trail.lines().with(2, (other.lines()[2] ?? '').replace(/"seq": \d+/, '"seq": 3'))
  const lied = trail
    .lines()
    .map((line) => line.replace(/"new_key_hmac": "."/, '"new_key_hmac": "0"'))

  t.match(await verify(trail, { files: [sourceOf(forged)], keys: both }), { verdict: 'tampered' })
  t.match(await verify(trail, { files: [sourceOf(lied)], keys: both }), { verdict: 'intact' })
})

t.test('what was begun after lost records is tied to the end of the chain before', async (t) => {
  const first = closedTrail()
  const before = first.lines().at(-2) ?? ''
  const trail = closedTrail()
  const mac = /"integrity_hmac": "(.{12})/.exec(before)?.[1]
  const text = trail.lines().join('\n')

  const joined = [...first.lines().slice(0, -1), ...text.split('\n')]
  const cut = [...first.lines().slice(0, -3), ...text.split('\n')]

  t.ok(mac)
  // The second chain names no predecessor, so the first one's end is attested by nothing.
  const checkpoints = [trail.checkpoints()]
  const untied = await verifyTrail({ files: [sourceOf(joined)], keys, checkpoints })
  t.match(untied, { verdict: 'intact', chains: [{ attestedSeq: null }, { unattestedTail: 0 }] })
  const shorter = await verifyTrail({ files: [sourceOf(cut)], keys, checkpoints })
  t.match(shorter, { verdict: 'intact' })
  const known = await verifyTrail({
    files: [sourceOf(cut)],
    keys,
    checkpoints: [...checkpoints, first.checkpoints()],
  })
  t.match(known, { verdict: 'tampered', problem: { kind: 'truncated' } })
})

t.test('a chain that only a checkpoint knows of is called missing (A8)', async (t) => {
  const trail = closedTrail()
  const gone = closedTrail()

  const report = await verify(trail, { checkpoints: [trail.checkpoints(), gone.checkpoints()] })

  t.match(report, {
    verdict: 'tampered',
    problem: { kind: 'missing', detail: /^chain [0-9a-f-]{36} is not among the files/ },
  })
})

t.test('a checkpoint that was changed is bad, and one of an unknown key is left out', async (t) => {
  const trail = closedTrail()
  const copies = trail.checkpoints()
  const forged = copies.bytes.toString().replace('"cause": "shutdown"', '"cause": "rotated"')
  const other = buildTrail('another key')
  other.start()
  other.checkpoint()

  const withForged = { name: 'copies', bytes: Buffer.from(forged) }
  t.match(await verify(trail, { checkpoints: [withForged] }), {
    verdict: 'tampered',
    problem: { kind: 'bad_checkpoint', file: 'copies', line: 1 },
  })
  t.match(await verify(trail, { checkpoints: [copies, other.checkpoints()] }), {
    verdict: 'complete',
    checkpointsLeftOut: 1,
  })
})

t.test('changes in doubt keep a trail from being complete', async (t) => {
  const trail = buildTrail(key)
  trail.start()
  trail.change()
  trail.change(false)
  trail.change(false)
  trail.checkpoint('shutdown')

  const report = await verify(trail)

  t.match(report, { verdict: 'intact', exitCode: 3, chains: [{ unattestedTail: 0 }] })
  t.equal(report.chains[0]?.inDoubt.count, 2)
})

t.test('the public key alone shows changes that a signed checkpoint covers', async (t) => {
  const pair = generateKeyPairSync('ed25519')
  const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const trail = buildTrail(key, createCheckpointSigner(pem))
  trail.start()
  for (let at = 0; at < 12; at++) {
    trail.change()
    if (at % 4 === 3) trail.checkpoint()
  }
  const { publicKey } = pair
  const lines = trail.lines()

  t.match(await verify(trail, { keys: [], publicKey }), { verdict: 'complete' })
  t.match(await verify(trail, { publicKey }), { verdict: 'complete' })
  for (const [at, line] of lines.entries()) {
    const edited = lines.with(at, line.replace('"level": "INFO"', '"level": "NONE"'))
    const files = [sourceOf(edited)]
    const report = await verify(trail, { files, keys: [], publicKey })
    if (report.verdict !== 'tampered') t.fail(`line ${at + 1} was edited: ${report.verdict}`)
    if (at < lines.length - 1) {
      const removed = await verify(trail, {
        files: [sourceOf(lines.toSpliced(at, 1))],
        keys: [],
        publicKey,
      })
      if (removed.verdict !== 'tampered') t.fail(`line ${at + 1} was removed: ${removed.verdict}`)
    }
  }
  trail.change()
  t.match(await verify(trail, { keys: [], publicKey }), {
    verdict: 'intact',
    chains: [{ unattestedTail: 2 }],
  })
  const stranger = generateKeyPairSync('ed25519').publicKey
  t.match(await verify(trail, { keys: [], publicKey: stranger }), {
    verdict: 'intact',
    checkpointsLeftOut: 3,
  })
})

t.test('what a SIEM gave back verifies, wrapped, in any order and some twice (F13)', async (t) => {
  const trail = closedTrail(30)
  const lines = trail.lines()
  const syslog = (line: string) =>
    `<134>1 2026-01-02T03:04:05.678Z host mcp-defectdojo 7 - - ${line}`
  const shuffled = [...lines.slice(20), ...lines.slice(0, 30), ...lines.slice(10, 15)]
  const forms = {
    'as they are': shuffled,
    'behind a syslog header': shuffled.map(syslog),
    'in a JSON string': shuffled.map((line) => JSON.stringify({ host: 'web-1', _raw: line })),
    'among other messages': ['Jan  2 kernel: hello', ...shuffled.map(syslog), 'bye'],
  }

  for (const [form, given] of Object.entries(forms)) {
    const files = [sourceOf(given, 'siem.log')]
    t.match(await verify(trail, { files, unordered: true }), { verdict: 'complete' }, form)
    const fewer = files.map(() =>
      sourceOf(
        given.filter((line) => !line.includes('"seq": 12,') && !line.includes('\\"seq\\": 12,')),
      ),
    )
    t.match(
      await verify(trail, { files: fewer, unordered: true }),
      {
        verdict: 'tampered',
        problem: { kind: 'missing', seq: 12 },
        chains: [{ gaps: [{ fromSeq: 12 }] }],
      },
      `${form}, one removed`,
    )
    const edited = given.map((line) =>
      /seq\\?": 12,/.test(line) ? line.replace('INFO', 'WARN') : line,
    )
    t.match(
      await verify(trail, { files: [sourceOf(edited)], unordered: true }),
      { verdict: 'tampered', problem: { seq: 12 } },
      `${form}, one edited`,
    )
  }
  const wrapped = sourceOf(shuffled.map(syslog), 'siem.log')
  t.match(await verify(trail, { files: [wrapped] }), {
    verdict: 'not_verifiable',
    reason: /something around them; if a SIEM gave them back, say --unordered/,
  })
  const prefixed = sourceOf(lines.with(0, syslog(lines[0] ?? '')))
  t.match(await verify(trail, { files: [prefixed] }), { verdict: 'tampered', problem: { line: 1 } })
  const later = sourceOf(lines.slice(5).map(syslog), 'siem.log')
  t.match(await verify(trail, { files: [later], unordered: true }), {
    verdict: 'intact',
    unchecked: 1,
    chains: [{ beginning: 'not_given', firstSeq: 6 }],
  })
})

t.test('chains of the reference server verify, and their kind of edit is found', async (t) => {
  const vector = [Buffer.from(vectorKey)]
  const check = (lines: readonly string[]) =>
    verifyTrail({ files: [sourceOf(lines)], keys: vector })

  t.match(await check(vectorLines), { verdict: 'intact', records: 2, problem: null })
  t.match(await check([...vectorLines, ...vectorLines]), { verdict: 'intact', chains: [{}, {}] })
  for (const [at, line] of vectorLines.entries()) {
    const edited = vectorLines.with(at, line.replace('"INFO"', '"NONE"'))
    t.match(await check(edited), { verdict: 'tampered', problem: { line: at + 1, seq: null } })
  }
  t.match(await check(vectorLines.slice(1)), { verdict: 'not_verifiable' })
  const parts = vectorLines.map((line, at) => sourceOf([line], `audit.log.${2 - at}`))
  t.match(await verifyTrail({ files: parts, keys: vector }), { verdict: 'intact', records: 2 })
  t.match(await verifyTrail({ files: [sourceOf(vectorLines)], keys }), {
    verdict: 'not_verifiable',
  })
})

t.test(
  'segments are found beside the file, also those of logrotate and compressed ones',
  async (t) => {
    const trail = buildTrail(key)
    trail.start()
    for (let at = 0; at < 4; at++) {
      trail.change()
      trail.rotate()
    }
    trail.checkpoint('shutdown')
    const directory = testDirectory(t)
    const at = (name: string) => join(directory, name)
    const files = trail.files()
    const [first, second, third, fourth, active] = files
    writeFileSync(at('audit.jsonl.2.gz'), gzipSync(first?.bytes ?? ''))
    writeFileSync(at('audit.jsonl-20260102'), second?.bytes ?? '')
    writeFileSync(at(third?.name ?? ''), third?.bytes ?? '')
    writeFileSync(at(fourth?.name ?? ''), fourth?.bytes ?? '')
    writeFileSync(at('audit.jsonl'), active?.bytes ?? '')
    writeFileSync(at('audit.jsonl.checkpoints'), trail.checkpoints().bytes)
    writeFileSync(at('audit.jsonl.torn-0123456789ab'), 'no part of it')

    const whole = await verifyTrail({ files: [at('audit.jsonl')], keys })
    const part = await verifyTrail({ files: [at(third?.name ?? '')], keys })

    t.match(whole, { verdict: 'complete', chains: [{ segments: 5, firstSeq: 1 }] })
    // One closed segment alone is a part, and says so; what it lacks was not lost.
    t.match(part, { verdict: 'tampered', problem: { kind: 'truncated' } })
  },
)
