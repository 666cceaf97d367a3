import { parseArgs } from 'node:util'
import { ConfigError } from '../src/config/config-error.js'
import { loadDotEnv } from '../src/config/dot-env.js'
import type { Environment } from '../src/config/secrets.js'
import { spoolFileIn } from '../src/config/spool-file.js'
import { type DestinationStatus, forwardingStatus } from '../src/forward/status.js'
import { type CommandOutput, processOutput } from './audit-verify.js'

const usage = `Usage: mcp-defectdojo audit status [FILE] [--json]

Shows how far each destination of a trail has got, from the cursors beside it; the server may run or not. FILE is AUDIT_LOG_FILE
unless you name another.

  --json   one object per destination, in a list

Exit codes: 0 every destination has everything, 1 records wait or were put aside, 2 the trail cannot be read, 64 wrong usage.
`
const usageError = 64

/** `mcp-defectdojo audit status`; `argv` is what stands behind it. Resolves to the exit code. */
export async function runAuditStatus(
  argv: readonly string[],
  output: CommandOutput = processOutput,
  surroundings: { readonly environment: Environment; readonly directory: string } = {
    environment: process.env,
    directory: process.cwd(),
  },
): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) {
      output.out(usage)
      return 0
    }
    if (positionals.length > 1) throw new Error('name one file')
    const file = positionals[0] ?? configuredFile(surroundings)
    if (file === undefined) throw new Error('name the trail, or set AUDIT_LOG_FILE')
    return await show(file, values.json, output)
  } catch (error) {
    output.err(`audit status: ${(error as Error).message}\n\n${usage}`)
    return usageError
  }
}

function configuredFile({
  environment,
  directory,
}: {
  readonly environment: Environment
  readonly directory: string
}): string | undefined {
  try {
    const { AUDIT_LOG_FILE: file, AUDIT_SPOOL_DIR: spool } = loadDotEnv(directory, environment)
    return file || (spool ? spoolFileIn(spool) : undefined)
  } catch (error) {
    if (error instanceof ConfigError) throw new Error(error.problems.join('; '))
    throw error
  }
}

async function show(file: string, json: boolean, output: CommandOutput): Promise<number> {
  let destinations: DestinationStatus[]
  try {
    destinations = await forwardingStatus(file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    output.err(`audit status: ${code ? `${file} cannot be read (${code})` : message}\n`)
    return 2
  }
  output.out(json ? `${JSON.stringify(destinations)}\n` : table(destinations))
  return destinations.every((one) => one.waitingRecords === 0 && one.deadLetters === 0) ? 0 : 1
}

const headings = ['DESTINATION', 'HAS UP TO', 'WAITING', 'BYTES', 'OLDEST WAITS SINCE', 'PUT ASIDE']

/** A line for each destination, in columns. */
function table(destinations: readonly DestinationStatus[]): string {
  if (destinations.length === 0) return 'Nothing has been forwarded from this trail.\n'
  const rows = destinations.map((one) => [
    one.destination,
    `seq ${one.seq} of ${one.chainId.slice(0, 8)}`,
    String(one.waitingRecords),
    String(one.waitingBytes),
    one.oldestTimestamp === null ? '-' : one.oldestTimestamp.slice(0, 19).concat('Z'),
    String(one.deadLetters),
  ])
  const all = [headings, ...rows]
  const widths = headings.map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  )
  return all
    .map((row) =>
      `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
    )
    .join('\n')
    .concat('\n')
}
