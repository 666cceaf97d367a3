import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { version } from '../../src/version.js'
import { startCommand } from '../helpers/command.js'
import { networkEnvironment } from '../helpers/environment.js'
import { testDirectory } from '../helpers/test-directory.js'

const packageJson = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
) as { version: string }

t.test('the version is the one of package.json', async (t) => {
  const command = startCommand(t, ['--version'])

  t.equal(await command.ended(), 0)
  t.equal(command.output().stdout, `${version}\n`)
  t.equal(version, packageJson.version)
})

t.test('--help names every command', async (t) => {
  const command = startCommand(t, ['--help'])

  t.equal(await command.ended(), 0)
  for (const name of ['serve', 'demo', 'tour', 'sandbox', 'doctor', 'tools', 'audit verify']) {
    t.match(command.output().stdout, new RegExp(`^  ${name}`, 'm'))
  }
})

t.test('a wrong call exits with 64 and says what is wrong', async (t) => {
  const table: [string[], RegExp][] = [
    [['dance'], /no command 'dance'/],
    [['audit', 'paint'], /no command 'audit paint'/],
    [['demo', '--prot', '1'], /--prot/],
    [['demo', '--port', 'many'], /--port must be between 0 and 65535, got 'many'/],
    [['sandbox', '--seed', 'mango'], /--seed must be one of/],
    [['tools', '--role', 'king'], /--role must be one of reader, scanner, writer, admin/],
    [['tools', '--format', 'xml'], /--format must be one of table, json, markdown/],
  ]
  await Promise.all(
    table.map(async ([args, message]) => {
      const command = startCommand(t, args)
      t.equal(await command.ended(), 64, args.join(' '))
      t.match(command.output().stderr, message)
    }),
  )
})

t.test('tools shows what a role may use, in three formats', async (t) => {
  const [table, json, markdown] = ['table', 'json', 'markdown'].map((format) =>
    startCommand(t, ['tools', '--role', 'scanner', '--format', format]),
  )

  t.equal(await table?.ended(), 0)
  t.match(table?.output().stdout, /^import_scan +scan_mgmt/m)
  t.match(table?.output().stdout, /^14 tools$/m)
  t.equal(await json?.ended(), 0)
  t.equal(JSON.parse(json?.output().stdout ?? '[]').length, 14)
  t.equal(await markdown?.ended(), 0)
  t.match(markdown?.output().stdout, /^\| `reimport_scan` \|/m)
})

t.test('sandbox --json prints one line, answers, and ends on SIGTERM', async (t) => {
  const command = startCommand(t, ['sandbox', '--port', '0', '--seed', 'empty', '--json'])

  const { defectdojo, api_key } = JSON.parse(await command.firstLine())
  const response = await fetch(`${defectdojo}/api/v2/user_profile/`, {
    headers: { authorization: `Token ${api_key}` },
  })

  t.equal(response.status, 200)
  command.child.kill('SIGTERM')
  t.equal(await command.ended(), 0)
  t.equal(command.output().stdout.split('\n').length, 2)
})

t.test('demo --json prints one line with an address that works for each token', async (t) => {
  const command = startCommand(t, ['demo', '--port', '0', '--json'])

  const line = JSON.parse(await command.firstLine())

  t.match(line, { mcp: /^http:\/\/127\.0\.0\.1:\d+\/mcp$/, defectdojo: /^http/, pid: Number })
  t.same(Object.keys(line.tokens).sort(), ['admin', 'reader', 'scanner', 'writer'])
  command.child.kill('SIGTERM')
  t.equal(await command.ended(), 0)
  t.equal(command.output().stdout.split('\n').length, 2)
})

t.test('demo shows a person the address, the tokens and settings to paste', async (t) => {
  const command = startCommand(t, ['demo', '--port', '0'])
  await command.firstLine()
  command.child.kill('SIGTERM')
  await command.ended()
  const { stdout } = command.output()

  for (const what of ['Claude Code', 'Claude Desktop', 'VS Code', 'Cursor', 'curl', 'writer ']) {
    t.match(stdout, what)
  }
})

