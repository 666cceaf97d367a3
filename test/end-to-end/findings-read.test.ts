import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connectLegacy, connectModern, connectSse, type TestClient } from '../helpers/clients.js'
import { childEnvironment, commandLine } from '../helpers/command.js'
import { randomNumbers } from '../helpers/random-numbers.js'
import { buildTestApp } from '../helpers/test-app.js'
import { testDirectory } from '../helpers/test-directory.js'

// decisions, "findings_read_before_mutation": per session where there is one, else per authenticated caller.

const seed = Number(process.env.HISTORY_TEST_SEED ?? randomInt(2 ** 31))
t.comment(`seed ${seed}`)

/** A client, and whose reading counts for it. */
interface Reader {
  readonly client: TestClient
  readonly history: string
}

type Record = { [name: string]: unknown }

/** Reads and changes at random through all clients, and compares each change's record with what that history has read. */
async function walk(
  t: Test,
  readers: readonly Reader[],
  steps: number,
  lastCall: () => Record | undefined,
): Promise<void> {
  const random = randomNumbers(seed)
  const read = new Map<string, Set<number>>()
  let wrong = 0
  for (let step = 0; step < steps; step++) {
    const reader = readers[random(readers.length)] as Reader
    const known = read.get(reader.history) ?? new Set<number>()
    read.set(reader.history, known)
    const findingId = 1 + random(4)
    if (random(2) === 0) {
      const tool = random(2) === 0 ? 'get_finding' : 'list_finding_notes'
      const answer = await reader.client.call(tool, { finding_id: findingId })
      if (!answer.isError) known.add(findingId)
      continue
    }
    // Refused ones count as well: the trail tells what was known before the attempt.
    const given = random(5) === 0 ? { finding_id: 'bad' } : { finding_id: findingId }
    await reader.client.call('add_finding_note', { ...given, entry: `step ${step}` })
    const expected = [...known].sort((one, other) => one - other)
    const { findings_read_before_mutation: found, findings_read_count: count } = lastCall() ?? {}
    if (JSON.stringify(found) !== JSON.stringify(expected) || count !== expected.length) {
      wrong++
      t.comment(`step ${step}, ${reader.history}: ${JSON.stringify(found)}, not [${expected}]`)
    }
  }
  t.equal(wrong, 0, `${steps} steps`)
  for (const { client } of readers) await client.close()
}

t.test('sessions and callers over streamable HTTP have a history each', async (t) => {
  const service = await buildTestApp(t, { env: { MUTATION_RATE_LIMIT: '100000' } })
  const url = `${await service.listen()}/mcp`
  const { writer, admin } = service.tokens
  const readers = [
    { client: await connectLegacy({ url, token: writer }), history: 'session 1' },
    { client: await connectLegacy({ url, token: writer }), history: 'session 2' },
    { client: await connectModern({ url, token: writer }), history: 'writer' },
    { client: await connectModern({ url, token: writer }, 'auto'), history: 'writer' },
    { client: await connectModern({ url, token: admin }), history: 'admin' },
  ]

  await walk(t, readers, 400, () => service.calls().at(-1))
})

t.test('without sessions, 2025-era clients share the history of their caller', async (t) => {
  const service = await buildTestApp(t, {
    env: { MCP_LEGACY_SESSIONS: 'off', MUTATION_RATE_LIMIT: '100000' },
  })
  const url = `${await service.listen()}/mcp`
  const { writer, admin } = service.tokens
  const readers = [
    { client: await connectLegacy({ url, token: writer }), history: 'writer' },
    { client: await connectModern({ url, token: writer }), history: 'writer' },
    { client: await connectLegacy({ url, token: admin }), history: 'admin' },
  ]

  await walk(t, readers, 150, () => service.calls().at(-1))
})

t.test('each HTTP+SSE session has its own', async (t) => {
  const service = await buildTestApp(t, {
    env: { MCP_TRANSPORT: 'sse', MUTATION_RATE_LIMIT: '100000' },
  })
  const url = `${await service.listen()}/sse`
  const token = service.tokens.writer
  const readers = [
    { client: await connectSse(url, token), history: 'session 1' },
    { client: await connectSse(url, token), history: 'session 2' },
  ]

  await walk(t, readers, 100, () => service.calls().at(-1))
})

t.test('a stdio process is one session', async (t) => {
  const service = await buildTestApp(t)
  const file = join(testDirectory(t), 'audit.jsonl')
  const client = await connectModern({
    ...commandLine(['serve']),
    env: childEnvironment({
      DEFECTDOJO_URL: service.sandbox.url,
      DEFECTDOJO_API_KEY: service.sandbox.apiKey,
      ALLOW_INSECURE_HTTP: 'true',
      MUTATION_RATE_LIMIT: '100000',
      AUDIT_LOG_FILE: file,
    }),
  })
  const lastCall = () =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"event_type": "audit"'))
      .map((line) => JSON.parse(line) as Record)
      .at(-1)

  await walk(t, [{ client, history: 'process' }], 60, lastCall)
})
