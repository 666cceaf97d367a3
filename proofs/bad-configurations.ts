import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { badConfigurations, completeEnvironment } from './bad-configuration-table.js'
import { startProof } from './measure.js'
import { type Ended, root, run } from './run-command.js'

// What an operator gets who starts the service with a mistake in its environment: an end within two seconds and one line
// that names the variable, on stderr, without any secret.

const proof = startProof('A bad configuration ends at once and says why')
const maxSeconds = 2
/** Seconds mean little on a busy machine; a refusal costs a few times what starting Node costs. */
const maxRatio = 10
const inShort = 10

const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-configurations-'))
try {
  await prove()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function prove(): Promise<void> {
  const secrets = {
    dojoKey: randomBytes(20).toString('hex'),
    token: randomBytes(18).toString('base64url'),
    auditKey: randomBytes(32).toString('hex'),
  }
  writeFileSync(join(folder, 'not-a-certificate.pem'), 'hello')
  writeFileSync(join(folder, 'key'), secrets.auditKey)
  const all = badConfigurations(secrets, folder)
  const step = proof.short ? Math.floor(all.length / inShort) : 1
  const chosen = all.filter((_, index) => index % step === 0).slice(0, proof.short ? inShort : 999)
  proof.check('40 bad configurations at least', all.length >= 40, all.length)

  const idle: number[] = []
  const refused: number[] = []
  for (const [name, change] of chosen) {
    idle.push((await timed(['--version'], {})).seconds)
    const env = given({ ...completeEnvironment(secrets), ...change })
    const { ended, seconds } = await timed(['serve'], env)
    refused.push(seconds)
    const faults = faultsOf(ended, name, Object.values(secrets))
    if (seconds > maxSeconds) faults.push(`${seconds.toFixed(2)} s`)
    const label = hideSecrets(`${name}: ${shown(change)}`, Object.values(secrets))
    proof.check(label, faults.length === 0, faults.join(', ') || `${seconds.toFixed(2)} s`)
  }

  const ratio = median(refused) / median(idle)
  proof.check(
    `each within ${maxSeconds} s`,
    Math.max(...refused) <= maxSeconds,
    `median ${median(refused).toFixed(2)} s, longest ${Math.max(...refused).toFixed(2)} s`,
  )
  proof.check(
    `at most ${maxRatio} times as long as --version in the same minute`,
    ratio <= maxRatio,
    `${ratio.toFixed(1)} times ${median(idle).toFixed(2)} s`,
  )
}

/** What is wrong with how the process ended; nothing when all is well. */
function faultsOf({ status, stdout, stderr }: Ended, name: string, secrets: string[]): string[] {
  const naming = stderr.split('\n').filter((line) => new RegExp(`\\b${name}`).test(line))
  const found: [string, boolean][] = [
    [`exit ${status}`, status === 0 || status === null],
    [`${stdout.length} characters on stdout`, stdout !== ''],
    ['the variable is not named', naming.length === 0],
    ['a stack', /^\s+at .+:\d+:\d+/m.test(stderr)],
    ['a secret is shown', secrets.some((secret) => (stdout + stderr).includes(secret))],
  ]
  return found.filter(([, wrong]) => wrong).map(([what]) => what)
}

async function timed(
  args: string[],
  env: Record<string, string>,
): Promise<{ ended: Ended; seconds: number }> {
  const started = performance.now()
  // From an empty folder, so that no .env is read.
  const ended = await run(process.execPath, [join(root, 'dist/cli/main.js'), ...args], {
    cwd: folder,
    env,
    bare: true,
  })
  return { ended, seconds: (performance.now() - started) / 1000 }
}

function given(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(environment)
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/** The change as JSON; null is a variable that is not set. */
function shown(change: Readonly<Record<string, string | undefined>>): string {
  return JSON.stringify(change, (_, value) => value ?? null)
}

function hideSecrets(text: string, secrets: string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '<secret>'), text)
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
