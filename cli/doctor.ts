import { type Check, examine } from '../src/doctor.js'
import { readOptions, withUsage } from './options.js'

/** Milliseconds one request of the examination may take. */
const requestMs = 10_000

/** `mcp-defectdojo doctor`: 0 if nothing keeps the service from working, 1 otherwise. */
export function runDoctor(argv: string[]): Promise<number> {
  return withUsage('doctor', async () => {
    const { json = false } = readOptions(argv, { json: { type: 'boolean' } })
    const checks = await examine({
      environment: process.env,
      directory: process.cwd(),
      nodeVersion: process.versions.node,
      now: Date.now,
      timeoutMs: requestMs,
    })
    const healthy = checks.every(({ status }) => status !== 'problem')
    process.stdout.write(json ? `${JSON.stringify({ ok: healthy, checks })}\n` : forPeople(checks))
    return healthy ? 0 : 1
  })
}

/** The checks as lines, the advice below what it is about, and a verdict. */
export function forPeople(checks: readonly Check[]): string {
  const lines = checks.flatMap(({ name, status, found, advice }) => [
    `${status.padEnd(8)} ${name.padEnd(14)} ${found}`,
    ...(advice === undefined ? [] : [`${' '.repeat(24)}${advice}`]),
  ])
  const count = (status: Check['status']): number =>
    checks.filter((check) => check.status === status).length
  const [problems, warnings] = [count('problem'), count('warning')]
  const verdict =
    problems > 0
      ? `The service cannot work like this: ${plural(problems, 'problem')}, ${plural(warnings, 'warning')}.`
      : `The service can work: ${plural(warnings, 'warning')}.`
  return `${[...lines, '', verdict].join('\n')}\n`
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
