import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { packageRoot } from '../cli/package-root.js'

/**
 * Carries out the Dockerfile without a container engine, with bubblewrap: each stage is a folder that serves as root file system,
 * with this machine's /usr in the place of the base image. Then it starts the result as the image would: numeric user, read-only
 * root, no capabilities, no shell, one folder to write to, process 1; runs the health check, asks for the tools, and stops it.
 *
 * What this does not show: that the real base image has what the service needs, and that an engine builds it.
 * Needs root, for files that belong to the image's user. Exit status: 0 all good, 1 something is wrong, 2 cannot be tried here.
 */

interface Stage {
  readonly root: string
  workdir: string
  env: Record<string, string>
  user: string
  entrypoint: string[]
  cmd: string[]
  healthcheck: string[]
}

const port = 18_431
const work = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-image-'))
const context = join(work, 'context')
// The image's user has to get through to its files.
chmodSync(work, 0o755)
const stages = new Map<string, Stage>()

/** The folders of this machine that stand for the base image. */
const base = [
  '/usr',
  '/bin',
  '/lib',
  '/lib64',
  '/etc/ssl',
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/nsswitch.conf',
]
  .filter((path) => existsSync(path))
  .flatMap((path) => ['--ro-bind', path, path])

function newStage(): Stage {
  const root = mkdtempSync(join(work, 'stage-'))
  chmodSync(root, 0o755)
  return { root, workdir: '/', env: {}, user: '0:0', entrypoint: [], cmd: [], healthcheck: [] }
}

/** Runs a build step as root of the stage, with the network and the npm settings of this machine. */
function runStep(stage: Stage, command: string): void {
  const npmrc = join(process.env.HOME ?? '/root', '.npmrc')
  const settings = Object.entries(process.env).flatMap(([name, value]) =>
    /^npm_config_|_proxy$|^NODE_EXTRA_CA_CERTS$/i.test(name) ? ['--setenv', name, value ?? ''] : [],
  )
  const args = ['--bind', stage.root, '/', ...base, '--dev', '/dev', '--proc', '/proc']
  args.push('--tmpfs', '/tmp', '--ro-bind-try', npmrc, '/tmp/.npmrc', '--clearenv', ...settings)
  args.push('--setenv', 'PATH', '/usr/local/bin:/usr/bin:/bin', '--setenv', 'HOME', '/tmp')
  args.push('--chdir', stage.workdir, '/bin/sh', '-ec', command)
  execFileSync('bwrap', args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

function copyInto(stage: Stage, words: string[]): void {
  const from = /^--from=(.+)$/.exec(words[0] ?? '')?.[1]
  const source = from === undefined ? context : (stages.get(from)?.root ?? '')
  const paths = from === undefined ? words : words.slice(1)
  const target = paths.pop() ?? ''
  const into = join(stage.root, target.startsWith('/') ? '' : stage.workdir, target)
  for (const path of paths) {
    // A name with a slash at the end is a folder to copy into; a folder is copied as its contents.
    const file = target.endsWith('/') ? join(into, path) : into
    cpSync(join(source, path), file, { recursive: true, preserveTimestamps: true })
  }
}

const steps: Record<string, (stage: Stage, rest: string) => void> = {
  WORKDIR(stage, path) {
    stage.workdir = path
    mkdirSync(join(stage.root, path), { recursive: true })
  },
  COPY: (stage, rest) => copyInto(stage, rest.split(/\s+/)),
  RUN: (stage, command) => runStep(stage, command),
  ENV(stage, rest) {
    for (const [, name = '', value = ''] of rest.matchAll(/([A-Z_]+)=(\S+)/g))
      stage.env[name] = value
  },
  USER(stage, user) {
    stage.user = user
  },
  ENTRYPOINT(stage, json) {
    stage.entrypoint = JSON.parse(json) as string[]
  },
  CMD(stage, json) {
    stage.cmd = JSON.parse(json) as string[]
  },
  HEALTHCHECK(stage, rest) {
    stage.healthcheck = JSON.parse(rest.slice(rest.indexOf('CMD ') + 4)) as string[]
  },
}

/** Builds every stage and returns the last. */
function build(): Stage {
  const text = readFileSync(join(packageRoot, 'Dockerfile'), 'utf8').replaceAll(/^#.*$/gm, '')
  let stage = newStage()
  for (const line of text.replaceAll(/\\\n/g, ' ').split('\n')) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? []
    if (name === 'FROM') {
      stage = newStage()
      stages.set(/ AS (\S+)$/.exec(rest)?.[1] ?? '', stage)
    }
    if (steps[name] === undefined) continue
    process.stdout.write(`image: ${name} ${rest.slice(0, 90)}\n`)
    steps[name](stage, rest)
  }
  return stage
}

/** The build context: what .dockerignore lets through. */
function makeContext(): void {
  for (const [path] of readFileSync(join(packageRoot, '.dockerignore'), 'utf8').matchAll(
    /(?<=^!).+$/gm,
  )) {
    mkdirSync(dirname(join(context, path)), { recursive: true })
    cpSync(join(packageRoot, path), join(context, path), { recursive: true })
  }
}

const secrets = {
  DEFECTDOJO_URL: 'https://127.0.0.1:9',
  DEFECTDOJO_API_KEY: 'not-a-key',
  AUDIT_HMAC_KEY: 'not-a-secret-but-long-enough-for-one',
  MCP_ROLE_READER: 'not-a-token-but-long-enough-for-one:reader',
  MCP_HOST: '127.0.0.1',
  MCP_PORT: String(port),
}

/** Only what the image holds and a process needs: no shell, nothing to write to but the audit folder and /tmp. */
function sandboxed(image: Stage, data: string, command: string[]): string[] {
  const [uid = '', gid = ''] = image.user.split(':')
  const environment = { PATH: '/usr/local/bin:/usr/bin', ...image.env, ...secrets }
  const node = execFileSync('/bin/sh', ['-c', 'readlink -f "$(command -v node)"'], {
    encoding: 'utf8',
  }).trim()
  const libraries = ['/usr/lib', '/usr/lib64', '/lib', '/lib64', '/etc/ssl'].filter((path) =>
    existsSync(path),
  )
  const args = [
    '--unshare-user',
    '--uid',
    uid,
    '--gid',
    gid,
    '--unshare-pid',
    '--as-pid-1',
    '--unshare-ipc',
  ]
  args.push('--cap-drop', 'ALL', '--die-with-parent', '--new-session', '--clearenv')
  for (const [name, value] of Object.entries(environment)) args.push('--setenv', name, value)
  args.push('--ro-bind', join(image.root, 'app'), '/app', '--ro-bind', node, '/usr/bin/node')
  for (const path of libraries) args.push('--ro-bind', path, path)
  args.push(
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--tmpfs',
    '/tmp',
    '--bind',
    data,
    '/var/lib/mcp-defectdojo',
  )
  args.push('--remount-ro', '/', '--chdir', image.workdir, ...command)
  return args
}

const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5_000), ...init })

