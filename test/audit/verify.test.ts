import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runAuditVerify } from '../../cli/audit-verify.js'
import { createAuditLog } from '../../src/audit/create-audit-log.js'
import { verifyTrail } from '../../src/audit/verify.js'
import { vectorKey, vectorLines } from './reference-chain.js'

const key = 'an-audit-key-for-tests-only'
const keyBytes = Buffer.from(key)

const seed = Number(process.env.AUDIT_TEST_SEED ?? 20260102)
t.comment(`seed ${seed}`)

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A file with one chain of `records` records, written in one run or more. */
async function writeTrail(t: Test, options: { records?: number; runs?: number } = {}) {
  const { records = 20, runs = 1 } = options
  const file = join(t.testdir(), 'audit.log')
  for (let run = 0; run < runs; run++) {
    const audit = await createAuditLog({
      key,
      file,
      failureMode: 'closed',
      secrets: [],
      stderr: () => {},
    })
    for (let at = 0; at < records / runs - 2; at++) {
      audit.event('INFO', 'something happened', { event_type: 'lifecycle', at, text: 'é"\\' })
    }
    await audit.close('lifespan_exit')
  }
  const text = readFileSync(file, 'utf8')
  return { file, text, lines: text.split('\n').slice(0, -1) }
}

async function verifyLines(file: string, lines: readonly string[]) {
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
  return verifyTrail(file, keyBytes)
}

async function run(...argv: string[]) {
  let out = ''
  let err = ''
  const code = await runAuditVerify(argv, {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
  })
  return { code, out, err }
}

t.test('an untouched trail is intact, also over many starts', async (t) => {
  const { file } = await writeTrail(t, { records: 60, runs: 6 })

  const report = await verifyTrail(file, keyBytes)

  t.match(report, { verdict: 'intact', records: 60, chainCount: 1, problem: null })
  t.match(report.chains, [{ firstSeq: 1, lastSeq: 60, starts: 6 }])
})

t.test('the reference chain verifies, and its kind of edit is found', async (t) => {
  const file = join(t.testdir(), 'audit.log')
  writeFileSync(file, `${vectorLines.join('\n')}\n`)
  t.match(await verifyTrail(file, Buffer.from(vectorKey)), { verdict: 'intact', records: 2 })

  writeFileSync(file, `${vectorLines.join('\n').replace('"ci"', '"cd"')}\n`)
  t.match(await verifyTrail(file, Buffer.from(vectorKey)), {
    verdict: 'tampered',
    problem: { kind: 'edited', line: 2, byteOffset: (vectorLines[0]?.length ?? 0) + 1 },
  })
})

t.test('1,500 single-byte edits are all found, each at its line', async (t) => {
  const { file, text, lines } = await writeTrail(t, { records: 30 })
  const random = randomNumbers(seed)
  const original = Buffer.from(text)
  const lineOf = (position: number): number =>
    original.subarray(0, position).filter((byte) => byte === 10).length + 1

  for (let round = 0; round < 1_500; round++) {
    const bytes = Buffer.from(original)
    const position = Math.floor(random() * bytes.length)
    bytes[position] = ((bytes[position] ?? 0) + 1 + Math.floor(random() * 255)) % 256
    writeFileSync(file, bytes)

    const { verdict, problem } = await verifyTrail(file, keyBytes)

    const line = lineOf(position)
    if (verdict !== 'tampered' || problem?.line !== line) {
      t.fail(`byte ${position} of line ${line}: ${verdict}, line ${problem?.line}`)
    }
  }
  t.equal(lines.length, 30)
})

t.test('every deletion, duplicate, insertion and swap is found and named', async (t) => {
  const { file, lines } = await writeTrail(t, { records: 25, runs: 2 })
  const count = lines.length
  const kinds = async (changed: readonly string[]) => {
    const { verdict, problem } = await verifyLines(file, changed)
    if (verdict !== 'tampered') t.fail(`${verdict}`)
    return problem
  }

  for (let at = 0; at < count; at++) {
    const line = lines[at] ?? ''
    if (at < count - 1) {
      const deleted = await kinds(lines.toSpliced(at, 1))
      t.match(deleted, { kind: 'missing', line: at + 1, seq: at + 1 }, `line ${at + 1} deleted`)
      const swapped = await kinds(lines.toSpliced(at, 2, lines[at + 1] ?? '', line))
      if (at > 0) t.match(swapped, { kind: 'reordered', line: at + 1 }, `line ${at + 1} swapped`)
    }
    const duplicate = await kinds(lines.toSpliced(at, 0, line))
    t.match(duplicate, { kind: 'duplicated', line: at + 2 }, `line ${at + 1} twice`)
    const forged = line.replace('"level": "INFO"', '"level": "NONE"')
    const inserted = await kinds(lines.toSpliced(at, 0, forged))
    t.match(inserted, { line: at + 1 }, `a forged line before ${at + 1}`)
    t.match(await kinds(lines.toSpliced(at, 0, '')), { kind: 'malformed', line: at + 1 })
  }
})

t.test('a chain pasted in a second time is found', async (t) => {
  const { file, lines } = await writeTrail(t)

  t.match(await verifyLines(file, [...lines, ...lines]), {
    verdict: 'tampered',
    problem: { kind: 'duplicated', line: lines.length + 1 },
  })
})

