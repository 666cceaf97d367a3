import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createAgents } from '../../src/dojo/agents.js'
import { createForwardEvents } from '../../src/forward/forward-events.js'
import { mutates } from '../../src/tools/define-tool.js'
import { tools } from '../../src/tools/index.js'
import type { ToolName } from '../../src/tools/tool-names.js'
import { openTrail } from '../audit/open-trail.js'
import { startCommand } from '../helpers/command.js'
import { stdioEnvironment } from '../helpers/environment.js'
import { buildTestApp, type TestApp } from '../helpers/test-app.js'
import { testDirectory } from '../helpers/test-directory.js'
import { ask, validArguments } from './ask.js'

type Entry = Record<string, unknown>

const note = validArguments.add_finding_note
const callerOf =
  ({ app, tokens }: TestApp) =>
  (tool: ToolName, args: Entry) =>
    ask(app, tokens.admin, tool, args)

t.test('each way of reading a finding counts from the next mutation on (§5.7)', async (t) => {
  const service = await buildTestApp(t)
  const call = callerOf(service)
  const readBefore = () => service.calls().at(-1)?.findings_read_before_mutation

  await call('add_finding_note', note)
  t.same(readBefore(), [], 'always there')
  await call('get_finding', { finding_id: 3 })
  await call('get_finding', { finding_id: 999_999 })
  await call('add_finding_note', note)
  t.same(readBefore(), [3], 'by get_finding, unless it failed')
  await call('list_finding_notes', { finding_id: 2 })
  await call('update_finding', { finding_id: 1, active: true })
  t.same(
    readBefore(),
    [2, 3],
    'by its notes, in ascending order; the snapshot is older than the call',
  )
  await call('add_finding_note', note)
  t.same(readBefore(), [1, 2, 3], 'by what update_finding reads for its gate')
  const { result } = await call('list_findings', { limit: 100 })
  const listed = (result.items as { id: number }[]).map(({ id }) => id)
  await call('add_finding_note', { finding_id: 1 })
  const known = [...new Set([1, 2, 3, ...listed])].sort((one, other) => one - other)
  await call('add_finding_note', note)
  t.same(readBefore(), known, 'by a list, each of its findings once')
})

t.test(
  'the history stands on records of mutations, refused ones included, and on no others',
  async (t) => {
    const service = await buildTestApp(t)

    for (const tool of tools) {
      await callerOf(service)(tool.name as ToolName, { surprise: 1 })
      const record = service.calls().at(-1) ?? {}
      t.equal('findings_read_before_mutation' in record, mutates(tool), tool.name)
    }
  },
)

t.test('the trail is whole at every LOG_LEVEL, and diagnostics are not', async (t) => {
  // decisions, "audit stream": in the reference successful calls vanish at WARNING.
  const kinds: string[][] = []
  const lines: number[] = []
  for (const LOG_LEVEL of ['DEBUG', 'Critical', 'loud']) {
    const service = await buildTestApp(t, { env: { LOG_LEVEL } })
    await callerOf(service)('list_products', {})
    await callerOf(service)('add_finding_note', note)
    kinds.push(
      service.audit
        .map(({ event_type, outcome }) => `${event_type} ${outcome ?? ''}`)
        .filter((kind) => !kind.startsWith('config_warning')),
    )
    lines.push(service.diagnostics.length)
  }

  t.same(kinds[1], kinds[0])
  t.same(kinds[2], kinds[0])
  t.ok(kinds[0]?.includes('audit success'))
  t.ok((lines[0] ?? 0) > 0)
  t.equal(lines[1], 0)
})

t.test('each request to DefectDojo is a diagnostic line with the id of its call', async (t) => {
  // decisions, "audit stream": what were api_request and api_response records are diagnostics at DEBUG.
  const service = await buildTestApp(t, { env: { LOG_LEVEL: 'debug' } })

  await callerOf(service)('get_product', { product_id: 1 })
  const line = service.diagnostics.find((text) => text.includes('DefectDojo request')) ?? ''

  t.match(JSON.parse(line), {
    stream: 'diagnostic',
    request_id: service.calls().at(-1)?.request_id,
    upstream: { method: 'GET', path: 'products/1/', status: 200, durationMs: Number },
  })
  t.notMatch(service.diagnostics.join(''), service.sandbox.apiKey)
})

t.test('an end of the file that cannot be read is told in the words of §5.4', async (t) => {
  const file = join(testDirectory(t), 'audit.log')
  writeFileSync(file, 'not a record\n')

  const { lines } = await openTrail(t, { file })

  const [start, warning] = lines.map((line): Entry => JSON.parse(line))
  t.match(start, { message: 'Audit chain start', prior_tail_status: 'unreadable' })
  t.match(start, { resumed_from_prior: false, prior_chain_tail: null })
  t.match(warning, {
    ...{ level: 'WARNING', message: 'Prior chain tail unreadable — starting fresh chain' },
    ...{ event_type: 'lifecycle', chain_event: 'chain_start', prior_tail_status: 'unreadable' },
  })
})

