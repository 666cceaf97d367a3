import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createDescriptorSink } from '../../src/audit/stderr-sink.js'
import { verifyTrail } from '../../src/audit/verify/verify-trail.js'
import { needs } from '../helpers/needs.js'
import { testDirectory } from '../helpers/test-directory.js'
import {
  call,
  clock,
  denied,
  entries,
  key,
  openTrail,
  openUnfiledTrail,
  success,
} from './open-trail.js'

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

t.test(
  "the two refusals of update_finding's gate keep their sentences",
  needs('python3'),
  async (t) => {
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
  },
)

t.test('an intent is on disk when it resolves, among hundreds at once', async (t) => {
  const { audit, file } = await openTrail(t)

  await Promise.all(
    Array.from({ length: 300 }, async (_, at) => {
      await audit.intent(call({ requestParams: { finding_id: at } }))
      if (!readFileSync(file, 'utf8').includes(`"finding_id": ${at}}`)) t.fail(`${at} is not there`)
    }),
  )

  t.match(await verifyTrail({ files: [file], keys: [Buffer.from(key)] }), {
    verdict: 'intact',
    records: 301,
  })
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

t.test('a stderr that nobody reads is waited for once, not once per line', async (t) => {
  const path = join(testDirectory(t), 'pipe')
  execFileSync('mkfifo', [path])
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  t.teardown(() => closeSync(pipe))
  const write = createDescriptorSink(pipe)
  const half = 'x'.repeat(40_000)
  write(half)

  const msUntilRefused = (times: number): number => {
    const startedAt = performance.now()
    for (let at = 0; at < times; at++) t.throws(() => write(half), { code: 'EAGAIN' })
    return performance.now() - startedAt
  }

  const first = msUntilRefused(1)
  t.ok(msUntilRefused(29) < 10 * first, 'the other 29 lines do not wait as the first one did')
  readSync(pipe, Buffer.alloc(1_048_576))
  t.doesNotThrow(() => write('read on'))
})

t.test('a stderr that takes nothing stops mutations when it is the only sink', async (t) => {
  const { audit } = await openUnfiledTrail(t, {
    stderr: () => {
      throw Object.assign(new Error('broken pipe'), { code: 'EPIPE' })
    },
  })

  await t.rejects(audit.intent(call()), { code: 'audit_unavailable' })
  t.equal(audit.writable(), false)
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
  t.match(await verifyTrail({ files: [file], keys: [Buffer.from(key)] }), { verdict: 'complete' })
})

t.test(
  'the summary is written once, and nothing after it but the closing checkpoint',
  async (t) => {
    let time = clock().getTime()
    const { audit, lines } = await openTrail(t, { clock: () => new Date(time) })
    await audit.outcome(call(), success)
    await audit.outcome(call({ toolName: '__proto__' }), denied)
    time += 90_000

    await Promise.all([audit.close('lifespan_exit'), audit.close('atexit_fallback')])
    audit.event('INFO', 'too late', { event_type: 'lifecycle' })

    t.match(JSON.parse(lines.at(-1) ?? ''), { event_type: 'audit_checkpoint', cause: 'shutdown' })
    t.match(JSON.parse(lines.at(-2) ?? ''), {
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
  },
)

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
  const aggregates = entries(lines.slice(full).join('\n')).filter(({ aggregated }) => aggregated)
  t.match(aggregates, [
    { event_type: 'audit', tool_name: 'close_finding', authenticated_caller_id: 'ci', count: 97 },
    { event_type: 'auth_failure', client_address: '192.0.2.66', count: 97, aggregated: true },
    { event_type: 'auth_failure', client_address: null, count: 798 },
  ])
  await audit.outcome(call(), denied)
  t.match(JSON.parse(lines.at(-1) ?? ''), { outcome: 'denied', duration_ms: 1 }, 'a new minute')
})

t.test('the denial that ends an announced change is always recorded', async (t) => {
  const { audit, file, lines } = await openTrail(t, { fullDenialsPerMinute: 3 })
  for (let at = 0; at < 10; at++) {
    const { identity } = call()
    const update = call({ identity: { ...identity, requestId: `request ${at}` } })
    await audit.intent(update)
    await audit.outcome(update, denied)
  }
  await audit.close('lifespan_exit')

  t.match(JSON.parse(lines.at(-1) ?? ''), { cause: 'shutdown', open_intents: [] })
  t.match(await verifyTrail({ files: [file], keys: [Buffer.from(key)] }), { verdict: 'complete' })
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

t.test('changes that are refused while receivers lag do not fill the trail', async (t) => {
  const { audit, lines, timers } = await openTrail(t)
  audit.blockMutationsWhile(() => true)
  const refused = {
    outcome: 'error',
    durationMs: 1,
    reason: 'audit_unavailable',
    error: 'Try again later.',
  } as const

  for (let n = 0; n < 200; n++) {
    await t.rejects(audit.intent(call()), { code: 'audit_unavailable' })
    await audit.outcome(call(), refused)
  }
  for (const run of timers.splice(0)) run()
  await audit.outcome(call(), success)

  const records = entries(lines.join('\n'))
  const full = records.filter(({ reason }) => reason === 'audit_unavailable')
  const aggregates = records.filter(({ aggregated }) => aggregated === true)
  t.equal(full.length, 60)
  t.match(aggregates, [
    {
      level: 'WARNING',
      message: 'Changes refused while the audit trail is unavailable',
      event_type: 'audit',
      tool_name: 'close_finding',
      authenticated_caller_id: 'ci',
      outcome: 'error',
      count: 140,
    },
  ])
  t.equal(aggregates.length, 1)
  t.equal(audit.stats().aggregatedDenials, 140)
})