t.test('what was cut off before a chain that had to begin anew is missed', async (t) => {
  const { file, lines } = await writeTrail(t)
  const forged = lines.concat(
    (lines.at(-1) ?? '').replace(/[0-9a-f]{64}"\}$/, `${'a'.repeat(64)}"}`),
  )
  writeFileSync(file, `${forged.join('\n')}\n`)
  const audit = await createAuditLog({
    key,
    file,
    failureMode: 'closed',
    secrets: [],
    stderr: () => {},
  })
  await audit.close('lifespan_exit')
  const all = readFileSync(file, 'utf8').split('\n').slice(0, -1)

  t.match(await verifyLines(file, all.toSpliced(10, 11)), {
    verdict: 'tampered',
    problem: { kind: 'missing', line: 11 },
  })
})

t.test('a torn last record is what a crash leaves; other rests are not', async (t) => {
  const { file, lines, text } = await writeTrail(t)
  const [last = ''] = lines.slice(-1)
  const whole = text.slice(0, -last.length - 1)

  for (let length = 1; length < last.length; length += 7) {
    writeFileSync(file, whole + last.slice(0, length))
    t.match(await verifyTrail(file, keyBytes), {
      verdict: 'intact',
      records: 19,
      tornTail: { line: 20, byteOffset: whole.length, bytes: length },
    })
  }
  writeFileSync(file, whole + last)
  t.match(await verifyTrail(file, keyBytes), { verdict: 'intact', records: 20, tornTail: null })
  for (const rest of [`${last}x`, 'x', '{"timestamp": 1', `${last.slice(0, 30)}\n`]) {
    writeFileSync(file, whole + rest)
    t.match(await verifyTrail(file, keyBytes), { verdict: 'tampered', problem: { line: 20 } })
  }
})

t.test('the exit code tells intact, tampered, not verifiable and wrong usage apart', async (t) => {
  const { text } = await writeTrail(t)
  const directory = t.testdir({
    key: `${key}\n`,
    'other-key': 'some other key\n',
    'empty-key': '\n',
    empty: '',
    binary: Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 256)).toString('latin1'),
    prose: 'Dear diary,\nnothing happened today.\n',
    torn: text.slice(0, 100),
    trail: text,
    edited: text.replace('something', 'something else'),
  })
  const keyFile = join(directory, 'key')
  const at = (name: string) => join(directory, name)
  const cases: [code: number, said: RegExp, ...argv: string[]][] = [
    [0, /20 records verified\n(.*\n)+intact\n$/, at('trail'), '--key-file', keyFile],
    [1, /first bad line: 2, byte \d+, seq 2: edited/, at('edited'), '--key-file', keyFile],
    [2, /wrong key/, at('trail'), '--key-file', at('other-key')],
    [2, /key file is empty/, at('trail'), '--key-file', at('empty-key')],
    [2, /key file cannot be read \(ENOENT\)/, at('trail'), '--key-file', at('no-key')],
    [2, /key file cannot be read \(EISDIR\)/, at('trail'), '--key-file', directory],
    [2, /cannot be read \(ENOENT\)/, at('none'), '--key-file', keyFile],
    [2, /is a directory/, directory, '--key-file', keyFile],
    [2, /is empty/, at('empty'), '--key-file', keyFile],
    [2, /not an audit trail/, at('binary'), '--key-file', keyFile],
    [2, /not an audit trail/, at('prose'), '--key-file', keyFile],
    [2, /no whole record/, at('torn'), '--key-file', keyFile],
    [64, /name the file to check/],
    [64, /--key-file/, at('trail')],
    [64, /one file at a time/, at('trail'), at('edited'), '--key-file', keyFile],
    [64, /--colour/, at('trail'), '--key-file', keyFile, '--colour'],
  ]

  for (const [code, said, ...argv] of cases) {
    const result = await run(...argv)

    t.equal(result.code, code, `${argv.join(' ')}`)
    t.match(result.out + result.err, said)
    t.notMatch(result.out + result.err, /\n\s+at |node:internal/, 'no stack')
    t.notMatch(result.out + result.err, key, 'no key')
  }
})

t.test('with --json the report is one object', async (t) => {
  const { file, lines } = await writeTrail(t)
  const directory = join(file, '..')
  mkdirSync(join(directory, 'keys'))
  const keyFile = join(directory, 'keys', 'key')
  writeFileSync(keyFile, key)

  const intact = await run('--json', file, '--key-file', keyFile)
  writeFileSync(
    file,
    lines
      .toSpliced(4, 1)
      .map((line) => `${line}\n`)
      .join(''),
  )
  const tampered = await run(file, '--json', '--key-file', keyFile)
  const unreadable = await run(file, '--json', '--key-file', `${keyFile}.none`)

  t.match(JSON.parse(intact.out), { verdict: 'intact', records: 20, problem: null })
  t.match(JSON.parse(tampered.out), { verdict: 'tampered', problem: { kind: 'missing', seq: 5 } })
  t.match(JSON.parse(unreadable.out), { verdict: 'not_verifiable', reason: /key file/ })
})
