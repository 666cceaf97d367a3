import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { mutates } from '../../src/tools/define-tool.js'
import { tools } from '../../src/tools/index.js'
import type { ToolName } from '../../src/tools/tool-names.js'
import { needs } from '../helpers/needs.js'
import { buildTestApp, type TestApp } from '../helpers/test-app.js'
import { testDirectory } from '../helpers/test-directory.js'
import { ask, validArguments } from './ask.js'

type Entry = Record<string, unknown>

/** Behaviour spec §5.2: what every record begins and ends with; what stands in between is its own. */
const head = ['timestamp', 'level', 'logger', 'message', 'event_type']
// decisions, "chain": seq, chain_id and key_id are new; retention_class and integrity_hmac stay last.
const tail = ['seq', 'chain_id', 'key_id', 'retention_class', 'integrity_hmac']
const ownNames = (record: Entry): string[] => Object.keys(record).slice(head.length, -tail.length)

/** Behaviour spec §5.6. */
const callNames = [
  ...['tool_name', 'request_id', 'caller_id', 'authenticated_caller_id', 'request_params'],
  ...['outcome', 'duration_ms', 'error', 'findings_read_before_mutation'],
]
/** decisions, "what is audited", "request_id", "findings_read_before_mutation" and W-16: these stand between the others. */
const newNames = [
  ...['caller_role', 'transport', 'client_address', 'session_id', 'client_request_id'],
  ...['reason', 'findings_read_count'],
]

/** A service without tokens: every caller is open access, and the small bucket is theirs. */
const openAccess = {
  REQUIRE_AUTH: 'false',
  OPEN_ACCESS_MUTATION_RATE_LIMIT: '100',
  MCP_ROLE_READER: undefined,
  MCP_ROLE_SCANNER: undefined,
  MCP_ROLE_WRITER: undefined,
  MCP_ROLE_ADMIN: undefined,
}

/** The one record of a message, or a failure that says what there is. */
function recordOf(t: Test, records: readonly Entry[], message: string): Entry {
  const found = records.filter((record) => record.message === message)
  t.equal(found.length, 1, message)
  return found[0] ?? {}
}

/** Calls of every kind, so that the trail holds every kind of record. */
async function liveThrough({ app, tokens }: TestApp): Promise<void> {
  const close = { finding_id: 1, reason: 'mitigated', note: 'No create_finding needed. é — 😀\n' }
  await ask(app, tokens.writer, 'list_findings', { limit: 2 })
  await ask(app, tokens.writer, 'close_finding', close)
  await ask(app, tokens.writer, 'update_finding', { finding_id: 1, active: true, verified: false })
  await ask(app, tokens.reader, 'get_finding', { finding_id: 0 }, { client_id: 'robot\u2028é' })
  await ask(app, tokens.reader, 'get_finding', { finding_id: 999_999 })
  await ask(app, tokens.reader, 'create_product', validArguments.create_product)
  await app.inject({ method: 'POST', url: '/mcp', headers: { host: '127.0.0.1' } })
}

t.test('every record has the shape of §5.2, whatever it records', async (t) => {
  const service = await buildTestApp(t)
  await liveThrough(service)
  await service.app.close()
  const operational = new Set(['lifecycle'])

  for (const record of service.audit) {
    const names = Object.keys(record)
    t.strictSame(names.slice(0, head.length), head, String(record.message))
    t.strictSame(names.slice(-tail.length), tail, String(record.message))
    t.match(record.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/)
    t.match(record.level, /^(DEBUG|INFO|WARNING|ERROR|CRITICAL)$/)
    t.match(record.logger, /^mcp_defectdojo\.(audit_logging|server|client|rbac|security)$/)
    // decisions, "what is audited" and W-12: denials, note failures and soft signals are kept like the calls they belong to.
    t.equal(
      record.retention_class,
      operational.has(String(record.event_type)) ? 'operational' : 'security_audit',
      String(record.event_type),
    )
  }
  t.same([...new Set(service.audit.map(({ event_type }) => event_type))].sort(), [
    ...[
      'audit',
      'audit_checkpoint',
      'audit_intent',
      'auth_failure',
      'lifecycle',
      'prompt_injection_soft_signal',
    ],
    'security_warning',
  ])
})

