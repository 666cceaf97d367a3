import { parseArgs } from 'node:util'
import {
  createShow,
  type ShowFilter,
  type Shown,
  showHeading,
  showLine,
} from '../src/audit/show.js'
import { readTrail, UnreadableTrail } from '../src/audit/verify/read-trail.js'
import { type CommandOutput, processOutput } from './audit-verify.js'

const usage = `Usage: mcp-defectdojo audit show FILE... [--caller C] [--finding N] [--tool T] [--since T] [--until T] [--all] [--json]

Prints an audit trail for people: who did what to which finding, when, from where, and how it ended. A FILE brings its closed
segments. It shows what the file says; audit verify tells whether to believe it.

  --caller C    only calls of this authenticated_caller_id
  --finding N   only calls on this finding
  --tool T      only calls of this tool
  --since T, --until T
                a date (2026-01-02) or a time (2026-01-02T03:04:05Z), UTC
  --all         also what the service says of itself
  --json        one JSON object per line
`
const usageError = 64

/** `mcp-defectdojo audit show`; `argv` is what stands behind it. Resolves to the exit code: 0, or 2 when a file cannot be read. */
export async function runAuditShow(
  argv: readonly string[],
  output: CommandOutput = processOutput,
): Promise<number> {
  const given = readArguments(argv)
  if (typeof given === 'string') {
    output.err(`audit show: ${given}\n\n${usage}`)
    return usageError
  }
  if (given.help) {
    output.out(usage)
    return 0
  }
  const show = createShow(given.filter)
  const print = (shown: Shown): void =>
    output.out(`${given.json ? JSON.stringify(shown) : showLine(shown)}\n`)
  try {
    if (!given.json) output.out(`${showHeading()}\n`)
    for await (const entry of readTrail(given.files)) {
      const shown = show.add(entry)
      if (shown) print(shown)
    }
    for (const shown of show.unended()) print(shown)
  } catch (error) {
    if (!(error instanceof UnreadableTrail)) throw error
    output.err(`audit show: ${error.message}\n`)
    return 2
  }
  output.err("This is what the file says, unverified; 'mcp-defectdojo audit verify' checks it.\n")
  return 0
}

interface Arguments {
  readonly help: boolean
  readonly files: string[]
  readonly json: boolean
  readonly filter: ShowFilter
}

function readArguments(argv: readonly string[]): Arguments | string {
  try {
    const { values, positionals: files } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        caller: { type: 'string' },
        finding: { type: 'string' },
        tool: { type: 'string' },
        since: { type: 'string' },
        until: { type: 'string' },
        all: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const { caller, finding, tool, all, json, help } = values
    if (!help && files.length === 0) return 'name the file to show'
    if (finding !== undefined && !/^\d{1,15}$/.test(finding)) {
      return `--finding must be a number, got '${finding}'`
    }
    const since = values.since === undefined ? undefined : timeOf(values.since, 'T00:00:00.000Z')
    const until = values.until === undefined ? undefined : timeOf(values.until, 'T23:59:59.999Z')
    if (Number.isNaN(since) || Number.isNaN(until)) {
      return '--since and --until take a date (2026-01-02) or a time (2026-01-02T03:04:05Z)'
    }
    const filter = {
      ...(caller !== undefined && { caller }),
      ...(finding !== undefined && { finding: Number(finding) }),
      ...(tool !== undefined && { tool }),
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
      all,
    }
    return { help, files, json, filter }
  } catch (error) {
    return (error as Error).message
  }
}

/** Milliseconds since 1970; a date alone is completed by `rest`. NaN for anything else. */
function timeOf(text: string, rest: string): number {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return Date.parse(text + rest)
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?$/.test(text)
  return isTime ? Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`) : Number.NaN
}
