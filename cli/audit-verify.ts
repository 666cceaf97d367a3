import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { verifyTrail } from '../src/audit/verify.js'
import { exitCodes, reportText } from '../src/audit/verify-report.js'

const usage = `Usage: mcp-defectdojo audit verify FILE --key-file KEY [--json]

Checks an audit trail offline. KEY holds the text of AUDIT_HMAC_KEY, as the server has it.

Exit codes: 0 intact, 1 tampered, 2 not verifiable (file or key missing, or another key), 64 wrong usage.
`
const usageError = 64

/** Where a command writes. */
export interface VerifyOutput {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

const processOutput: VerifyOutput = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
}

/** `mcp-defectdojo audit verify`; `argv` is what stands behind it. Resolves to the exit code. */
export async function runAuditVerify(
  argv: readonly string[],
  output: VerifyOutput = processOutput,
): Promise<number> {
  const given = readArguments(argv)
  if (typeof given === 'string') {
    output.err(`audit verify: ${given}\n\n${usage}`)
    return usageError
  }
  if (given.help) {
    output.out(usage)
    return 0
  }
  const key = await readKey(given.keyFile)
  if (typeof key === 'string') {
    if (given.json) output.out(`${JSON.stringify({ verdict: 'not_verifiable', reason: key })}\n`)
    else output.err(`${key}\nnot_verifiable\n`)
    return exitCodes.not_verifiable
  }
  const report = await verifyTrail(given.file, key)
  output.out(given.json ? `${JSON.stringify(report)}\n` : reportText(report))
  return exitCodes[report.verdict]
}

type Arguments = { help: true } | { help: false; file: string; keyFile: string; json: boolean }

function readArguments(argv: readonly string[]): Arguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        'key-file': { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return { help: true }
    const [file, ...more] = positionals
    if (file === undefined) return 'name the file to check'
    if (more.length > 0) return 'one file at a time'
    const keyFile = values['key-file']
    if (!keyFile) return 'name the file that holds the key with --key-file'
    return { help: false, file, keyFile, json: values.json }
  } catch (error) {
    return (error as Error).message
  }
}

/** The key's bytes without the line feed that editors leave at the end, or why there is none. */
async function readKey(file: string): Promise<Buffer | string> {
  try {
    const text = (await readFile(file)).toString('utf8').replace(/\r?\n$/, '')
    return text === '' ? 'the key file is empty' : Buffer.from(text, 'utf8')
  } catch (error) {
    return `the key file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`
  }
}
