import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runAuditShow } from '../../cli/audit-show.js'
import { runAuditVerify } from '../../cli/audit-verify.js'
import { buildTrail } from '../../proofs/trail-builder.js'
import { testDirectory } from '../helpers/test-directory.js'

const key = 'an-audit-key-for-tests-only'

/** Runs a command and keeps what it prints. */
async function run(command: typeof runAuditVerify, ...argv: string[]) {
  let out = ''
  let err = ''
  const code = await command(argv, {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
  })
  return { code, out, err }
}

/** A trail with one of everything, on disk beside its checkpoints. */
function exampleTrail() {
  const trail = buildTrail(key)
  trail.start()
  trail.change()
  trail.rotate()
  trail.change(false)
  trail.checkpoint()
  trail.record({ tool_name: 'get_finding' })
  trail.tear(40)
  return trail
}

t.test('the exit code tells the verdicts, unusable input and wrong usage apart', async (t) => {
  const trail = buildTrail(key)
  trail.start()
  trail.change()
  const open = trail.lines().join('\n')
  trail.checkpoint('shutdown')
  const text = `${trail.lines().join('\n')}\n`
  const directory = testDirectory(t, {
    key: `${key}\n`,
    ring: `some other key\n${key}\n`,
    'other-key': 'some other key\n',
    'empty-key': '\n',
    empty: '',
    binary: Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 256)).toString('latin1'),
    gigantic: `{"timestamp": "${'x'.repeat(20_000_000)}`,
    prose: 'Dear diary,\nnothing happened today.\n',
    torn: text.slice(0, 100),
    half: text.slice(0, text.length - 300),
    trail: text,
    'trail.checkpoints': trail.checkpoints().bytes.toString(),
    open: `${open}\n`,
    edited: text.replace('Something', 'something').replace('INFO', 'NONE'),
    'gz.gz': 'not compressed at all',
  })
  const at = (name: string) => join(directory, name)
  const given = ['--key-file', at('key')]
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  writeFileSync(at('rsa.pub'), rsa.export({ type: 'spki', format: 'pem' }))
  const cases: [code: number, said: RegExp, ...argv: string[]][] = [
    [0, /\ncomplete\n$/, at('trail'), ...given],
    [0, /\ncomplete\n$/, at('trail'), '--key-file', at('ring')],
    [1, /first bad line: .*edited:1, byte 0, seq 1: edited/, at('edited'), ...given],
    [3, /UNATTESTED TAIL: 3 records/, at('open'), ...given],
    [3, /torn record of \d+ bytes/, at('half'), ...given],
    [2, /wrong key/, at('trail'), '--key-file', at('other-key')],
    [2, /key file .* is empty/, at('trail'), '--key-file', at('empty-key')],
    [2, /key file .* cannot be read \(ENOENT\)/, at('trail'), '--key-file', at('no-key')],
    [2, /key file .* cannot be read \(EISDIR\)/, at('trail'), '--key-file', directory],
    [2, /is not a key in PEM/, at('trail'), '--public-key', at('key')],
    [2, /is not an Ed25519 key/, at('trail'), '--public-key', at('rsa.pub')],
    [2, /cannot be read \(ENOENT\)/, at('none'), ...given],
    [2, /cannot be read \(ENOENT\)/, at('trail'), ...given, '--checkpoints', at('none')],
    [2, /is a directory/, directory, ...given],
    [2, /is empty/, at('empty'), ...given],
    [2, /not an audit trail/, at('binary'), ...given],
    [2, /not an audit trail|no whole record/, at('gigantic'), ...given],
    [2, /not an audit trail/, at('prose'), ...given],
    [2, /no whole record/, at('torn'), ...given],
    [2, /there is no record/, at('prose'), ...given, '--unordered'],
    [2, /cannot be read \(Z_DATA_ERROR\)/, at('gz.gz'), ...given],
    [0, /^Usage: mcp-defectdojo audit verify/, '--help'],
    [64, /name the file to check/],
    [64, /--key-file, or the public one/, at('trail')],
    [64, /--colour/, at('trail'), ...given, '--colour'],
  ]

  for (const [code, said, ...argv] of cases) {
    const result = await run(runAuditVerify, ...argv)

    t.equal(result.code, code, argv.map((word) => word.replace(directory, '')).join(' '))
    t.match(result.out + result.err, said)
    t.notMatch(result.out + result.err, /\n\s+at |node:internal/, 'no stack')
    t.notMatch(result.out + result.err, key, 'no key')
  }
})

