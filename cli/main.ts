#!/usr/bin/env node
import { version } from '../src/version.js'

const usage = `mcp-defectdojo ${version} - MCP server for DefectDojo

Usage: mcp-defectdojo [command] [options]

  serve                     run the service; transport and address from the environment (default)
  demo [--port N] [--json]  the service against an embedded DefectDojo full of findings
  tour                      start the demo and walk through it: import, list, close, reopen, refuse, verify
  sandbox [--port N] [--seed demo|recorded|empty] [--json]
                            the embedded DefectDojo alone
  doctor [--json]           check configuration, address, key, version and clock, and say what to do
  tools [--role R] [--format table|json|markdown]
                            the tools a role may use
  audit verify FILE... --key-file F [--public-key F] [--checkpoints F] [--unordered] [--json]
                            check an audit trail offline: exit 0 complete, 1 tampered, 2 not verifiable, 3 intact
  audit show FILE... [--caller C] [--finding N] [--tool T] [--since T] [--until T] [--all] [--json]
                            print an audit trail for people: who did what to which finding
  audit status [FILE] [--json]
                            how far each SIEM destination has got, and what waits

  --help, --version

Configuration is read from the environment and from .env in the working directory; see .env.example.
`

/** Exit status of a command that was called wrongly (sysexits.h EX_USAGE). */
const usageError = 64

async function main(argv: string[]): Promise<number> {
  const [command = 'serve', ...rest] = argv
  switch (command) {
    case 'serve':
      return (await import('./serve.js')).runServe(rest)
    case 'demo':
      return (await import('./demo.js')).runDemo(rest)
    case 'tour':
      return (await import('./tour.js')).runTour(rest)
    case 'sandbox':
      return (await import('./sandbox.js')).runSandbox(rest)
    case 'doctor':
      return (await import('./doctor.js')).runDoctor(rest)
    case 'tools':
      return (await import('./tools.js')).runTools(rest)
    case 'audit':
      if (rest[0] === 'verify') {
        return (await import('./audit-verify.js')).runAuditVerify(rest.slice(1))
      }
      if (rest[0] === 'show') {
        return (await import('./audit-show.js')).runAuditShow(rest.slice(1))
      }
      if (rest[0] === 'status') {
        return (await import('./audit-status.js')).runAuditStatus(rest.slice(1))
      }
      break
    case '--help':
    case '-h':
    case 'help':
      process.stdout.write(usage)
      return 0
    case '--version':
    case '-v':
      process.stdout.write(`${version}\n`)
      return 0
  }
  process.stderr.write(`mcp-defectdojo: no command '${argv.slice(0, 2).join(' ')}'\n\n${usage}`)
  return usageError
}

process.exitCode = await main(process.argv.slice(2))