t.test(
  'what the service writes is a fixed point of Python, and its chain verifies there',
  needs('python3'),
  async (t) => {
    const file = join(testDirectory(t), 'audit.jsonl')
    const key = 'a key of the audit trail, for tests'
    const service = await buildTestApp(t, { env: { AUDIT_LOG_FILE: file, AUDIT_HMAC_KEY: key } })
    await liveThrough(service)
    await service.app.close()

    const program = `
import hashlib, hmac, json, sys
prev, seen = "", 0
for line in open(sys.argv[1], encoding="ascii"):
    line = line.rstrip("\\n")
    record = json.loads(line)
    assert json.dumps(record) == line, line
    stated = record.pop("integrity_hmac")
    signed = (prev + "|" + json.dumps(record)).encode()
    assert hmac.new(sys.argv[2].encode(), signed, hashlib.sha256).hexdigest() == stated, line
    prev, seen = stated, seen + 1
print(seen)`
    const run = spawnSync('python3', ['-c', program, file, key], { encoding: 'utf8' })

    t.equal(run.stderr, '')
    t.equal(run.stdout.trim(), String(readFileSync(file, 'utf8').trimEnd().split('\n').length))
    t.ok(service.audit.length > 15)
  },
)

t.test('every tool is audited with the fields of §5.6, in their order', async (t) => {
  const { app, tokens, calls } = await buildTestApp(t, { env: { MUTATION_RATE_LIMIT: '1000' } })

  for (const tool of tools) {
    const name = tool.name as ToolName
    await ask(app, tokens.admin, name, validArguments[name], { client_id: 'robot' })
    const success = calls().at(-1) ?? {}
    await ask(app, tokens.admin, name, { ...validArguments[name], surprise: 1 })
    const failure = calls().at(-1) ?? {}

    for (const record of [success, failure]) {
      const expected = callNames.filter(
        (field) =>
          (field !== 'error' || record === failure || record.outcome !== 'success') &&
          (field !== 'findings_read_before_mutation' || mutates(tool)),
      )
      const names = ownNames(record).filter((field) => !newNames.includes(field))
      t.strictSame(names, expected, name)
      t.equal(record.tool_name, name)
      t.match(record.request_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/)
      t.equal(record.duration_ms, Math.round(Number(record.duration_ms) * 100) / 100)
    }
    t.match(success, { caller_id: 'robot', authenticated_caller_id: 'admin', caller_role: 'admin' })
    t.match(failure, { caller_id: 'anonymous', outcome: 'invalid', message: 'Tool call failed' })
    t.match(success, { level: 'INFO', message: 'Tool call completed', outcome: 'success' }, name)
  }
})

t.test(
  'request_params are the arguments after defaults, without nulls, texts as lengths',
  async (t) => {
    const { app, tokens, calls } = await buildTestApp(t)
    const paramsOf = async (tool: ToolName, args: Record<string, unknown>) => {
      await ask(app, tokens.admin, tool, args)
      return calls().at(-1)?.request_params
    }

    t.strictSame(await paramsOf('list_products', {}), { limit: 20, offset: 0 })
    t.strictSame(
      await paramsOf('list_findings', { severity: null, title: 'SQL', component_name: 'log4j' }),
      { component_name: 'log4j', title: '<3 chars>', limit: 20, offset: 0 },
    )
    t.strictSame(await paramsOf('create_finding', validArguments.create_finding), {
      ...{ test_id: 1, title: '<3 chars>', severity: 'High', description: '<18 chars>' },
      ...{ active: true, verified: false },
    })
    t.match(await paramsOf('add_finding_note', { finding_id: 1, entry: '😀é' }), {
      entry: '<2 chars>',
    })
    t.match(await paramsOf('import_scan', validArguments.import_scan), {
      file: `<${String(validArguments.import_scan.file).length} chars>`,
    })
  },
)

t.test('an unhealthy health_check is a successful call', async (t) => {
  const { app, tokens, calls, sandbox } = await buildTestApp(t)
  await sandbox.close()

  await ask(app, tokens.reader, 'health_check')

  // decisions, "health_check": what `Health check failed` said stands in the record itself.
  t.match(calls().at(-1), { outcome: 'success', health: 'unhealthy', health_error: /failed/ })
})

