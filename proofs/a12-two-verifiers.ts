import { spawn } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { AuditValue } from '../src/audit/audit-log.js'
import { createCheckpointSigner } from '../src/audit/checkpoint-signer.js'
import { createAuditLog } from '../src/audit/create-audit-log.js'
import { jsonText } from '../src/audit/json-text.js'
import type { VerifyReport } from '../src/audit/verify/report.js'
import { verifyTrail } from '../src/audit/verify/verify-trail.js'
import { choicesFrom } from './choices.js'
import { fuzzedValues } from './fuzzed-values.js'
import { startProof } from './measure.js'
import { root } from './run-command.js'
import { buildTrail, type TrailBuilder } from './trail-builder.js'

// Records that hold anything, and the verifier beside the one in Python that was written from the format document.

const proof = startProof('A12: any record survives, and two verifiers agree')
const random = choicesFrom(proof.random)
const { anyText, anyValue } = fuzzedValues(random, 200_000)
const key = 'an audit key for a proof only'
const secondKey = 'the key after it'
const signing = generateKeyPairSync('ed25519')
const pem = signing.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-verifiers-'))

/** A trail on disk, and how to verify it. */
interface Case {
  readonly file: string
  readonly keys: readonly string[]
  readonly signed: boolean
  readonly unordered: boolean
  readonly what: string
}

try {
  await fuzzedRecords()
  await agreement()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function fuzzedRecords(): Promise<void> {
  const count = proof.short ? 1_000 : 10_000
  const file = join(folder, 'fuzzed.jsonl')
  const audit = await createAuditLog({
    key,
    file,
    failureMode: 'closed',
    secrets: [],
    stderr: () => {},
  })
  for (let at = 0; at < count; at++) {
    audit.event('INFO', anyText(), { event_type: 'lifecycle', value: anyValue(), at })
  }
  await audit.close('lifespan_exit')
  const lines = readFileSync(file, 'latin1').split('\n').slice(0, -1)
  const stable = lines.filter((line) => jsonText(JSON.parse(line) as AuditValue) === line)
  proof.check(
    `${count} fuzzed records are read and printed the same here`,
    stable.length === lines.length && lines.length > count,
    `${stable.length} of ${lines.length}`,
  )
  const inPython = await python(
    'import json,sys\nlines=open(sys.stdin.read().strip(),encoding="ascii").read().split("\\n")[:-1]\nprint(sum(json.dumps(json.loads(line))==line for line in lines))',
    file,
  )
  proof.check('and in Python', Number(inPython) === lines.length, `${inPython.trim()}`)
  const ours = await verifyTrail({ files: [file], keys: [Buffer.from(key)] })
  proof.check('the trail of them is complete', ours.verdict === 'complete', ours.verdict)
}

async function agreement(): Promise<void> {
  const count = proof.short ? 250 : 4_000
  const cases = Array.from({ length: count }, (_, at) => makeCase(at))
  const script = [
    'import json,sys',
    `sys.path.insert(0,${JSON.stringify(join(root, 'contrib'))})`,
    'import verify_audit as v',
    `public=v.read_public_key(${JSON.stringify(writePublicKey())})`,
    'for line in sys.stdin:',
    '  c=json.loads(line)',
    '  try: r=v.verify([c["file"]],[k.encode() for k in c["keys"]],public if c["signed"] else None,[],c["unordered"])',
    '  except v.Unreadable as e: r={"verdict":"not_verifiable","exitCode":2,"reason":str(e)}',
    '  print(json.dumps(r))',
  ].join('\n')
  const theirs = (await python(script, cases.map((each) => JSON.stringify(each)).join('\n')))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as VerifyReport)
  const verdicts = new Map<string, number>()
  let agree = 0
  for (const [at, each] of cases.entries()) {
    const ours = await verifyTrail({
      files: [each.file],
      keys: each.keys.map((text) => Buffer.from(text)),
      ...(each.signed && { publicKey: signing.publicKey as KeyObject }),
      unordered: each.unordered,
    })
    verdicts.set(ours.verdict, (verdicts.get(ours.verdict) ?? 0) + 1)
    const [mine, other] = [essence(ours), essence(theirs[at])]
    if (mine === other) agree++
    else if (at + 1 - agree <= 10) {
      process.stdout.write(`${each.what}\n  here:   ${mine}\n  Python: ${other}\n`)
    }
  }
  const seen = [...verdicts].map(([verdict, times]) => `${times} ${verdict}`).join(', ')
  proof.check(
    `on ${count} trails, most of them tampered with, both say the same`,
    agree === count && verdicts.size === 4,
    `${agree}; ${seen}`,
  )
}

/** What both must agree on: verdict, first bad line, what is not verifiable, attested or ended. */
function essence(report: VerifyReport | undefined): string {
  if (!report?.chains?.length) return JSON.stringify([report?.verdict, report?.exitCode])
  const { problem } = report
  const chains = report.chains.map((chain) => [
    ...[chain.chainId, chain.firstSeq, chain.lastSeq, chain.records, chain.attestedSeq],
    ...[chain.unattestedTail, chain.beginning, chain.inDoubt.count, chain.clockWentBack],
  ])
  return JSON.stringify([
    ...[report.verdict, report.exitCode, report.records, report.notVerifiable],
    problem && [basename(problem.file), problem.line, problem.byteOffset, problem.seq],
    ...(problem ? [] : [chains, report.tornTails.length]),
  ])
}

