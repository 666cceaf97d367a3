import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { AuditedCall, AuditLog, CallEnd } from '../../src/audit/audit-log.js'
import { type AuditLogOptions, createAuditLog } from '../../src/audit/create-audit-log.js'
import { verifyTrail } from '../../src/audit/verify.js'
import { vectorKey, vectorLines } from './reference-chain.js'

const key = 'an-audit-key-for-tests-only'
const clock = () => new Date('2026-01-02T03:04:05.678Z')

type Entry = Record<string, unknown>
const entries = (text: string): Entry[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

/** A trail in a directory of its own; timers run when the test says so. */
async function openTrail(t: Test, options: Partial<AuditLogOptions> = {}) {
  const file = options.file ?? join(t.testdir(), 'audit.log')
  const lines: string[] = []
  const timers: (() => void)[] = []
  const audit = await createAuditLog({
    key,
    file,
    failureMode: 'closed',
    secrets: [],
    clock,
    stderr: (line) => lines.push(line),
    after: (_milliseconds, callback) => timers.push(callback),
    ...options,
  })
  t.teardown(() => audit.close('test'))
  return { audit, file, lines, timers }
}

async function openUnfiledTrail(t: Test, options: Partial<AuditLogOptions> = {}) {
  const lines: string[] = []
  const timers: (() => void)[] = []
  const audit = await createAuditLog({
    key,
    failureMode: 'closed',
    secrets: [],
    clock,
    stderr: (line) => lines.push(line),
    after: (_milliseconds, callback) => timers.push(callback),
    ...options,
  })
  t.teardown(() => audit.close('test'))
  return { audit, lines, timers }
}

const call = (changes: Partial<AuditedCall> = {}): AuditedCall => ({
  toolName: 'close_finding',
  requestParams: { finding_id: 42 },
  findingsRead: { ids: [3, 7], count: 2 },
  identity: {
    requestId: '6d3f2b1c-0000-4000-8000-000000000001',
    callerId: 'anonymous',
    clientRequestId: '7',
    authenticatedCallerId: 'ci',
    callerRole: 'writer',
    transport: 'streamable-http',
    clientAddress: '192.0.2.7',
    sessionId: null,
  },
  ...changes,
})
const success: CallEnd = { outcome: 'success', durationMs: 12.3456 }
const denied: CallEnd = { outcome: 'denied', durationMs: 1, reason: 'unknown_tool', error: 'no' }

/** Everything until the last promise has been settled. */
const settled = async (audit: AuditLog): Promise<void> => {
  await audit.outcome(call(), success).catch(() => {})
}

t.test('every sink gets the identical lines, and the file is for its owner only', async (t) => {
  const { audit, file, lines } = await openTrail(t)

  await audit.intent(call())
  await audit.outcome(call(), success)

  t.equal(readFileSync(file, 'utf8'), lines.map((line) => `${line}\n`).join(''))
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.match(entries(lines.join('\n')), [
    {
      message: 'Audit chain start',
      event_type: 'lifecycle',
      chain_event: 'chain_start',
      resumed_from_prior: false,
      prior_chain_tail: null,
      prior_tail_status: 'no_prior_file',
      seq: 1,
      retention_class: 'operational',
    },
    { event_type: 'audit_intent', durable: true, seq: 2, retention_class: 'security_audit' },
    { event_type: 'audit', outcome: 'success', seq: 3, retention_class: 'security_audit' },
  ])
})

t.test('the record of a call has its fields in the documented order', async (t) => {
  const { audit, lines } = await openTrail(t)

  await audit.outcome(call(), {
    ...success,
    outcome: 'upstream_error',
    reason: 'upstream',
    error: 'Resource not found',
    details: { transition_cause: 'close', outcome: 'forged', seq: 9 },
  })

  const record = JSON.parse(lines.at(-1) ?? '')
  t.strictSame(Object.keys(record), [
    ...['timestamp', 'level', 'logger', 'message', 'event_type', 'tool_name', 'request_id'],
    ...['caller_id', 'authenticated_caller_id', 'caller_role', 'transport', 'client_address'],
    ...['session_id', 'client_request_id', 'request_params', 'outcome', 'reason', 'duration_ms'],
    ...['error', 'findings_read_before_mutation', 'findings_read_count', 'transition_cause'],
    ...['seq', 'chain_id', 'key_id', 'retention_class', 'integrity_hmac'],
  ])
  t.match(record, {
    timestamp: '2026-01-02T03:04:05.678000+00:00',
    level: 'ERROR',
    logger: 'mcp_defectdojo.audit_logging',
    message: 'Tool call failed',
    outcome: 'upstream_error',
    duration_ms: 12.35,
    findings_read_before_mutation: [3, 7],
    findings_read_count: 2,
  })
})

t.test('the level tells the fault of the caller from ours', async (t) => {
  const { audit, lines } = await openTrail(t)
  const outcomes = [
    'success',
    'denied',
    'invalid',
    'rate_limited',
    'upstream_error',
    'error',
  ] as const

  for (const outcome of outcomes) await audit.outcome(call(), { outcome, durationMs: 1 })

  t.strictSame(
    entries(lines.slice(1).join('\n')).map(({ level, message }) => `${level} ${message}`),
    [
      'INFO Tool call completed',
      ...Array(3).fill('WARNING Tool call failed'),
      ...Array(2).fill('ERROR Tool call failed'),
    ],
  )
})

t.test("the two refusals of update_finding's gate keep their sentences", async (t) => {
  const { audit, lines } = await openTrail(t)
  const update = call({ toolName: 'update_finding' })

  await audit.outcome(update, {
    ...denied,
    details: { rejection_reason: 'verified_inactive_mutex_post_state' },
  })
  await audit.outcome(update, { ...denied, details: { transition_cause: 'active' } })

  t.strictSame(
    entries(lines.slice(1).join('\n')).map(({ message }) => message),
    [
      'update_finding verified+inactive mutex rejected (post-state)',
      'update_finding mitigation-clear rejected — caller lacks engagement_mgmt',
    ],
  )
})

t.test('an intent is on disk when it resolves, among hundreds at once', async (t) => {
  const { audit, file } = await openTrail(t)

  await Promise.all(
    Array.from({ length: 300 }, async (_, at) => {
      await audit.intent(call({ requestParams: { finding_id: at } }))
      if (!readFileSync(file, 'utf8').includes(`"finding_id": ${at}}`)) t.fail(`${at} is not there`)
    }),
  )

  t.match(await verifyTrail(file, Buffer.from(key)), { verdict: 'intact', records: 301 })
})

t.test(
  'without a file the trail goes to stderr, and an intent says that it is not durable',
  async (t) => {
    const { audit, lines } = await openUnfiledTrail(t)

    await audit.intent(call())

    t.match(JSON.parse(lines.at(-1) ?? ''), { event_type: 'audit_intent', durable: false })
    t.match(audit.stats(), { writable: true, durable: false, lastSeq: 2 })
  },
)

t.test('a stderr that takes nothing stops mutations when it is the only sink', async (t) => {
  const { audit } = await openUnfiledTrail(t, {
    stderr: () => {
      throw Object.assign(new Error('broken pipe'), { code: 'EPIPE' })
    },
  })

  await t.rejects(audit.intent(call()), { code: 'audit_unavailable' })
  t.equal(audit.writable(), false)
})

t.test('a restart goes on with the chain it can verify', async (t) => {
  const first = await openTrail(t)
  await first.audit.outcome(call(), success)
  await first.audit.close('lifespan_exit')

  const second = await openTrail(t, { file: first.file })
  await second.audit.outcome(call(), success)

  const [start] = entries(second.lines.join('\n'))
  const before = JSON.parse(first.lines.at(-1) ?? '')
  t.match(start, {
    resumed_from_prior: true,
    prior_chain_tail: before.integrity_hmac.slice(0, 12),
    prior_tail_status: 'resumed',
    seq: 4,
    chain_id: before.chain_id,
  })
  t.match(await verifyTrail(first.file, Buffer.from(key)), {
    verdict: 'intact',
    records: 5,
    chains: [{ starts: 2 }],
  })
})

t.test('a chain of the reference server is continued', async (t) => {
  const file = join(t.testdir(), 'audit.log')
  writeFileSync(file, `${vectorLines.join('\n')}\n`)

  const { audit, lines } = await openTrail(t, { file, key: vectorKey })
  await audit.outcome(call(), success)

  t.match(JSON.parse(lines[0] ?? ''), { prior_tail_status: 'resumed', seq: 1 })
  t.match(await verifyTrail(file, Buffer.from(vectorKey)), { verdict: 'intact', records: 4 })
})

t.test('a record that a crash cut off is moved away, and nothing is written onto it', async (t) => {
  const first = await openTrail(t)
  await first.audit.outcome(call(), success)
  await first.audit.close('lifespan_exit')
  const whole = readFileSync(first.file, 'utf8')

  for (const cut of [whole.length - 2, whole.length - 70, whole.length - 300]) {
    writeFileSync(first.file, whole)
    truncateSync(first.file, cut)
    const { audit, lines } = await openTrail(t, { file: first.file })
    await settled(audit)
    await audit.close('lifespan_exit')

    t.match(entries(lines.join('\n')), [
      { chain_event: 'chain_start', prior_tail_status: 'resumed', seq: 3 },
      { chain_event: 'torn_tail_removed', torn_bytes: Number },
    ])
    t.match(await verifyTrail(first.file, Buffer.from(key)), { verdict: 'intact', tornTail: null })
  }
  t.equal(readdirSync(join(first.file, '..')).filter((name) => name.includes('.torn-')).length, 3)
})

t.test('a whole record that only lost its line feed stays part of the chain', async (t) => {
  const first = await openTrail(t)
  await first.audit.close('lifespan_exit')
  truncateSync(first.file, statSync(first.file).size - 1)

  const { audit, lines } = await openTrail(t, { file: first.file })
  await settled(audit)

  t.match(JSON.parse(lines[0] ?? ''), { prior_tail_status: 'resumed', seq: 3 })
  t.match(await verifyTrail(first.file, Buffer.from(key)), { verdict: 'intact', records: 4 })
})

t.test('an end that the key does not confirm is not adopted', async (t) => {
  const first = await openTrail(t)
  await first.audit.close('lifespan_exit')
  const forged = readFileSync(first.file, 'utf8').replace(
    /[0-9a-f]{64}"\}\n$/,
    `${'f'.repeat(64)}"}\n`,
  )
  writeFileSync(first.file, forged)

  const { audit, lines } = await openTrail(t, { file: first.file })
  await settled(audit)

  t.match(entries(lines.join('\n')), [
    {
      chain_event: 'chain_start',
      resumed_from_prior: false,
      prior_tail_status: 'unverifiable',
      prior_chain_tail: 'ffffffffffff',
      seq: 1,
    },
    { event_type: 'security_warning', retention_class: 'security_audit' },
  ])
  t.match(await verifyTrail(first.file, Buffer.from(key)), { verdict: 'tampered' })
})

t.test('another key begins another chain under its own name', async (t) => {
  const first = await openTrail(t)
  await first.audit.close('lifespan_exit')

  const { audit, lines } = await openTrail(t, { file: first.file, key: 'the-next-audit-key' })
  await settled(audit)

  const [start] = entries(lines.join('\n'))
  t.match(start, { prior_tail_status: 'unverifiable', seq: 1 })
  t.not(start?.key_id, JSON.parse(first.lines[0] ?? '').key_id)
  t.match(await verifyTrail(first.file, Buffer.from('the-next-audit-key')), {
    verdict: 'not_verifiable',
    foreign: [{ firstLine: 1, lastLine: 2 }],
    records: 3,
  })
})

t.test('foreign and empty files are told apart, and keep what they hold', async (t) => {
  const directory = t.testdir({ empty: '', foreign: 'my shopping list', lines: 'one\ntwo\n' })
  const expected = { empty: 'empty_file', foreign: 'unreadable', lines: 'unreadable' }

  for (const [name, status] of Object.entries(expected)) {
    const file = join(directory, name)
    const before = readFileSync(file, 'utf8')
    const { audit, lines } = await openTrail(t, { file })
    await settled(audit)

    t.match(JSON.parse(lines[0] ?? ''), { prior_tail_status: status })
    t.ok(readFileSync(file, 'utf8').startsWith(before))
  }
})

t.test('a file that cannot be opened is a clear refusal to start', async (t) => {
  const directory = t.testdir()

  await t.rejects(openTrail(t, { file: join(directory, 'none', 'audit.log') }), {
    message: 'AUDIT_LOG_FILE cannot be opened: its directory does not exist',
  })
  await t.rejects(openTrail(t, { file: directory }), {
    message: 'AUDIT_LOG_FILE cannot be opened: it is a directory',
  })
})

t.test(
  'after a rename the trail goes on in a new file that verifies by itself and with the old one',
  async (t) => {
    const { audit, file } = await openTrail(t)
    await settled(audit)
    renameSync(file, `${file}.1`)
    await settled(audit)
    await settled(audit)

    t.match(entries(readFileSync(file, 'utf8')), [
      { chain_event: 'file_opened', cause: 'replaced', seq: 3 },
      { event_type: 'audit', seq: 4 },
      { event_type: 'audit', seq: 5 },
    ])
    t.match(await verifyTrail(file, Buffer.from(key)), { verdict: 'intact', records: 3 })
    t.match(await verifyTrail(`${file}.1`, Buffer.from(key)), { verdict: 'intact', records: 2 })
    appendFileSync(`${file}.1`, readFileSync(file))
    t.match(await verifyTrail(`${file}.1`, Buffer.from(key)), { verdict: 'intact', records: 5 })
  },
)

t.test('a file that shrinks under us is noticed and recorded', async (t) => {
  const { audit, file } = await openTrail(t)
  await settled(audit)
  truncateSync(file, 0)
  await settled(audit)

  t.match(entries(readFileSync(file, 'utf8')), [
    { chain_event: 'file_opened', cause: 'truncated', level: 'WARNING' },
    { event_type: 'audit' },
  ])
})

t.test('a full disk stops mutations, unless the operator chose to go on', async (t) => {
  const closed = await openTrail(t, { file: '/dev/full' })
  const open = await openTrail(t, { file: '/dev/full', failureMode: 'open' })

  await t.rejects(closed.audit.intent(call()), {
    code: 'audit_unavailable',
    message: /^The audit trail cannot be written/,
  })
  await t.resolves(open.audit.intent(call()))

  t.equal(closed.audit.writable(), false)
  t.match(
    entries(closed.lines.join('\n')).filter(({ level }) => level === 'CRITICAL'),
    [{ event_type: 'security_warning', level: 'CRITICAL', reason: 'ENOSPC' }],
  )
})

t.test(
  'after an outage everything that waited is written, and mutations are possible again',
  async (t) => {
    const { audit, file, lines, timers } = await openTrail(t)
    await settled(audit)
    renameSync(file, `${file}.1`)
    mkdirSync(file)

    await t.rejects(audit.intent(call()), { code: 'audit_unavailable' })
    audit.event('INFO', 'while it lasts', { event_type: 'lifecycle' })
    t.equal(audit.writable(), false)
    t.match(audit.stats(), { queued: 4, lostToFile: 0 })
    rmdirSync(file)
    while (!audit.writable()) {
      timers.shift()?.()
      await new Promise(setImmediate)
    }
    await audit.intent(call())

    t.equal(readFileSync(`${file}.1`, 'utf8') + readFileSync(file, 'utf8'), `${lines.join('\n')}\n`)
    t.match(await verifyTrail(file, Buffer.from(key)), { verdict: 'intact' })
  },
)

t.test('what no memory was left for ends the chain in the file, visibly', async (t) => {
  const { audit, file, timers } = await openTrail(t, { maxQueuedRecords: 3 })
  await settled(audit)
  const before = readFileSync(file)
  renameSync(file, `${file}.1`)
  mkdirSync(file)
  for (let at = 0; at < 10; at++) audit.event('INFO', 'x', { event_type: 'lifecycle' })
  rmdirSync(file)
  writeFileSync(file, before)
  while (!audit.writable()) {
    timers.shift()?.()
    await new Promise(setImmediate)
  }
  await settled(audit)

  const all = entries(readFileSync(file, 'utf8'))
  t.match(all.at(-2), { prior_tail_status: 'records_lost', lost_records: 9, seq: 1 })
  t.match(audit.stats(), { lostToFile: 9, queued: 0 })
  t.match(await verifyTrail(file, Buffer.from(key)), { verdict: 'intact', chainCount: 2 })
})

t.test('secrets are taken out before the chain is made', async (t) => {
  const secret = ['a very', 'own (secret)'].join(' ')
  const { audit, file } = await openTrail(t, { secrets: [secret, ''] })

  await audit.outcome(call({ requestParams: { notes: [{ deep: `x ${secret} y` }] } }), {
    ...success,
    outcome: 'error',
    error: `token=${'abc'}, ${encodeURIComponent(secret)}`,
  })
  audit.event('INFO', `about ${secret}`, { event_type: 'lifecycle', [`${secret}`]: 1 })
  await audit.close('lifespan_exit')

  const text = readFileSync(file, 'utf8')
  t.match(entries(text)[1], {
    request_params: { notes: [{ deep: 'x ***REDACTED*** y' }] },
    error: '[REDACTED] ***REDACTED***',
  })
  t.match(entries(text)[2], { message: 'about ***REDACTED***' })
  t.match(await verifyTrail(file, Buffer.from(key)), { verdict: 'intact' })
})

t.test('the summary is written once, and nothing after it', async (t) => {
  let time = clock().getTime()
  const { audit, lines } = await openTrail(t, { clock: () => new Date(time) })
  await audit.outcome(call(), success)
  await audit.outcome(call({ toolName: '__proto__' }), denied)
  time += 90_000

  await Promise.all([audit.close('lifespan_exit'), audit.close('atexit_fallback')])
  audit.event('INFO', 'too late', { event_type: 'lifecycle' })

  t.match(JSON.parse(lines.at(-1) ?? ''), {
    message: 'Session shutdown',
    shutdown_reason: 'lifespan_exit',
    session_summary: {
      total_requests: 2,
      requests_by_tool: JSON.parse('{"close_finding": 1, "__proto__": 1}'),
      error_count: 1,
      uptime_seconds: 90,
    },
  })
  t.equal(lines.filter((line) => line.includes('Session shutdown')).length, 1)
  await t.rejects(audit.intent(call()), { code: 'audit_unavailable' })
})

t.test('a flood of denials is counted, not written out', async (t) => {
  const { audit, lines, timers } = await openTrail(t, { fullDenialsPerMinute: 3 })
  for (let at = 0; at < 100; at++) {
    await audit.outcome(call(), denied)
    audit.event('WARNING', 'Authentication failed', {
      event_type: 'auth_failure',
      client_address: '192.0.2.66',
    })
  }
  for (let at = 0; at < 1_000; at++) {
    audit.event('WARNING', 'Authentication failed', {
      event_type: 'auth_failure',
      client_address: `198.51.100.${at}`,
    })
  }

  const full = lines.length
  for (const timer of timers) timer()

  t.equal(full, 1 + 3 + 3 + 199 + 3)
  const aggregates = entries(lines.slice(full).join('\n'))
  t.match(aggregates, [
    { event_type: 'audit', tool_name: 'close_finding', authenticated_caller_id: 'ci', count: 97 },
    { event_type: 'auth_failure', client_address: '192.0.2.66', count: 97, aggregated: true },
    { event_type: 'auth_failure', client_address: null, count: 798 },
  ])
  await audit.outcome(call(), denied)
  t.match(JSON.parse(lines.at(-1) ?? ''), { outcome: 'denied', duration_ms: 1 }, 'a new minute')
})

t.test(
  'a listener gets every line from the first on, with what it needs to forward it',
  async (t) => {
    const { audit, lines } = await openTrail(t)
    const heard: { line: string; seq: number; level: string }[] = []

    const stop = audit.onLine((line) => heard.push(line))
    await audit.outcome(call(), denied)
    stop()
    await audit.outcome(call(), success)

    t.strictSame(
      heard.map(({ line }) => line),
      lines.slice(0, 2),
    )
    t.match(heard[1], { seq: 2, level: 'WARNING', eventType: 'audit', timestamp: /\+00:00$/ })
  },
)

t.test('every line is what Python prints of it', async (t) => {
  const { audit, file } = await openTrail(t)
  await audit.outcome(
    call({
      requestParams: JSON.parse(
        '{"__proto__": {"a": 0.00001}, "b": "\\ud800\\u2028\\u0000", "c": 1e21}',
      ),
    }),
    success,
  )
  await audit.close('lifespan_exit')

  const program = `
import json, sys
for line in open(sys.argv[1]): assert json.dumps(json.loads(line)) + "\\n" == line, line`
  const run = spawnSync('python3', ['-c', program, file], { encoding: 'utf8' })

  t.equal(run.error, undefined, 'python3 is needed')
  t.equal(run.stderr, '')
  t.equal(run.status, 0)
})
