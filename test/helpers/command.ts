import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'

const root = join(import.meta.dirname, '../..')

/** The command as `npm run build` leaves it (`npm test` begins with that); source maps bring its coverage back to the sources. */
export const commandLine = (args: readonly string[]): { command: string; args: string[] } => {
  const main = join(root, 'dist/cli/main.js')
  if (!existsSync(main)) throw new Error('dist/cli/main.js is missing: npm run build')
  return { command: process.execPath, args: [main, ...args] }
}

/** What a child needs of this process's environment: paths, and the coverage collector's variable. */
export const childEnvironment = (
  env: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && /^(PATH|HOME|TMPDIR|NODE_V8_COVERAGE)/.test(entry[0]),
    ),
  ),
  ...env,
})

export interface Running {
  readonly child: ChildProcess
  /** Resolves with the first line of stdout. */
  firstLine(): Promise<string>
  /** Everything written so far. */
  output(): { stdout: string; stderr: string }
  /** Exit status once the process has ended. */
  ended(): Promise<number | null>
}

/** Starts the command; it is ended with the test. */
export function startCommand(
  t: Test,
  args: readonly string[],
  options: { env?: Readonly<Record<string, string>>; cwd?: string } = {},
): Running {
  const line = commandLine(args)
  const child = spawn(line.command, line.args, {
    cwd: options.cwd ?? root,
    env: childEnvironment(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const exit = once(child, 'exit').then(([status]) => status as number | null)
  t.teardown(async () => {
    child.kill('SIGTERM')
    await exit
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return {
    child,
    output: () => ({ stdout, stderr }),
    ended: () => exit,
    async firstLine() {
      while (!stdout.includes('\n')) {
        const ended = await Promise.race([
          once(child.stdout, 'data').then(() => false),
          exit.then(() => true),
        ])
        if (ended && !stdout.includes('\n')) throw new Error(`ended without a line: ${stderr}`)
      }
      return stdout.slice(0, stdout.indexOf('\n'))
    },
  }
}
