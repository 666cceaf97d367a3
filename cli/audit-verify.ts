import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { notVerifiable } from '../src/audit/verify/report.js'
import { reportText } from '../src/audit/verify/report-text.js'
import { verifyTrail } from '../src/audit/verify/verify-trail.js'

const usage = `Usage: mcp-defectdojo audit verify FILE... [--key-file F]... [--public-key F] [--checkpoints F]... [--unordered] [--json]

Checks an audit trail offline. A FILE brings its closed segments and its .checkpoints, found by name beside it.

  --key-file F      the text of AUDIT_HMAC_KEY, as the server has it, or one key per line; once for each key the trail was made with
  --public-key F    PEM; checks the signatures of checkpoints, also without any other key
  --checkpoints F   checkpoints kept elsewhere, in a SIEM for example; may be repeated
  --unordered       the FILEs hold what a SIEM gave back: in any order, some lines twice, long ones in parts
  --json            the report as one object

Exit codes: 0 complete, 1 tampered, 2 not verifiable (file or key missing), 3 intact, but not all of it attested, 64 wrong usage.
`
const usageError = 64

/** Where a command writes. */
export interface CommandOutput {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

export const processOutput: CommandOutput = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
}

/** `mcp-defectdojo audit verify`; `argv` is what stands behind it. Resolves to the exit code. */
export async function runAuditVerify(
  argv: readonly string[],
  output: CommandOutput = processOutput,
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
  try {
    const keys = (await Promise.all(given.keyFiles.map(readKeys))).flat()
    const publicKey = given.publicKey === undefined ? null : await readPublicKey(given.publicKey)
    const { files, checkpoints, unordered } = given
    const report = await verifyTrail({
      ...{ files, keys, checkpoints, unordered },
      ...(publicKey && { publicKey }),
    })
    output.out(given.json ? `${JSON.stringify(report)}\n` : reportText(report))
    return report.exitCode
  } catch (error) {
    if (!(error instanceof UnusableKey)) throw error
    const report = notVerifiable(error.message)
    if (given.json) output.out(`${JSON.stringify(report)}\n`)
    else output.err(`${report.reason}\n${report.verdict}\n`)
    return report.exitCode
  }
}

interface Arguments {
  readonly help: boolean
  readonly files: string[]
  readonly keyFiles: string[]
  readonly publicKey: string | undefined
  readonly checkpoints: string[]
  readonly unordered: boolean
  readonly json: boolean
}

function readArguments(argv: readonly string[]): Arguments | string {
  try {
    const { values, positionals: files } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        'key-file': { type: 'string', multiple: true, default: [] },
        'public-key': { type: 'string' },
        checkpoints: { type: 'string', multiple: true, default: [] },
        unordered: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const keyFiles = values['key-file']
    const publicKey = values['public-key']
    if (!values.help && files.length === 0) return 'name the file to check'
    if (!values.help && keyFiles.length === 0 && publicKey === undefined) {
      return 'name the file that holds the key with --key-file, or the public one with --public-key'
    }
    const { help, checkpoints, unordered, json } = values
    return { help, files, keyFiles, publicKey, checkpoints, unordered, json }
  } catch (error) {
    return (error as Error).message
  }
}

/** A key that cannot be used; `message` names its file. */
class UnusableKey extends Error {}

async function readKeyFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UnusableKey(`the key file ${file} cannot be read (${code ?? 'unknown error'})`)
  }
}

/**
 * The file's text without the line break that editors leave at the end; if there are several lines, each of them too, since a
 * server keeps its previous keys in such a file.
 */
async function readKeys(file: string): Promise<Buffer[]> {
  const text = (await readKeyFile(file)).toString('utf8').replace(/\r?\n$/, '')
  if (text === '') throw new UnusableKey(`the key file ${file} is empty`)
  const texts = new Set([text, ...text.split(/\r?\n/).filter((line) => line !== '')])
  return [...texts].map((each) => Buffer.from(each, 'utf8'))
}

async function readPublicKey(file: string): Promise<KeyObject> {
  const pem = await readKeyFile(file)
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch {
    throw new UnusableKey(`the public key file ${file} is not a key in PEM format`)
  }
  if (key.asymmetricKeyType === 'ed25519') return key
  throw new UnusableKey(`the public key file ${file} is not an Ed25519 key`)
}
