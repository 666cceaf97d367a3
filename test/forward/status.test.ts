import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { runAuditStatus } from '../../cli/audit-status.js'
import { forwardingDirectory } from '../../src/audit/segments.js'
import { allTaken } from '../../src/forward/destination.js'
import { testDirectory } from '../helpers/test-directory.js'
import { startTrail, testReceiver } from './forwarding-bench.js'

const clock = () => new Date('2026-01-02T03:04:05.678Z')

/** Runs the command somewhere without a `.env`, and keeps what it prints. */
async function run(argv: readonly string[], environment: Record<string, string> = {}) {
  let out = ''
  let err = ''
  const output = {
    out: (text: string) => {
      out += text
    },
    err: (text: string) => {
      err += text
    },
  }
  const directory = import.meta.dirname
  const code = await runAuditStatus(argv, output, { environment, directory })
  return { code, out, err }
}

/** A trail of 16 records or so, after its end: `relp` has them all, `tcp` has none. */
async function laggingTrail(t: Parameters<typeof startTrail>[0]) {
  const [current, behind] = [testReceiver(), testReceiver('tcp://other.example:514')]
  behind.down = true
  const trail = await startTrail(t, testDirectory(t), [current, behind], { clock })
  trail.write(10)
  await trail.audit.close('lifespan_exit')
  await trail.forwarding.close(100)
  const records = trail.made.map((line) => JSON.parse(line))
  const last = records.at(-1)
  return { ...trail, chainId: last.chain_id as string, lastSeq: last.seq as number }
}

t.test('a trail that every destination has is up to date', async (t) => {
  const receiver = testReceiver()
  const { file, write, end, made } = await startTrail(t, testDirectory(t), [receiver], { clock })
  write(3)
  await end()

  const { code, out, err } = await run([file])

  t.equal(code, 0)
  t.equal(err, '')
  t.match(out, /^relp:\/\/siem\.example:2514 {2}seq \d+ of [0-9a-f]{8} {2}0 +0 +- +0$/m)
  t.match(out, `seq ${made.length} of`)
})

t.test('the table says who lacks what, and since when', async (t) => {
  const { file, chainId, lastSeq } = await laggingTrail(t)

  const { code, out } = await run([file])

  const chain = chainId.slice(0, 8)
  const bytes = String(statSync(file).size).padEnd(5)
  t.equal(code, 1)
  t.equal(
    out,
    [
      'DESTINATION               HAS UP TO           WAITING  BYTES  OLDEST WAITS SINCE    PUT ASIDE',
      `relp://siem.example:2514  seq ${lastSeq} of ${chain}  0        0      -                     0`,
      `tcp://other.example:514   seq 0 of ${chain}   ${lastSeq}       ${bytes}  2026-01-02T03:04:05Z  0`,
      '',
    ].join('\n'),
  )
})

t.test('--json has the same for programs', async (t) => {
  const { file, chainId, lastSeq } = await laggingTrail(t)

  const { code, out } = await run([file, '--json'])

  const [current, behind] = JSON.parse(out)
  t.equal(code, 1)
  t.strictSame(Object.keys(current), [
    ...['destination', 'chainId', 'seq', 'savedAt'],
    ...['waitingRecords', 'waitingBytes', 'oldestTimestamp', 'deadLetters'],
  ])
  t.match(current, {
    destination: 'relp://siem.example:2514',
    chainId,
    seq: lastSeq,
    savedAt: /^\d{4}-\d\d-\d\dT/,
    waitingRecords: 0,
    waitingBytes: 0,
    oldestTimestamp: null,
    deadLetters: 0,
  })
  t.match(behind, {
    destination: 'tcp://other.example:514',
    chainId,
    seq: 0,
    waitingRecords: lastSeq,
    waitingBytes: statSync(file).size,
    oldestTimestamp: '2026-01-02T03:04:05.678000+00:00',
    deadLetters: 0,
  })
})

t.test('what was put aside is not up to date either', async (t) => {
  const receiver = testReceiver()
  receiver.send = async (batch) => {
    const at = batch.findIndex(({ line }) => line.includes('"text": "poison"'))
    return at < 0 ? allTaken : { ...allTaken, refused: [{ at, reason: 'http_400' }] }
  }
  const { file, write, end } = await startTrail(t, testDirectory(t), [receiver])
  write(2)
  write(1, 'poison')
  await end()

  const { code, out } = await run([file, '--json'])

  t.equal(code, 1)
  t.match(JSON.parse(out), [{ waitingRecords: 0, deadLetters: 1 }])
})

t.test('the file is that of the service unless another one is named', async (t) => {
  const { file, end } = await startTrail(t, testDirectory(t, { spool: {} }), [])
  await end()
  const nothing = { code: 0, out: 'Nothing has been forwarded from this trail.\n', err: '' }

  t.same(await run([], { AUDIT_LOG_FILE: file }), nothing)
  t.same(await run([file], { AUDIT_LOG_FILE: '/nowhere' }), nothing)
  t.match(await run([], { AUDIT_SPOOL_DIR: join(dirname(file), 'spool') }), {
    code: 2,
    err: /spool\/audit-spool\.jsonl cannot be read \(ENOENT\)/,
  })
})

t.test('without a trail, or with a cursor that is none, nothing can be said', async (t) => {
  const { file, end } = await startTrail(t, testDirectory(t), [testReceiver()])
  await end()
  const directory = forwardingDirectory(file)
  mkdirSync(directory, { recursive: true })
  const [cursor = ''] = readdirSync(directory).filter((name) => name.endsWith('.cursor.json'))
  writeFileSync(join(directory, cursor), '{"seq": ')

  t.match(await run([`${file}.gone`]), { code: 2, out: '', err: /cannot be read \(ENOENT\)/ })
  t.match(await run([file]), { code: 2, out: '', err: /\.cursor\.json is no cursor/ })
})

t.test('wrong usage is answered with the right one', async (t) => {
  for (const argv of [[], ['a', 'b'], ['--yaml'], ['a', '--json=yes']]) {
    const { code, out, err } = await run(argv)
    t.equal(code, 64, argv.join(' '))
    t.equal(out, '')
    t.match(err, /^audit status: .+\n\nUsage: mcp-defectdojo audit status/)
  }
  t.match(await run(['--help']), { code: 0, out: /^Usage: /, err: '' })
})