t.test('serve refuses a bad configuration with every problem, and no secret', async (t) => {
  const command = startCommand(t, ['serve'], {
    cwd: testDirectory(t),
    env: {
      DEFECTDOJO_URL: 'http://dojo.example',
      DEFECTDOJO_API_KEY: 'not-a-real-key-0123456789',
      MCP_TRANSPORT: 'streamable-http',
      MUTATION_RATE_LIMIT: 'lots',
    },
  })

  t.equal(await command.ended(), 1)
  const { stdout, stderr } = command.output()
  t.match(stderr, /MUTATION_RATE_LIMIT must be a positive integer, got 'lots'/)
  t.match(stderr, /AUDIT_HMAC_KEY not set on network transport/)
  t.match(stderr, /DEFECTDOJO_URL uses http:\/\//)
  t.match(JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? ''), {
    level: 'ERROR',
    message: 'Failed to initialize DefectDojo client',
    event_type: 'lifecycle',
    error: /MUTATION_RATE_LIMIT must be a positive integer/,
    retention_class: 'operational',
  })
  t.notMatch(stderr, 'not-a-real-key')
  t.notMatch(stderr, /^\s+at /m)
  t.equal(stdout, '')
})

/** A complete configuration for a service on loopback, which never asks its DefectDojo anything. */
const serviceOn = (port: number, directory: string): Record<string, string> => ({
  ...networkEnvironment,
  MCP_HOST: '127.0.0.1',
  MCP_PORT: String(port),
  AUDIT_LOG_FILE: join(directory, 'audit.jsonl'),
})

t.test('a service started twice leaves the audit file of the first alone', async (t) => {
  const first = createServer()
  t.teardown(() => first.close())
  await once(first.listen({ host: '127.0.0.1', port: 0 }), 'listening')
  const { port } = first.address() as AddressInfo
  const cwd = testDirectory(t)

  const second = startCommand(t, ['serve'], { cwd, env: serviceOn(port, cwd) })

  t.equal(await second.ended(), 1)
  t.match(second.output().stderr, `port ${port} of 127.0.0.1 is taken`)
  t.notOk(existsSync(join(cwd, 'audit.jsonl')))
})

t.test('serve says where MCP is served, and that it stops', async (t) => {
  const reserved = createServer()
  await once(reserved.listen({ host: '127.0.0.1', port: 0 }), 'listening')
  const { port } = reserved.address() as AddressInfo
  reserved.close()
  await once(reserved, 'close')
  const cwd = testDirectory(t)

  const { child, output, ended } = startCommand(t, ['serve'], { cwd, env: serviceOn(port, cwd) })
  while (!output().stderr.includes('MCP is served')) {
    if (child.stderr === null || child.exitCode !== null) throw new Error(output().stderr)
    await Promise.race([once(child.stderr, 'data'), ended()])
  }
  child.kill('SIGTERM')

  t.equal(await ended(), 0)
  const diagnostics = output()
    .stderr.split('\n')
    .filter((line) => line.includes('"stream":"diagnostic"'))
    .map((line) => JSON.parse(line) as unknown)
  t.match(diagnostics, [
    { msg: `MCP is served at http://127.0.0.1:${port}/mcp` },
    { msg: 'stopping', signal: 'SIGTERM' },
  ])
})

t.test('the tour walks the main job', async (t) => {
  const command = startCommand(t, ['tour'])

  t.equal(await command.ended(), 0)
  const { stdout } = command.output()
  t.equal(stdout.match(/ findings, test \d+/g)?.length, 3)
  t.match(stdout, /closed: {3}active=false false_p=true/)
  t.match(stdout, /reopened: active=true false_p=false/)
  t.match(stdout, /Unknown tool: 'close_finding'/)
})
