import { statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from './config/config-error.js'
import { readCertificates } from './config/config-files.js'
import { readDojoSettings } from './config/dojo-settings.js'
import { loadDotEnv } from './config/dot-env.js'
import { systemFiles } from './config/files.js'
import { type Config, loadConfig } from './config/load.js'
import type { Notice } from './config/notice.js'
import { quoteWithout } from './config/quote.js'
import { withAliases } from './config/read-all.js'
import { type Environment, secretsOf } from './config/secrets.js'
import { judgeAddress } from './doctor/address.js'
import { type Check, ok, problem, warning } from './doctor/check.js'
import { judgeClock, judgeVersion } from './doctor/clock-and-version.js'
import { judgeKey, judgeVisibleProducts } from './doctor/key.js'
import { probe } from './doctor/probe.js'
import { createAgents } from './dojo/agents.js'
import type { DojoKeys } from './dojo/credentials.js'

export type { Check } from './doctor/check.js'

export interface DoctorOptions {
  readonly environment: Environment
  /** Where `.env` is looked for. */
  readonly directory: string
  /** As `process.versions.node` has it. */
  readonly nodeVersion: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Milliseconds one request may take. */
  readonly timeoutMs: number
}

/**
 * Looks at everything the service depends on, in the order in which things go wrong, and goes as far as it can: a problem with
 * a token does not keep it from trying the address. Never rejects; no text it returns holds a secret.
 */
export async function examine(options: DoctorOptions): Promise<Check[]> {
  const checks: Check[] = [judgeRuntime(options.nodeVersion)]
  let environment = options.environment
  try {
    environment = loadDotEnv(options.directory, environment)
    checks.push(...judgeEnvFile(options.directory))
  } catch (error) {
    checks.push(...problemsOf('environment', error))
  }
  environment = withAliases(environment)
  checks.push(...judgeConfiguration(environment), ...(await judgeDefectDojo(environment, options)))
  const secrets = secretsOf(environment).filter((secret) => secret.length >= 4)
  return checks.map((check) => withoutSecrets(check, secrets))
}

function judgeRuntime(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 20 || (major === 20 && minor >= 19)
    ? ok('runtime', `Node.js ${version}.`)
    : problem(
        'runtime',
        `Node.js ${version} is too old.`,
        'Install Node.js 20.19 or later; 24 is best.',
      )
}

function judgeEnvFile(directory: string): Check[] {
  const file = statSync(join(directory, '.env'), { throwIfNoEntry: false })
  if (file === undefined) return []
  return (file.mode & 0o077) === 0 || process.platform === 'win32'
    ? [ok('environment', '.env of the working directory is read.')]
    : [
        warning(
          'environment',
          '.env can be read by other users of this machine.',
          'It holds keys: chmod 600 .env',
        ),
      ]
}

function judgeConfiguration(environment: Environment): Check[] {
  try {
    const { config, notices } = loadConfig(environment)
    return [ok('configuration', summary(config)), ...notices.map(fromNotice)]
  } catch (error) {
    const notices = error instanceof ConfigError ? error.notices : []
    return [...problemsOf('configuration', error), ...notices.map(fromNotice)]
  }
}

function summary({ transport, onNetwork, host, port, roleBindings }: Config): string {
  const tokens = `${roleBindings.length} ${roleBindings.length === 1 ? 'token' : 'tokens'}`
  return onNetwork ? `${transport} on ${host}, port ${port}, ${tokens}.` : `${transport}.`
}

const fromNotice = ({ message }: Notice): Check => warning('configuration', message)

const problemsOf = (name: Check['name'], error: unknown): Check[] =>
  error instanceof ConfigError
    ? error.problems.map((text) => problem(name, text))
    : [problem(name, 'This could not be read.')]

/** Everything that has to be asked over the network; nothing is asked of an address that a guard refuses. */
async function judgeDefectDojo(
  environment: Environment,
  { now, timeoutMs }: DoctorOptions,
): Promise<Check[]> {
  const quote = quoteWithout(secretsOf(environment))
  const insecure = environment.ALLOW_INSECURE_HTTP?.toLowerCase() === 'true'
  const { url, keys } = readDojoSettings(environment, insecure, quote)
  const { certificates, problems } = readCertificates(environment, systemFiles, quote)
  if (url === null || problems.length > 0) return []
  const { HTTPS_PROXY: proxy, NO_PROXY: noProxy } = environment
  const agents = createAgents({
    url,
    ...(certificates.DEFECTDOJO_CA === null ? {} : { ca: certificates.DEFECTDOJO_CA }),
    ...(proxy && url.startsWith('https:')
      ? { proxy: { url: proxy, ...(noProxy === undefined ? {} : { noProxy }) } }
      : {}),
  })
  try {
    const profile = new URL(`${url}/api/v2/user_profile/`)
    const askedAt = now()
    // Without a key: it goes to nobody who has not shown to be a DefectDojo.
    const first = await probe(profile, { agents, timeoutMs })
    const address = judgeAddress(profile, first)
    const clock = judgeClock(first, askedAt, now())
    const checks = clock === null ? [address] : [address, clock]
    if (address.status === 'problem') return checks

    const schema = new URL(`${url}/oa3/schema/?format=json`)
    checks.push(judgeVersion(await probe(schema, { agents, timeoutMs, limitBytes: 2048 })))
    const products = new URL(`${url}/api/v2/products/?limit=1`)
    for (const { name, variable, key } of keysToTry(environment, keys)) {
      const judged = judgeKey(name, variable, await probe(profile, { agents, timeoutMs, key }))
      checks.push(...judged)
      if (name !== 'write key' && judged.every(({ status }) => status !== 'problem')) {
        const limitBytes = 4_194_304
        const listed = await probe(products, { agents, timeoutMs, key, limitBytes })
        checks.push(judgeVisibleProducts(listed))
      }
    }
    return checks
  } finally {
    agents.close()
  }
}

function keysToTry(environment: Environment, keys: DojoKeys | null) {
  if (keys === null || !/^[\x21-\x7e]+$/.test(keys.read + keys.write)) return []
  const dual = environment.DEFECTDOJO_READ_API_KEY && environment.DEFECTDOJO_WRITE_API_KEY
  return dual
    ? ([
        { name: 'read key', variable: 'DEFECTDOJO_READ_API_KEY', key: keys.read },
        { name: 'write key', variable: 'DEFECTDOJO_WRITE_API_KEY', key: keys.write },
      ] as const)
    : ([{ name: 'key', variable: 'DEFECTDOJO_API_KEY', key: keys.read }] as const)
}

/** The last line of defence: what a server sends back may repeat what it was sent. */
function withoutSecrets(check: Check, secrets: readonly string[]): Check {
  const clean = (text: string): string =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, '***REDACTED***'), text)
  return {
    ...check,
    found: clean(check.found),
    ...(check.advice === undefined ? {} : { advice: clean(check.advice) }),
  }
}