t.test('the report has everything an auditor asks for (A15)', async (t) => {
  const trail = exampleTrail()
  const directory = testDirectory(t, { key })
  for (const { name, bytes } of [...trail.files(), trail.checkpoints()]) {
    writeFileSync(join(directory, name), bytes)
  }
  const argv = [join(directory, 'audit.jsonl'), '--key-file', join(directory, 'key')]

  const { code, out } = await run(runAuditVerify, ...argv)
  const plain = out
    .replaceAll(`${directory}/`, '')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<uuid>')
    .replace(/keys {9}[0-9a-f]{8}/, 'keys         <key>')

  t.equal(code, 3)
  t.matchSnapshot(plain)
  const json = await run(runAuditVerify, ...argv, '--json')
  const report = JSON.parse(json.out)
  t.match(report, {
    verdict: 'intact',
    exitCode: 3,
    chains: [
      {
        firstSeq: 1,
        lastSeq: 8,
        segments: 2,
        attestedSeq: 7,
        unattestedTail: 1,
        inDoubt: { count: 1 },
        events: [{ event: 'chain_start (no_prior_file)' }, { event: 'file_opened (rotated)' }],
      },
    ],
    tornTails: [{ line: 5, bytes: 40 }],
  })
  t.strictSame(
    Object.keys(report).sort(),
    [
      ...['verdict', 'exitCode', 'records', 'bytes', 'files', 'chains', 'problem', 'problemCount'],
      ...['problems', 'notVerifiable', 'tornTails', 'checkpointsLeftOut', 'unchecked', 'reason'],
      'partsMissing',
    ].sort(),
  )
})

t.test('audit show tells who did what to which finding', async (t) => {
  const trail = buildTrail(key)
  trail.start()
  trail.change(false)
  const call = { authenticated_caller_id: 'ci', caller_role: 'writer', client_address: '192.0.2.7' }
  trail.record({ ...call, tool_name: 'close_finding', outcome: 'success' })
  trail.record({
    ...call,
    tool_name: 'create\u001b[31m',
    outcome: 'denied',
    reason: 'unknown_tool',
  })
  const lines = trail.lines()
  const withTarget = lines.map((line) =>
    line.replace(
      '"tool_name": "close_finding", "outcome"',
      '"tool_name": "close_finding", "request_params": {"finding_id": 42}, "outcome"',
    ),
  )
  const file = join(testDirectory(t), 'audit.jsonl')
  writeFileSync(file, withTarget.map((line) => `${line}\n`).join(''))
  const shown = async (...argv: string[]) =>
    (await run(runAuditShow, file, ...argv)).out.trimEnd().split('\n').slice(1)

  const all = await shown()
  t.equal(all.length, 3)
  t.match(
    all[0],
    /^2026-01-02 03:04:08 {2}3 +ci +writer +192\.0\.2\.7 +close_finding +finding 42 +success/,
  )
  t.match(all[1], /create\\u001b\[31m .*denied +unknown_tool/)
  t.match(all[2], /close_finding .*in doubt +no end recorded/)
  t.equal((await shown('--finding', '42')).length, 1)
  t.equal((await shown('--tool', 'close_finding')).length, 2)
  t.equal((await shown('--caller', 'nobody')).length, 0)
  t.equal((await shown('--since', '2026-01-03')).length, 0)
  t.equal((await shown('--until', '2026-01-02')).length, 3)
  t.match(await shown('--all'), [/Audit chain start .*chain_start/, String, String, String])
  const json = await run(runAuditShow, file, '--json', '--finding', '42')
  t.match(JSON.parse(json.out), { caller: 'ci', target: 'finding 42', outcome: 'success', seq: 3 })
  t.match(json.err, /unverified/)
})

t.test('audit show says what is wrong with its arguments and files', async (t) => {
  const file = join(testDirectory(t, { prose: 'hello\n' }), 'prose')
  const cases: [number, RegExp, ...string[]][] = [
    [64, /name the file to show/],
    [64, /--finding must be a number/, file, '--finding', 'x'],
    [64, /--since and --until take a date/, file, '--since', 'yesterday'],
    [2, /not an audit trail/, file],
    [2, /cannot be read \(ENOENT\)/, `${file}.none`],
    [0, /^Usage: mcp-defectdojo audit show/, '--help'],
  ]
  for (const [code, said, ...argv] of cases) {
    const result = await run(runAuditShow, ...argv)
    t.equal(result.code, code)
    t.match(result.out + result.err, said)
  }
})
