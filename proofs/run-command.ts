import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The repository, from `dist/proofs/`. */
export const root = join(import.meta.dirname, '../..')

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** True: of this process's environment only what every program needs. */
  readonly bare?: boolean
}

/** Runs a command to its end. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd = root, env = {}, bare = false }: RunOptions = {},
): Promise<Ended> {
  const child = spawn(command, args, {
    cwd,
    env: { ...(bare ? { PATH: process.env.PATH, HOME: process.env.HOME } : process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stdout, stderr }
}

export interface DemoProcess {
  readonly mcp: string
  readonly defectdojo: string
  readonly tokens: Readonly<Record<'admin' | 'writer' | 'scanner' | 'reader', string>>
  readonly pid: number
  stop(): Promise<void>
}

/** Starts `demo --json` as a process of its own, as a user does, and waits for its line. */
export async function startDemoProcess(options: RunOptions = {}): Promise<DemoProcess> {
  const cwd = options.cwd ?? root
  const child = spawn(
    process.execPath,
    [join(cwd, 'dist/cli/main.js'), 'demo', '--port', '0', '--json'],
    { cwd, env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { ...JSON.parse(line), stop: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
