import { relative } from 'node:path'
import { connectSettings } from './connect-settings.js'
import { readOptions, readPort, withUsage } from './options.js'
import { type Demo, startDemo } from './start-demo.js'
import { untilStopped } from './until-stopped.js'

const defaultPort = 8000

/** `mcp-defectdojo demo`: the service against an embedded DefectDojo, until stopped. */
export function runDemo(argv: string[]): Promise<number> {
  return withUsage('demo', async () => {
    const { port, json } = readOptions(argv, {
      port: { type: 'string' },
      json: { type: 'boolean' },
    })
    // The trail is in the file; a terminal that shows settings to paste is no place for it.
    const demo = await startDemo({ port: readPort(port, defaultPort), auditLine: () => {} })
    process.stdout.write(`${json ? machineLine(demo) : welcome(demo)}\n`)
    await untilStopped()
    await demo.close()
    return 0
  })
}

const machineLine = ({ mcp, defectdojo, tokens }: Demo): string =>
  JSON.stringify({ mcp, defectdojo, tokens, pid: process.pid })

const welcome = (demo: Demo): string => `
mcp-defectdojo is running against an embedded DefectDojo with a few hundred findings.

  MCP endpoint   ${demo.mcp}
  DefectDojo     ${demo.defectdojo}
  audit file     ${demo.auditFile}

Tokens, one per role
${Object.entries(demo.tokens)
  .map(([role, token]) => `  ${role.padEnd(8)} ${token}`)
  .join('\n')}

Settings to paste (writer role)

${connectSettings(demo.mcp, demo.tokens.writer)}

Check the trail:  ${thisCommand()} audit verify ${demo.auditFile} --key-file ${demo.auditKeyFile}
Stop with Ctrl-C; the audit file and everything in the embedded DefectDojo is gone then.`

/** How this very command was started, so that the line above works where it is pasted. */
const thisCommand = (): string => `node ${relative(process.cwd(), process.argv[1] ?? '')}`
