import { createServer } from 'node:net'
import t from 'tap'
import { startUpstream } from '../dojo/upstream.js'
import { measureLostTime } from '../helpers/lost-time.js'
import { callTool } from '../helpers/rpc.js'
import { buildTestApp, type TestApp } from '../helpers/test-app.js'
import { apiKey, faults, said } from './dojo-faults.js'

const timeoutSeconds = 1

/** A text as it may be hiding: as it is, within JSON, within an address, within base64 at any offset. */
function disguises(text: string): string[] {
  const base64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(`${'x'.repeat(offset)}${text}`).toString('base64')
    // The first and last characters depend on what stands beside it.
    return encoded.slice(offset === 0 ? 0 : 4, -4)
  })
  const ascii = JSON.stringify(text)
    .slice(1, -1)
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const forms = [
    text,
    JSON.stringify(text).slice(1, -1),
    ascii,
    encodeURIComponent(text),
    ...base64,
  ]
  // Less is found by chance.
  return forms.filter((form) => form.length >= 6)
}

const operations = {
  get_finding: { finding_id: 7 },
  list_findings: {},
  add_finding_note: { finding_id: 7, entry: 'Seen again.' },
  import_scan: { scan_type: 'SARIF', file_name: 'a.sarif', content: '{}' },
}

const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Everything the service has said since `from`, by where; DEBUG lines without DefectDojo's own words, which belong there. */
async function outputs(service: TestApp, from: number): Promise<Record<string, string>> {
  const withoutDetail = service.diagnostics.map((line) => {
    const entry = JSON.parse(line)
    if (entry.level <= 20 && entry.upstream) delete entry.upstream.detail
    return JSON.stringify(entry)
  })
  return {
    'the audit trail': service.auditLines.slice(from).join(''),
    'the diagnostics': withoutDetail.join('\n'),
    '/metrics': (await service.app.inject('/metrics')).body,
    '/readyz': (await service.app.inject('/readyz')).body,
  }
}

for (const level of ['INFO', 'DEBUG']) {
  t.test(`whatever DefectDojo does, one clean sentence comes of it (${level})`, async (t) => {
    for (const fault of faults) {
      const upstream = await startUpstream(t, fault.answer ?? (() => {}))
      const port = fault.answer ? new URL(upstream.url).port : await freePort()
      const host = `localhost:${port}`
      const service = await buildTestApp(t, {
        env: {
          DEFECTDOJO_URL: `http://${host}`,
          DEFECTDOJO_API_KEY: apiKey,
          DEFECTDOJO_TIMEOUT_SECONDS: String(timeoutSeconds),
          DEFECTDOJO_IMPORT_TIMEOUT_SECONDS: String(timeoutSeconds),
          DEFECTDOJO_MAX_RESPONSE_BYTES: '1048576',
          LOG_LEVEL: level,
        },
      })
      const started = service.auditLines.length
      const lostTime = measureLostTime()

      const answers = await Promise.all(
        Object.entries(operations).map(async ([tool, args]) => {
          const begun = performance.now()
          const response = await service.app.inject(callTool(service.tokens.admin, tool, args))
          return { tool, response, seconds: (performance.now() - begun) / 1000 }
        }),
      )

      const lostSeconds = lostTime()

      for (const { tool, response, seconds } of answers) {
        const label = `${fault.name}: ${tool}`
        const { result } = response.json()
        const message: string = result?.content?.[0]?.text ?? response.body
        const write = tool === 'add_finding_note' || tool === 'import_scan'
        const ends = write ? (fault.writeEnds ?? 'upstream_error') : 'upstream_error'
        const says = (write && fault.writeSays) || fault.says
        const records = service.calls().filter((record) => record.tool_name === tool)
        t.equal(response.statusCode, 200, label)
        t.ok(message.startsWith(says), `${label} says ${message}`)
        t.match(result, { isError: true })
        t.equal(records.length, 1, label)
        t.match(records[0], { outcome: ends, error: message }, label)
        if (fault.hint) t.match(message, fault.hint, label)
        if (ends === 'unknown_outcome') t.match(message, /The outcome is unknown/, label)
        if (fault.retryAfter !== undefined) {
          t.equal(result._meta['mcp-defectdojo/error'].retry_after_seconds, fault.retryAfter)
        }
        t.ok(seconds <= timeoutSeconds + 1 + lostSeconds, `${label} took ${seconds.toFixed(2)} s`)
      }

      const posts = upstream.seen.filter(({ method }) => method === 'POST').map(({ url }) => url)
      t.equal(posts.length, new Set(posts).size, `${fault.name}: no change is sent twice`)
      t.equal((await service.app.inject('/readyz')).statusCode, 200, 'and stays in rotation')

      const written = {
        ...(await outputs(service, started)),
        ...Object.fromEntries(answers.map(({ tool, response }) => [tool, response.body])),
      }
      for (const [where, what] of Object.entries(written)) {
        for (const secret of [apiKey, said, 'canary', host, 'sso.canary.test']) {
          for (const form of disguises(secret)) {
            if (what.includes(form)) t.fail(`${fault.name}: ${where} holds ${form}`, { what })
          }
        }
      }
      for (const form of disguises(apiKey)) {
        t.notOk(service.diagnostics.join('').includes(form), `${fault.name}: the key`)
      }
      await service.app.close()
    }
  })
}

t.test('a change whose end is unknown counts, and one that was never sent says so', async (t) => {
  const upstream = await startUpstream(t, (_, response) => response.socket?.destroy())
  const service = await buildTestApp(t, {
    env: { DEFECTDOJO_URL: upstream.url, MUTATION_RATE_LIMIT: '2' },
  })
  const note = () =>
    service.app.inject(
      callTool(service.tokens.writer, 'add_finding_note', operations.add_finding_note),
    )

  await note()
  await note()
  await note()

  t.same(
    service.calls().map(({ outcome }) => outcome),
    ['unknown_outcome', 'unknown_outcome', 'rate_limited'],
  )
  t.equal(upstream.seen.length, 2, 'no change is sent twice')
})