t.test('a receiver that fails is told of in the words of §6.3', async (t) => {
  const where = { syslog: { host: 'siem.test', port: 6514 }, https: { url: 'https://siem.test/' } }
  const texts = {
    syslog: ['Syslog forwarder delivery failed', 'Syslog forwarder circuit breaker open'],
    https: ['HTTPS log forwarder delivery failed', 'HTTPS forwarder circuit breaker open'],
  }

  for (const name of ['syslog', 'https'] as const) {
    const events: Entry[] = []
    const forwarding = createForwardEvents(
      { name, where: where[name] },
      (level, message, fields) => events.push({ level, message, ...fields }),
      () => 0,
    )
    // decisions, "HTTPS forwarding": nothing is dropped, so the drain events of the reference have nothing to tell.
    for (let at = 0; at < 4; at += 1) forwarding.failed('ECONNREFUSED', 7)

    const common = { level: 'ERROR', event_type: 'audit_forward_failure', forwarder: name }
    t.strictSame(events, [
      {
        ...{ ...common, message: texts[name][0], reason: 'ECONNREFUSED', batch_size: 7 },
        ...where[name],
      },
      {
        ...{ ...common, message: texts[name][1], reason: 'circuit_open' },
        ...{ consecutive_failures: 3, recovery_seconds: 30, ...where[name] },
      },
    ])
  }
})

t.test('no configured secret is written, wherever it comes from (§5.8)', async (t) => {
  const fake = (name: string): string => ['obviously', 'fake', name, '4711'].join('_')
  const secrets: Record<string, string> = {
    DEFECTDOJO_READ_API_KEY: fake('read'),
    DEFECTDOJO_WRITE_API_KEY: fake('write'),
    MCP_AUTH_TOKEN: fake('auth'),
    MCP_READ_TOKEN: fake('reader'),
    AUDIT_HMAC_KEY: fake('hmac'),
    AUDIT_LOG_HTTPS_TOKEN: fake('siem'),
  }
  const roleToken = `${fake('role')}:with:colons`
  const service = await buildTestApp(t, {
    env: { ...secrets, MCP_ROLE_CI: `${roleToken}:scanner`, LOG_LEVEL: 'DEBUG' },
  })
  const all = [...Object.values(secrets), roleToken, service.sandbox.apiKey]

  for (const secret of all) {
    await callerOf(service)('list_findings', { component_name: `at ${secret} here` })
    t.match(service.calls().at(-1)?.request_params, { component_name: 'at ***REDACTED*** here' })
    await callerOf(service)(`tool ${secret}` as ToolName, {})
    service.app.log.child({ child: secret }).error({ err: new Error(secret) }, secret)
  }

  const written = JSON.stringify(service.audit) + service.diagnostics.join('')
  for (const secret of all)
    t.notOk(written.includes(secret), 'neither in the trail nor in diagnostics')
  for (const line of service.diagnostics) t.equal(typeof JSON.parse(line), 'object')
})

t.test('DefectDojo gets at most 20 connections, of which 10 are kept (§7.7)', async (t) => {
  const agents = createAgents({ url: 'http://dojo.test' })
  t.teardown(() => agents.close())

  // A connection per write and none kept: 20 of their own, so that reads and writes do not wait for each other.
  for (const pair of [agents.reading, agents.writing]) {
    t.match(Object.values(pair)[0], { maxSockets: 20, maxFreeSockets: 10 })
  }
})

t.test('each yes-or-no filter of list_findings parts the findings in two', async (t) => {
  const service = await buildTestApp(t, { sandbox: { seed: 'demo' } })
  const count = async (filter: Entry): Promise<number> => {
    const { result } = await callerOf(service)('list_findings', { ...filter, limit: 1 })
    return (result.pagination as { count: number }).count
  }
  const all = await count({})

  for (const name of [
    ...['active', 'verified', 'duplicate', 'false_p', 'out_of_scope', 'is_mitigated'],
    // decisions, "list_findings": has_jira is back, and outside_of_sla works.
    ...['risk_accepted', 'outside_of_sla', 'has_jira'],
  ]) {
    const [yes, no] = [await count({ [name]: true }), await count({ [name]: false })]
    t.equal(yes + no, all, `${name}: ${yes} and ${no}`)
  }
  t.ok(all > 100)
})

t.test('what the reference coerces is coerced, and what would lose something is not', async (t) => {
  const call = callerOf(await buildTestApp(t))

  t.match((await call('list_products', { limit: '10', offset: 0.0 })).result, {
    pagination: { limit: 10, offset: 0 },
  })
  t.notOk((await call('list_findings', { active: 'true', verified: 0, severity: null })).isError)
  // decisions, "coercion": the same where nothing is lost, else refused.
  for (const limit of ['1e1', 10.5, true, [10]]) {
    t.equal((await call('list_products', { limit })).code, 'invalid_arguments', String(limit))
  }
  t.equal((await call('list_products', { page: 2 })).code, 'invalid_arguments')
})

t.test('SIGTERM ends the trail with one summary', async (t) => {
  const file = join(testDirectory(t), 'audit.jsonl')
  const running = startCommand(t, ['serve'], {
    env: { ...(stdioEnvironment as Record<string, string>), AUDIT_LOG_FILE: file },
    cwd: t.testdirName,
  })
  while (!running.output().stderr.includes('DefectDojo client initialized')) {
    const ended = await Promise.race([
      once(running.child.stderr as NodeJS.ReadableStream, 'data').then(() => false),
      running.ended().then(() => true),
    ])
    if (ended) throw new Error(`ended before it served: ${running.output().stderr}`)
  }

  running.child.kill('SIGTERM')

  t.equal(await running.ended(), 0)
  const records = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): Entry => JSON.parse(line))
  t.equal(records.filter(({ message }) => message === 'Session shutdown').length, 1)
  t.match(records.at(-2), {
    ...{ message: 'Session shutdown', shutdown_reason: 'lifespan_exit' },
    session_summary: { total_requests: 0, requests_by_tool: {}, error_count: 0 },
  })
  t.match(records.at(-1), { event_type: 'audit_checkpoint', cause: 'shutdown' })
})
