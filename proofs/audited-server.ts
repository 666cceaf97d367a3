import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Ended, freePort, root, run } from './run-command.js'

const roles = ['admin', 'writer', 'scanner', 'reader'] as const
const main = join(root, 'dist/cli/main.js')

/** What every start of one server has in common: its folder, its port, its tokens and its key. */
export interface Installation {
  readonly mcp: string
  readonly port: number
  readonly tokens: Readonly<Record<(typeof roles)[number], string>>
  readonly auditFile: string
  /** Everything the servers of this folder wrote on stderr. */
  readonly stderrFile: string
  readonly env: Readonly<Record<string, string>>
  /** `mcp-defectdojo audit verify`, as a user runs it. */
  verify(...options: string[]): Promise<Ended>
}

export interface AuditRecord {
  readonly event_type: string
  readonly [name: string]: unknown
}

/** Prepares a server in front of `upstream`, whose files lie in `folder`; `env` comes on top. */
export async function prepareServer(
  folder: string,
  upstream: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Installation> {
  const secret = (): string => randomBytes(20).toString('hex')
  const tokens = Object.fromEntries(
    roles.map((role) => [role, `proof-${role}-${secret()}`]),
  ) as Installation['tokens']
  const auditFile = env.AUDIT_LOG_FILE ?? join(folder, 'audit.jsonl')
  const keyFile = join(folder, 'audit.key')
  writeFileSync(keyFile, secret(), { mode: 0o600 })
  const port = await freePort()
  return {
    mcp: `http://127.0.0.1:${port}/mcp`,
    port,
    tokens,
    auditFile,
    stderrFile: join(folder, 'stderr.log'),
    env: {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      DEFECTDOJO_URL: upstream,
      DEFECTDOJO_API_KEY: secret(),
      ALLOW_INSECURE_HTTP: 'true',
      MCP_TRANSPORT: 'streamable-http',
      MCP_HOST: '127.0.0.1',
      MCP_PORT: String(port),
      MUTATION_RATE_LIMIT: '1000000',
      AUDIT_HMAC_KEY_FILE: keyFile,
      AUDIT_LOG_FILE: auditFile,
      ...Object.fromEntries(
        roles.map((role) => [`MCP_ROLE_${role.toUpperCase()}`, `${tokens[role]}:${role}`]),
      ),
      ...env,
    },
    verify: (...options) =>
      run(process.execPath, [
        ...[main, 'audit', 'verify', auditFile, '--key-file', keyFile, ...options],
      ]),
  }
}

export interface ServerProcess {
  readonly pid: number
  /** `/readyz`: its status, and null when nothing answers. */
  ready(query?: string): Promise<number | null>
  metric(name: string): Promise<number | null>
  /** Ends it without warning. */
  kill(): Promise<void>
  /** Ends it in order; resolves to its exit status. */
  stop(): Promise<number | null>
}

/** Starts the server of `installation` and waits until it answers; `through` is a program that runs it, with its arguments. */
export async function startServer(
  { env, port, stderrFile }: Installation,
  through: readonly string[] = [],
): Promise<ServerProcess> {
  const [command = process.execPath, ...args] = [...through, process.execPath, main, 'serve']
  // A file, not a pipe: a proof that is busy must not hold the server back.
  const stderr = openSync(stderrFile, 'a')
  const child = spawn(command, args, { cwd: env.HOME, env, stdio: ['ignore', 'ignore', stderr] })
  closeSync(stderr)
  const exit = once(child, 'exit')
  // A proof that fails half-way neither waits for it nor leaves it behind.
  const abandon = (): void => void child.kill('SIGKILL')
  process.once('exit', abandon)
  void exit.then(() => process.off('exit', abandon))
  const base = `http://127.0.0.1:${port}`
  const ask = async (path: string): Promise<Response | null> => fetch(base + path).catch(() => null)
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.ref()
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    const [status] = (await exit) as [number | null]
    return status
  }

  await until('the server answers', async () => {
    if (child.exitCode !== null) {
      throw new Error(`the server did not start:\n${readFileSync(stderrFile, 'utf8').slice(-2000)}`)
    }
    return (await ask('/livez'))?.status === 200
  })
  child.unref()
  return {
    pid: child.pid ?? 0,
    async ready(query = '') {
      const response = await ask(`/readyz${query}`)
      await response?.arrayBuffer()
      return response?.status ?? null
    },
    async metric(name) {
      const text = await (await ask('/metrics'))?.text()
      const value = text?.split('\n').find((line) => line.startsWith(`${name} `))
      return value === undefined ? null : Number(value.slice(name.length))
    },
    async kill() {
      await end('SIGKILL')
    },
    stop: () => end('SIGTERM'),
  }
}

/** Waits until the condition holds and returns how many milliseconds that took; an error after `withinMs`. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<number> {
  const startedAt = performance.now()
  while (!(await holds())) {
    if (performance.now() - startedAt > withinMs) throw new Error(`waited in vain until ${what}`)
    await pause(10)
  }
  return performance.now() - startedAt
}

/** The whole records of a file, or of what stderr had; anything else in it is left out. */
export const recordsIn = (file: string): AuditRecord[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"timestamp": "') && line.endsWith('"}'))
    .map((line) => JSON.parse(line) as AuditRecord)

/** Whether a record is the end of a call. */
export const isTerminal = (record: AuditRecord): boolean =>
  record.event_type === 'audit' && record.terminal !== false && record.aggregated !== true