function writePublicKey(): string {
  const file = join(folder, 'signing.pub')
  writeFileSync(file, signing.publicKey.export({ type: 'spki', format: 'pem' }))
  return file
}

function randomTrail(): { trail: TrailBuilder; keys: string[] } {
  const trail = buildTrail(key, random.next() < 0.5 ? createCheckpointSigner(pem) : undefined)
  const keys = [key]
  trail.start()
  const steps = 3 + random.below(14)
  for (let at = 0; at < steps; at++) {
    const what = random.next()
    if (what < 0.12) trail.rotate()
    else if (what < 0.24) trail.checkpoint()
    else if (what < 0.32) trail.start()
    else if (what < 0.38 && keys.length === 1) {
      trail.rotateKey(secondKey)
      keys.push(secondKey)
    } else trail.change(random.next() < 0.9)
  }
  if (random.next() < 0.7) trail.checkpoint('shutdown')
  if (random.next() < 0.1) trail.tear(1 + random.below(120))
  return { trail, keys }
}

function makeCase(at: number): Case {
  const { trail, keys } = randomTrail()
  const directory = join(folder, String(at))
  mkdirSync(directory)
  const changes: string[] = []
  const unordered = random.next() < 0.15
  const files: { name: string; bytes: Buffer }[] = trail.files()
  let copies: Buffer = trail.checkpoints().bytes
  const changed = random.next()
  if (changed < 0.7) {
    const target = random.pick(files)
    const mutation = random.pick(mutationList())
    changes.push(mutation.name)
    target.bytes = mutation.apply(target.bytes)
  } else if (changed < 0.78 && files.length > 1) {
    files.splice(random.below(files.length - 1), 1)
    changes.push('segment removed')
  } else if (changed < 0.86) {
    copies = random.pick(mutationList()).apply(copies)
    changes.push('checkpoints changed')
  }
  if (random.next() < 0.1) copies = Buffer.alloc(0)
  if (unordered) {
    const lines = files.flatMap(({ bytes }) => linesOf(bytes))
    const twice = [...lines, ...lines.filter(() => random.next() < 0.2)]
    const wrap = random.pick([
      (line: string) => line,
      (line: string) => `<134>1 2026-01-02T03:04:05Z host mcp-defectdojo 7 - - ${line}`,
      (line: string) => JSON.stringify({ _raw: line }),
    ])
    files.splice(0, files.length, { name: 'audit.jsonl', bytes: joined(shuffled(twice).map(wrap)) })
    changes.push('unordered')
  }
  for (const { name, bytes } of files) writeFileSync(join(directory, name), bytes)
  if (copies.length > 0) writeFileSync(join(directory, 'audit.jsonl.checkpoints'), copies)
  const given = random.next()
  const signed = given < 0.3
  return {
    file: join(directory, 'audit.jsonl'),
    keys: given < 0.15 ? [] : given > 0.9 ? keys.slice(1) : [...keys, 'a key of somebody else'],
    signed,
    unordered,
    what: `${dirname(join(directory, 'x'))}: ${changes.join(', ')}${signed ? ', signed' : ''}`,
  }
}

function linesOf(bytes: Buffer): string[] {
  return bytes
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')
}

function joined(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1')
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: random.next() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item)
}

/** A change of lines, as one of the whole file. */
function ofLines(name: string, change: (lines: string[], at: number) => string[]) {
  return {
    name,
    apply: (bytes: Buffer): Buffer => {
      const lines = linesOf(bytes)
      return lines.length === 0 ? bytes : joined(change(lines, random.below(lines.length)))
    },
  }
}

function editByte(bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes
  const edited = Buffer.from(bytes)
  const at = random.below(edited.length)
  edited[at] = ((edited[at] ?? 0) + 1 + random.below(255)) % 256
  return edited
}

// A function, since it is needed before this line of the module has run.
function mutationList() {
  return [
    { name: 'byte edited', apply: editByte },
    { name: 'byte edited', apply: editByte },
    { name: 'two bytes edited', apply: (bytes: Buffer) => editByte(editByte(bytes)) },
    {
      name: 'cut off',
      apply: (bytes: Buffer) => bytes.subarray(0, random.below(bytes.length + 1)),
    },
    ofLines('line deleted', (lines, at) => lines.toSpliced(at, 1)),
    ofLines('lines deleted', (lines, at) => lines.toSpliced(at, 1 + random.below(4))),
    ofLines('line twice', (lines, at) => lines.toSpliced(at, 0, lines[at] ?? '')),
    ofLines('line moved', (lines, at) =>
      lines.toSpliced(at, 1).toSpliced(random.below(lines.length), 0, lines[at] ?? ''),
    ),
    ofLines('garbage inserted', (lines, at) =>
      lines.toSpliced(at, 0, random.pick(['', '{}', 'x', '{"timestamp": "'])),
    ),
    ofLines('field changed', (lines, at) =>
      lines.with(
        at,
        (lines[at] ?? '').replace(
          random.pick([
            /"seq": \d+/,
            /"chain_id": "[^"]*"/,
            /"key_id": "[^"]*"/,
            /"event_type": "[^"]*"/,
            /"integrity_hmac": "./,
          ]),
          random.pick([
            '"seq": 3',
            '"chain_id": "other"',
            '"key_id": "0123abcd"',
            '"event_type": "audit"',
            '"x": 1',
          ]),
        ),
      ),
    ),
  ]
}

async function python(script: string, input: string): Promise<string> {
  const child = spawn('python3', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stdin.end(input)
  await once(child, 'close')
  return output
}
