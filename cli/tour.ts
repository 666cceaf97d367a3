import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Role } from '../src/access/permissions.js'
import { version } from '../src/version.js'
import { runAuditVerify } from './audit-verify.js'
import { readOptions, withUsage } from './options.js'
import { packageRoot } from './package-root.js'
import { type Demo, startDemo } from './start-demo.js'

/** A call as the tour makes it: the parsed result, or the refusal's text. */
type Call = (
  name: string,
  args: Record<string, unknown>,
) => Promise<{ refused: false; result: Record<string, unknown> } | { refused: true; text: string }>

/** The reports of `examples/scans/`, made by real scanners on real code. */
const reports = [
  { file: 'bandit-paramiko.json', scanType: 'Bandit Scan' },
  { file: 'eslint-shelljs.sarif', scanType: 'SARIF' },
  { file: 'semgrep-luigi.json', scanType: 'Semgrep JSON Report' },
]

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** `mcp-defectdojo tour`: the main job, done by an MCP client and told aloud. Exit 1 when a step does not do what it should. */
export function runTour(argv: string[]): Promise<number> {
  return withUsage('tour', async () => {
    readOptions(argv, {})
    const demo = await startDemo({ port: 0, auditLine: () => {} })
    try {
      await walk(demo)
      say('\nThat is the main job. Start it yourself with: npm run demo')
      return 0
    } catch (error) {
      process.stderr.write(`\nThe tour stopped: ${(error as Error).message}\n`)
      return 1
    } finally {
      await demo.close()
    }
  })
}

async function walk(demo: Demo): Promise<void> {
  say(`The service answers at ${demo.mcp}, in front of an embedded DefectDojo.`)
  const scanner = await connect(demo, 'scanner')
  const writer = await connect(demo, 'writer')
  const reader = await connect(demo, 'reader')

  say('\n1. A CI job with the scanner role imports three reports of real scanners.')
  for (const { file, scanType } of reports) {
    const result = await must(scanner, 'import_scan', {
      scan_type: scanType,
      file_name: file,
      content: readFileSync(join(packageRoot, 'examples/scans', file), 'utf8'),
      product_type_name: 'Open Source',
      product_name: 'Tour',
      engagement_name: 'First import',
    })
    expect(Number(result.findings_count) > 0, `${file} was imported without findings`)
    say(`   ${file} (${scanType}): ${result.findings_count} findings, test ${result.test_id}`)
  }

  say('\n2. A triage agent with the writer role lists open critical findings.')
  const { items } = (await must(writer, 'list_findings', {
    severity: 'Critical',
    active: true,
    duplicate: false,
    limit: 5,
  })) as { items: { id: number; title: { value: string } }[] }
  const [chosen] = items
  if (chosen === undefined) throw new Error('there is no critical finding')
  for (const { id, title } of items) say(`   #${id}  ${printable(title.value)}`)

  say(`\n3. It reads #${chosen.id}, closes it as a false positive with a note, then thinks again.`)
  await must(writer, 'get_finding', { finding_id: chosen.id })
  const closed = await must(writer, 'close_finding', {
    finding_id: chosen.id,
    reason: 'false_positive',
    note: 'Not reachable: the vulnerable code path is not part of the build.',
  })
  expect(closed.active === false && closed.false_p === true, 'the finding is not closed')
  say(`   closed:   active=${closed.active} false_p=${closed.false_p}`)
  const reopened = await must(writer, 'reopen_finding', {
    finding_id: chosen.id,
    note: 'The build flag is on in one release branch.',
  })
  expect(reopened.active === true && reopened.false_p === false, 'the finding is not open again')
  say(`   reopened: active=${reopened.active} false_p=${reopened.false_p}`)

  say('\n4. The same with the reader role is refused.')
  const refusal = await reader('close_finding', { finding_id: chosen.id, reason: 'mitigated' })
  if (!refusal.refused) throw new Error('a reader closed a finding')
  say(`   ${refusal.text}`)

  await demo.stopService()
  say('\n5. The service is stopped. Its audit trail holds all of it, and has not been touched.')
  const status = await runAuditVerify([demo.auditFile, '--key-file', demo.auditKeyFile], {
    out: (text) => say(text.trimEnd().replace(/^/gm, '   ')),
    err: (text) => say(text.trimEnd()),
  })
  expect(status === 0, `audit verify ended with ${status}`)
}

async function connect(demo: Demo, role: Role): Promise<Call> {
  const client = new Client({ name: `tour-${role}`, version })
  const transport = new StreamableHTTPClientTransport(new URL(demo.mcp), {
    requestInit: { headers: { Authorization: `Bearer ${demo.tokens[role]}` } },
  })
  // The SDK's own types disagree under exactOptionalPropertyTypes; the transport is the one the client documents.
  await client.connect(transport as Parameters<Client['connect']>[0])
  return async (name, args) => {
    const answer = await client.callTool({ name, arguments: args })
    if (!answer.isError) {
      return { refused: false, result: answer.structuredContent as Record<string, unknown> }
    }
    const [content] = answer.content as { text: string }[]
    return { refused: true, text: content?.text ?? '' }
  }
}

async function must(
  call: Call,
  name: string,
  args: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const answer = await call(name, args)
  if (answer.refused) throw new Error(`${name}: ${answer.text}`)
  return answer.result
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}

/** Titles come from outside: nothing in them may move the cursor or hide text on a terminal. */
const printable = (text: string): string =>
  text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '\u{fffd}').slice(0, 90)