async function untilAlive(service: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (service.exitCode !== null) break
    const alive = await ask('/livez').then(
      (answer) => answer.ok,
      () => false,
    )
    if (alive) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the service did not start')
}

const listTools = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/list',
  params: {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'check-image', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
})

function expect(what: string, actual: unknown, wanted: unknown): void {
  if (actual !== wanted) throw new Error(`${what}: ${String(actual)} instead of ${String(wanted)}`)
  process.stdout.write(`image: ${what}: ${String(actual)}\n`)
}

async function smoke(image: Stage): Promise<void> {
  const data = join(image.root, 'var/lib/mcp-defectdojo')
  // Already outside the sandbox the image's user, so that the ownership of its files counts.
  const [uid, gid] = image.user.split(':').map(Number) as [number, number]
  const service = spawn('bwrap', sandboxed(image, data, [...image.entrypoint, ...image.cmd]), {
    stdio: ['ignore', 'ignore', 'pipe'],
    uid,
    gid,
  })
  const checkHealth = (): number | null =>
    spawnSync('bwrap', sandboxed(image, data, image.healthcheck), { uid, gid }).status
  let log = ''
  service.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const ended = new Promise<number | null>((resolve) => service.once('exit', resolve))
  try {
    await untilAlive(service)
    expect('health check', checkHealth(), 0)
    expect('GET /readyz', (await ask('/readyz')).status, 200)
    const answer = await ask('/mcp', {
      method: 'POST',
      body: listTools,
      headers: {
        authorization: 'Bearer not-a-token-but-long-enough-for-one',
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/list',
      },
    })
    const { result } = (await answer.json()) as { result: { tools: unknown[] } }
    expect('tools of a reader', result.tools.length, 12)
    stopInside(service)
    expect('exit status after SIGTERM', await ended, 0)
    expect('audit file', existsSync(join(data, 'audit.jsonl')), true)
    expect('health check of a stopped service', checkHealth(), 1)
  } catch (error) {
    process.stderr.write(log)
    throw error
  } finally {
    service.kill('SIGKILL')
  }
}

/** bubblewrap passes no signals on, so the child that is process 1 of the sandbox gets it itself. */
function stopInside(service: ChildProcess): void {
  const child = readFileSync(`/proc/${service.pid}/task/${service.pid}/children`, 'utf8')
    .trim()
    .split(' ')[0]
  process.kill(Number(child), 'SIGTERM')
}

async function main(): Promise<number> {
  if (spawnSync('bwrap', ['--version']).status !== 0) {
    process.stderr.write('check-image: bwrap is missing; on Debian: apt-get install bubblewrap\n')
    return 2
  }
  if (process.getuid?.() !== 0) {
    process.stderr.write('check-image: needs root\n')
    return 2
  }
  try {
    makeContext()
    await smoke(build())
    return 0
  } catch (error) {
    process.stderr.write(`check-image: ${(error as Error).message}\n`)
    return 1
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

process.exitCode = await main()
