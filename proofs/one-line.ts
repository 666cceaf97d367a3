import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProof } from './measure.js'
import { root, run, startDemoProcess } from './run-command.js'

// What a newcomer does: clone, install, start. Then the tour.

const proof = startProof('One line from a clean clone to an answer')
const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-clone-'))
try {
  const clone = join(folder, 'clone')
  await run('git', ['clone', '-q', root, clone])
  const installed = await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: clone })
  proof.check('npm ci', installed.status === 0, installed.stderr.slice(-200).trim() || 'ok')
  const built = await run('npm', ['run', 'build'], { cwd: clone })
  proof.check('npm run build', built.status === 0, built.stdout.slice(-200).trim())

  const started = performance.now()
  const demo = await startDemoProcess({ cwd: clone })
  const answer = await fetch(demo.mcp, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${demo.tokens.admin}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/list',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/list',
      params: {
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 'proof', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
  })
  const { result } = (await answer.json()) as { result?: { tools: unknown[] } }
  const seconds = (performance.now() - started) / 1000
  proof.check('tools/list is answered within 10 s', seconds <= 10, `${seconds.toFixed(1)} s`)
  proof.check('with 24 tools for the admin', result?.tools.length === 24, result?.tools.length ?? 0)
  await demo.stop()

  const tour = await run(process.execPath, [join(clone, 'dist/cli/main.js'), 'tour'], {
    cwd: clone,
  })
  proof.check('npm run tour ends well', tour.status === 0, tour.stderr.trim() || 'exit 0')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
proof.end()
