import t, { type Test } from 'tap'
import { tools } from '../../src/tools/index.js'
import type { ToolName } from '../../src/tools/tool-names.js'
import { type Answer, json, page, startUpstream } from '../dojo/upstream.js'
import { buildTestApp, type TestAppOptions } from '../helpers/test-app.js'
import { ask, validArguments } from './ask.js'

/** The service in front of a DefectDojo that answers as told. */
async function buildWith(t: Test, answer: Answer, env: TestAppOptions['env'] = {}) {
  const upstream = await startUpstream(t, answer)
  const service = await buildTestApp(t, { env: { DEFECTDOJO_URL: upstream.url, ...env } })
  const call = (tool: ToolName, changes: Record<string, unknown> = {}) =>
    ask(service.app, service.tokens.admin, tool, { ...validArguments[tool], ...changes })
  return { ...service, upstream, call }
}

/** decisions, "upstream errors": the reference's sentence, then where we know more a second one of ours. */
const firstSentence = (text: string): string => text.replace(/\)\. [A-Z].*$/s, ')')

const finding = {
  ...{ id: 1, test: 2, title: 'XSS', severity: 'High', description: 'd', active: true },
  ...{ verified: false, is_mitigated: false, out_of_scope: false, false_p: false },
  duplicate: false,
}

t.test('every status of DefectDojo has the sentence of §7.9', async (t) => {
  const { upstream, call, calls } = await buildWith(t, json(200, {}), {
    MUTATION_RATE_LIMIT: '1000',
  })
  const sentences: readonly (readonly [status: number, words: string])[] = [
    [400, 'Invalid request parameters'],
    [401, 'Authentication failed'],
    [403, 'Insufficient permissions'],
    [404, 'Resource not found'],
    [405, 'Method not allowed'],
    [409, 'Conflict with current state'],
    [429, 'Rate limit exceeded'],
    [500, 'DefectDojo server error'],
    [502, 'DefectDojo server error'],
    [503, 'DefectDojo server error'],
    [599, 'DefectDojo server error'],
    [301, 'Request failed'],
    [302, 'Request failed'],
    [402, 'Request failed'],
    [418, 'Request failed'],
  ]

  for (const [status, words] of sentences) {
    for (const answer of [json(status, { detail: 'row 8 of dojo_finding' }), page(status)]) {
      upstream.answer = answer
      // A write: reads are repeated on 502 to 504 first.
      const reply = await call('create_product')
      t.equal(firstSentence(reply.text), `${words} (HTTP ${status}, request_id=${reply.requestId})`)
      t.equal(calls().at(-1)?.error, reply.text, 'and the record has the whole text')
      t.notMatch(reply.text, /dojo_finding|dojo-internal|127\.0\.0\.1/)
    }
  }
})

t.test('every tool but health_check answers a refusal of DefectDojo alike', async (t) => {
  const { call } = await buildWith(t, json(409, { detail: 'dojo-internal' }))

  for (const { name } of tools) {
    const reply = await call(name as ToolName, name === 'update_finding' ? { active: true } : {})
    if (name === 'health_check') {
      t.strictSame(reply.result, {
        status: 'unhealthy',
        message: 'Unable to connect to DefectDojo',
      })
      t.equal(reply.isError, false)
      continue
    }
    t.equal(
      firstSentence(reply.text),
      `Conflict with current state (HTTP 409, request_id=${reply.requestId})`,
      name,
    )
  }
})

t.test('health_check says of a DefectDojo that answers what §1.3 says', async (t) => {
  const { app, tokens } = await buildTestApp(t)

  const { result } = await ask(app, tokens.reader, 'health_check')

  t.strictSame(result, { status: 'ok', message: 'DefectDojo is reachable' })
})

t.test('a connection that fails or breaks has the sentence of §7.9', async (t) => {
  const { upstream, call } = await buildWith(t, (_, response) => response.destroy())

  const broken = await call('create_product')
  t.equal(firstSentence(broken.text), `DefectDojo request failed (request_id=${broken.requestId})`)

  const { app, tokens, sandbox } = await buildTestApp(t)
  await sandbox.close()
  const refused = await ask(app, tokens.admin, 'create_product', validArguments.create_product)
  t.equal(
    firstSentence(refused.text),
    `DefectDojo request failed (request_id=${refused.requestId})`,
  )

  // The reference shows its parser's message here; decisions, "upstream errors": the sentence for "other".
  upstream.answer = page(200)
  const reply = await call('get_product')
  t.equal(firstSentence(reply.text), `Request failed (HTTP 200, request_id=${reply.requestId})`)
})

