import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import t from 'tap'
import type { AuditValue } from '../../src/audit/audit-log.js'
import { createChain, genesis, linkMac, splitLine } from '../../src/audit/chain.js'
import { jsonText } from '../../src/audit/json-text.js'
import { auditKey, derivedKeyId } from '../../src/audit/keys.js'
import { bounded, recordBounds } from '../../src/audit/record-bounds.js'
import { needs } from '../helpers/needs.js'
import { vectorKey, vectorLines } from './reference-chain.js'

const seed = Number(process.env.AUDIT_TEST_SEED ?? 20260102)
t.comment(`seed ${seed}`)

/** Runs a Python program that prints JSON. */
function python(program: string, input: string): unknown {
  const run = spawnSync('python3', ['-c', program], { input, encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (run.error) throw new Error('python3 is needed: it plays the verifiers that already exist')
  if (run.status !== 0) throw new Error(run.stderr)
  return JSON.parse(run.stdout)
}

const anyUnit = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }),
  fc.integer({ min: 0, max: 0x7f }),
  fc.constantFrom(0x2028, 0x2029, 0xd800, 0xdc00, 0xdfff, 0xfeff, 0x7f, 0x22, 0x5c, 0x2f),
)
const anyText = fc.array(anyUnit, { maxLength: 12 }).map((units) => String.fromCharCode(...units))
const anyNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, 5e-324, 1e-7, 1e-5, 1e-4, 0.1, 12.0, 2 ** 53, 1e16, 1e20, 1e21, 1.5e300),
  fc.double({ min: -0.001, max: 0.001 }),
)
const { anyValue } = fc.letrec<{ anyValue: AuditValue }>((tie) => ({
  anyValue: fc.oneof(
    { maxDepth: 3 },
    anyText,
    anyNumber,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('anyValue'), { maxLength: 4 }),
    fc
      .array(
        fc.tuple(
          fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor', '7')),
          tie('anyValue'),
        ),
        { maxLength: 4 },
      )
      .map((members) => Object.fromEntries(members) as AuditValue),
  ),
}))

t.test('the lines of the published test vector verify', async (t) => {
  let previous = genesis
  for (const line of vectorLines) {
    const signed = splitLine(Buffer.from(line))

    t.ok(signed)
    t.equal(linkMac(Buffer.from(vectorKey), previous, signed?.text ?? ''), signed?.mac)
    previous = signed?.mac ?? ''
  }
})

t.test('a record is written with the separators, escapes and MAC of the test vector', async (t) => {
  const { integrity_hmac, ...record } = JSON.parse(vectorLines[0] ?? '')

  const text = jsonText(record)

  t.equal(`${text.slice(0, -1)}, "integrity_hmac": "${integrity_hmac}"}`, vectorLines[0])
  t.equal(linkMac(Buffer.from(vectorKey), genesis, text), integrity_hmac)
})

t.test(
  '5,000 fuzzed values are a fixed point of Python parsing and printing',
  needs('python3'),
  async (t) => {
    const texts = fc.sample(anyValue, { numRuns: 5_000, seed }).map(jsonText)

    const program = `
import json, sys
bad = [text for text in sys.stdin.read().split("\\n") if json.dumps(json.loads(text)) != text]
print(json.dumps(bad[:5]))`

    t.strictSame(python(program, texts.join('\n')), [])
  },
)

t.test('what is parsed from the text prints as the same text', async (t) => {
  for (const value of fc.sample(anyValue, { numRuns: 5_000, seed })) {
    const text = jsonText(value)
    if (jsonText(JSON.parse(text)) !== text) t.fail(text)
    if (!/^[ -~]*$/.test(text)) t.fail('not plain ASCII')
  }
})

t.test(
  'an independent verifier in Python accepts a chain of fuzzed records',
  needs('python3'),
  async (t) => {
    const key = auditKey({ key: vectorKey })
    const chain = createChain({
      key: key.bytes,
      keyId: key.id,
      from: { chainId: 'c', mac: genesis, seq: 0 },
    })
    const lines = fc
      .sample(anyValue, { numRuns: 500, seed: seed + 1 })
      .map((value) => chain.seal({ message: 'm', value }, 'debug').line)

    const program = `
import hashlib, hmac, json, sys
prev, bad = "", []
for number, line in enumerate(sys.stdin.read().split("\\n"), 1):
    record = json.loads(line)
    stated = record.pop("integrity_hmac")
    text = json.dumps(record)
    if hmac.new(b"${vectorKey}", (prev + "|" + text).encode(), hashlib.sha256).hexdigest() != stated:
        bad.append(number)
    prev = stated
print(json.dumps(bad))`

    t.strictSame(python(program, lines.join('\n')), [])
    t.match(JSON.parse(lines.at(-1) ?? ''), { seq: 500, chain_id: 'c', key_id: key.id })
  },
)

t.test('a record ends in its number, chain, key, class and MAC, in this order', async (t) => {
  const chain = createChain({
    key: Buffer.from('k'),
    keyId: 'id',
    from: { chainId: 'c', mac: genesis, seq: 0 },
  })

  const { line } = chain.seal({ message: 'm', seq: 99, integrity_hmac: 'forged' }, 'operational')

  t.strictSame(Object.keys(JSON.parse(line)).slice(-4), [
    'chain_id',
    'key_id',
    'retention_class',
    'integrity_hmac',
  ])
  t.equal(JSON.parse(line).seq, 1)
  t.ok(splitLine(Buffer.from(line)))
})

t.test('the name of a key is stable and is not a plain hash of it', async (t) => {
  const { createHash } = await import('node:crypto')

  t.equal(auditKey({ key: vectorKey }).id, derivedKeyId(Buffer.from(vectorKey)))
  t.not(
    derivedKeyId(Buffer.from(vectorKey)),
    createHash('sha256').update(vectorKey).digest('hex').slice(0, 8),
  )
  t.equal(auditKey({ key: vectorKey, keyId: '2026-q1' }).id, '2026-q1')
  t.not(auditKey({}).id, auditKey({}).id)
})

t.test('whatever a client sends, a field of a record stays small', async (t) => {
  const monsters: AuditValue[] = [
    'x'.repeat(5_000_000),
    '\u2028'.repeat(100_000),
    Array.from({ length: 100_000 }, (_, at) => at),
    Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`name-${at}`, 'é'.repeat(50)])),
    { ['k'.repeat(1_000_000)]: 1 },
    Array.from({ length: 5_000 }, () => ['\ud800'.repeat(4_000)]),
  ]
  let deep: AuditValue = 'bottom'
  for (let depth = 0; depth < 10_000; depth++) deep = [deep]

  for (const monster of [...monsters, deep]) {
    t.ok(jsonText(bounded(monster)).length <= recordBounds.field + 2_000)
  }
  t.strictSame(bounded({ a: ['b', 1, null, true] }), { a: ['b', 1, null, true] })
  const ids = Array.from({ length: 1_000 }, (_, at) => 1_000_000 + at)
  t.strictSame(bounded(ids), ids, 'a full reading history fits')
})