t.test('the records of start and end are those of §5.4 and §5.5', async (t) => {
  const receiver = createServer((request, response) => request.resume() && response.end())
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  t.teardown(() => receiver.close())
  const port = (receiver.address() as AddressInfo).port
  const service = await buildTestApp(t, {
    env: {
      DEFECTDOJO_API_KEY: undefined,
      DEFECTDOJO_READ_API_KEY: 'fake-read-key',
      DEFECTDOJO_WRITE_API_KEY: 'fake-write-key',
      AUDIT_LOG_SYSLOG: `udp://127.0.0.1:${port}`,
      AUDIT_LOG_HTTPS_URL: `http://127.0.0.1:${port}/in`,
      AUDIT_LOG_HTTPS_ALLOW_HTTP: 'true',
    },
  })
  await ask(service.app, service.tokens.reader, 'list_products', { limit: 0 })
  await ask(service.app, service.tokens.reader, 'no_such_tool')
  await service.app.close()
  const own = (message: string): Entry => {
    const record = recordOf(t, service.audit, message)
    t.match(record, { level: 'INFO', event_type: 'lifecycle' }, message)
    return Object.fromEntries(ownNames(record).map((name) => [name, record[name]]))
  }

  t.strictSame(own('Audit chain start'), {
    ...{ chain_event: 'chain_start', resumed_from_prior: false, prior_chain_tail: null },
    prior_tail_status: 'no_prior_file',
  })
  t.strictSame(own('Syslog forwarding enabled'), {
    ...{ syslog_host: '127.0.0.1', syslog_port: port, syslog_transport: 'udp' },
  })
  t.strictSame(own('HTTPS log forwarding enabled'), {
    ...{ https_url: `http://127.0.0.1:${port}/in`, https_batch_size: 10, https_flush_secs: 5 },
    https_ca: null,
    // decisions, "HTTPS forwarding": named formats.
    https_format: 'json_array',
  })
  t.strictSame(own('Dual API key mode: separate read/write keys'), {})
  t.strictSame(own('DefectDojo client initialized'), { base_url: service.sandbox.url })
  t.strictSame(own('DefectDojo client closed'), {})
  const { session_summary: summary, ...rest } = own('Session shutdown')
  t.strictSame(rest, { shutdown_reason: 'lifespan_exit' })
  t.match(summary, {
    ...{ total_requests: 2, requests_by_tool: { list_products: 1, no_such_tool: 1 } },
    ...{ error_count: 2, uptime_seconds: Number },
  })
  t.equal(service.audit.at(-2)?.message, 'Session shutdown', 'and nothing after it')
  // reliability.md A4: but the checkpoint that attests the end.
  t.match(service.audit.at(-1), { event_type: 'audit_checkpoint', cause: 'shutdown' })

  const single = await buildTestApp(t)
  recordOf(t, single.audit, 'Single API key mode')
})

t.test('open access is warned about before each call, reads included, as §5.5 says', async (t) => {
  const { app, audit } = await buildTestApp(t, { env: openAccess })
  const message = 'Open-access tool call (no authenticated identity)'

  for (const name of ['list_products', 'add_finding_note'] as const) {
    const before = audit.length
    await ask(app, undefined, name, validArguments[name], { client_id: 'robot' })
    const since = audit.slice(before)
    const warning = recordOf(t, since, message)
    t.equal(since.indexOf(warning), 0, 'before anything else')
    t.strictSame(ownNames(warning), ['tool_name', 'request_id', 'meta_caller_id'])
    t.match(warning, { level: 'WARNING', event_type: 'security_warning', tool_name: name })
    t.match(warning, { meta_caller_id: 'robot', request_id: since.at(-1)?.request_id })
    t.match(since.at(-1), { authenticated_caller_id: 'open-access', caller_id: 'robot' })
  }
})

t.test('the extra records of a call have the texts and fields of §5.5', async (t) => {
  const service = await buildTestApp(t)
  await liveThrough(service)
  const identity = ['caller_id', 'authenticated_caller_id', 'request_id', 'caller_role']

  const changed = recordOf(t, service.audit, 'update_finding mitigation state transitioned')
  t.match(changed, {
    ...{ level: 'INFO', event_type: 'audit', tool_name: 'update_finding', finding_id: 1 },
    ...{ outcome: 'success', transition_cause: 'active_side_effect', terminal: false },
    ...{ caller_id: 'anonymous', authenticated_caller_id: 'writer', caller_role: 'writer' },
  })
  t.equal(
    changed.request_id,
    service.audit.findLast(
      (record) =>
        record.outcome === 'success' &&
        record.tool_name === 'update_finding' &&
        record.terminal !== false,
    )?.request_id,
  )
  const signal = service.audit.find(
    (record) => record.event_type === 'prompt_injection_soft_signal',
  )
  t.match(signal, {
    ...{ level: 'WARNING', logger: 'mcp_defectdojo.security', tool_name: 'close_finding' },
    ...{ matched_tool: 'create_finding', field: 'note' },
  })
  for (const record of [changed, signal ?? {}]) {
    t.same(
      identity.filter((name) => name in record),
      identity,
    )
  }
})