t.test(
  'an answer of another shape begins as §1.1 says, for one object and for a page',
  async (t) => {
    const { upstream, call } = await buildWith(t, json(200, { ...finding, severity: 'Worst' }))
    const invalid = /^Invalid API response data: /

    t.match(await call('get_finding'), { isError: true, text: invalid })
    upstream.answer = json(200, { count: 2, results: [finding, { ...finding, active: null }] })
    t.match(await call('list_findings'), { isError: true, text: invalid })
    const { severity: _, ...incomplete } = finding
    upstream.answer = json(200, incomplete)
    t.match(await call('get_finding'), { isError: true, text: invalid })
  },
)

t.test('a change whose note fails is a success with the warning of §1.3', async (t) => {
  const { upstream, call, audit } = await buildWith(t, json(200, finding))
  upstream.answer = (request, response) =>
    (request.url.endsWith('/notes/') ? json(403, {}) : json(200, finding))(request, response)

  for (const [tool, words, args] of [
    ['close_finding', 'Finding closed but note failed: ', { reason: 'duplicate', note: 'n' }],
    ['reopen_finding', 'Finding reopened but note failed: ', { note: '' }],
  ] as const) {
    const reply = await call(tool, args)
    const warning = reply.result._warning as Record<string, unknown>
    const record = audit.findLast(({ event_type }) => event_type === 'note_attach_failure')
    const reason = String(record?.reason)

    t.equal(reply.isError, false, 'the change stays')
    t.strictSame(warning, { message: words + reason, note_attach_failed: true, finding_id: 1 })
    t.strictSame(Object.keys(warning), ['message', 'note_attach_failed', 'finding_id'])
    t.equal(Object.keys(reply.result).at(-1), '_warning')
    t.equal(
      firstSentence(reason),
      `Insufficient permissions (HTTP 403, request_id=${String(record?.request_id)})`,
    )
    t.match(record, { level: 'WARNING', message: 'note_attach_failure', tool_name: tool })
    t.match(record, { finding_id: 1, caller_id: 'anonymous', authenticated_caller_id: 'admin' })
  }
})

t.test('the gate of update_finding refuses in the words of §1.3', async (t) => {
  const closed = { ...finding, active: false, is_mitigated: true, mitigated: '2026-01-01' }
  const { upstream, app, calls } = await buildWith(t, json(200, closed), {
    REQUIRE_AUTH: 'false',
    ...Object.fromEntries(
      ['READER', 'SCANNER', 'WRITER', 'ADMIN'].map((role) => [`MCP_ROLE_${role}`, undefined]),
    ),
  })
  const update = (changes: Record<string, unknown>) =>
    ask(app, undefined, 'update_finding', { finding_id: 1, ...changes })

  t.equal(
    (await update({ is_mitigated: false })).text,
    'Cannot clear is_mitigated via update_finding — use reopen_finding (requires engagement_mgmt permission)',
  )
  t.match(calls().at(-1), {
    level: 'WARNING',
    message: 'update_finding mitigation-clear rejected — caller lacks engagement_mgmt',
    ...{ tool_name: 'update_finding', finding_id: 1, outcome: 'denied', caller_role: null },
    ...{ caller_id: 'anonymous', authenticated_caller_id: 'open-access' },
    transition_cause: 'explicit_field',
  })
  t.equal(
    (await update({ verified: true })).text,
    'Cannot set verified=true on an inactive finding (active=false)',
  )
  t.match(calls().at(-1), {
    level: 'WARNING',
    message: 'update_finding verified+inactive mutex rejected (post-state)',
    ...{ tool_name: 'update_finding', finding_id: 1, outcome: 'denied', caller_role: null },
    rejection_reason: 'verified_inactive_mutex_post_state',
  })
  t.ok(
    upstream.seen.every(({ method }) => method === 'GET'),
    'nothing was changed',
  )
})
