import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { loadConfig } from '../../src/config/load.js'
import { variables } from '../../src/config/schema.js'
import { roleTokenPrefix } from '../../src/config/variables/access.js'
import { createMetrics } from '../../src/metrics/metrics.js'

const root = join(import.meta.dirname, '..', '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const filesIn = (folder: string, ending = ''): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(folder, entry.name))

const documents = [...filesIn('.', '.md'), ...filesIn('docs', '.md')]
const deployment = ['Dockerfile', 'docker-compose.yml', ...filesIn('deploy')]

const dockerfile = read('Dockerfile').replaceAll('\\\n', ' ')
const instructions = (name: string): string[] =>
  [...dockerfile.matchAll(new RegExp(`^ *${name} +(.*)$`, 'gm'))].map(([, rest = '']) =>
    rest.trim(),
  )

t.test('every variable that a document or deployment file names exists', async (t) => {
  const known = variables.map(({ name }) => name as string)
  const families = [...new Set(known.map((name) => name.split('_')[0]))].join('|')
  const mention = new RegExp(`(?<![A-Za-z0-9_])(?:${families})_[A-Z0-9_]*`, 'g')
  // `MCP_*` and `MCP_ROLE_<NAME>` name whole families.
  const exists = (name: string): boolean =>
    known.includes(name) ||
    name.startsWith(roleTokenPrefix) ||
    (name.endsWith('_') && known.some((other) => other.startsWith(name)))

  for (const file of [...documents, ...deployment, '.env.example']) {
    const unknown = [...read(file).matchAll(mention)]
      .map(([name]) => name)
      .filter((name) => !exists(name))

    t.same(unknown, [], file)
  }
})

/** `NAME: value` of YAML, `NAME=value` of systemd and Dockerfile; placeholders become something believable. */
function settingsOf(file: string): Record<string, string> {
  const pattern = file.endsWith('.service')
    ? /^Environment=([A-Z_]+)=(.*)$/gm
    : file === 'Dockerfile'
      ? /\b([A-Z_]+)=([^\s"]+)/g
      : /^ +([A-Z][A-Z_]+): +(.*)$/gm
  const text = file === 'Dockerfile' ? instructions('ENV').join(' ') : read(file)
  let made = 0
  const filled = [...text.matchAll(pattern)].map(([, name = '', value = '']) => [
    name,
    value
      .replace(/^'(.*)'$/, '$1')
      .replace(/<openssl[^>]*>/, () => `not-a-secret-${String(made++).padStart(32, '0')}`)
      .replace(/<API v2 key[^>]*>/, 'not-a-key')
      .replaceAll(/[<>]/g, ''),
  ])
  return Object.fromEntries(filled) as Record<string, string>
}

const operatorGives = {
  DEFECTDOJO_URL: 'https://defectdojo.example.com',
  DEFECTDOJO_API_KEY: 'not-a-key',
  AUDIT_HMAC_KEY: 'not-a-secret-but-long-enough-for-one',
  MCP_ALLOWED_HOSTS: 'mcp.example.com',
  MCP_ROLE_AGENT: 'not-a-token-but-long-enough-for-one:writer',
}

for (const file of [
  'Dockerfile',
  'docker-compose.yml',
  'deploy/kubernetes.yaml',
  'deploy/mcp-defectdojo.service',
]) {
  t.test(`the settings of ${file} start the service without a warning`, async (t) => {
    const appended: string[] = []
    const settings = settingsOf(file)

    const { config, notices } = loadConfig(
      { ...operatorGives, ...settings },
      {
        canAppend: (path) => appended.push(path) > 0,
        readText: () => 'no file is read',
      },
    )

    t.same(notices, [])
    t.equal(config.transport, 'streamable-http')
    t.equal(config.port, 8000)
    t.same(appended, ['/var/lib/mcp-defectdojo/audit.jsonl'])
  })
}

t.test('the folder of the audit file is the one that is writable', async (t) => {
  const folder = '/var/lib/mcp-defectdojo'

  t.match(read('Dockerfile'), `install -d -o 10001 -g 10001 -m 0700 ${folder}\n`)
  t.match(read('docker-compose.yml'), `- audit:${folder}\n`)
  t.match(read('deploy/kubernetes.yaml'), `mountPath: ${folder}\n`)
  t.match(read('deploy/mcp-defectdojo.service'), 'StateDirectory=mcp-defectdojo\n')
})

t.test(
  'the image runs as a numeric user, from a base that can be pinned, without install scripts',
  async (t) => {
    const runs = instructions('RUN').join('\n')

    t.same(instructions('USER'), ['10001:10001'])
    t.same(
      instructions('FROM').filter((from) => !/^\$\{NODE_IMAGE\} AS \w+$/.test(from)),
      [],
    )
    t.notMatch(runs, /npm (install|i)\b|curl|wget|apt/)
    for (const ci of runs.match(/npm ci.*/g) ?? []) t.match(ci, '--ignore-scripts')
    t.match(runs, 'npm ci --omit=dev --ignore-scripts')
    for (const name of ['ENTRYPOINT', 'CMD']) {
      t.ok(Array.isArray(JSON.parse(instructions(name).at(-1) ?? '')), `${name} needs no shell`)
    }
  },
)

t.test('the build context holds what the image is made of, and nothing else', async (t) => {
  const copied = instructions('COPY')
    .filter((copy) => !copy.startsWith('--from'))
    .flatMap((copy) => copy.split(/\s+/).slice(0, -1))
  const allowed = read('.dockerignore').match(/(?<=^!).+$/gm) ?? []

  t.same([...new Set(copied)].sort(), [...allowed].sort())
  for (const path of copied) t.ok(existsSync(join(root, path)), path)
  t.match(read('.dockerignore'), /^\*$/m)
})

t.test(
  'the health check succeeds while the service lives, and fails when it does not',
  async (t) => {
    const asked: string[] = []
    let status = 200
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(status).end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    const [, command = '[]'] = instructions('HEALTHCHECK')
    const [program = '', ...args] = JSON.parse(
      /CMD (.*)$/.exec(instructions('HEALTHCHECK')[0] ?? command)?.[1] ?? '[]',
    ) as string[]
    const check = (): Promise<number> =>
      promisify(execFile)(program, args, {
        env: { PATH: process.env.PATH, MCP_PORT: String(port) },
      })
        .then(() => 0)
        .catch((error: { code: number }) => error.code)

    const healthy = await check()
    status = 503
    const failing = await check()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    const gone = await check()

    t.same([healthy, failing, gone], [0, 1, 1])
    t.same(asked, ['/livez', '/livez'])
  },
)

t.test('the containers give up what they do not need', async (t) => {
  const compose = read('docker-compose.yml')
  const kubernetes = read('deploy/kubernetes.yaml')

  for (const line of ['read_only: true', 'cap_drop:\n      - ALL', 'no-new-privileges:true']) {
    t.match(compose, line)
  }
  for (const line of [
    'runAsNonRoot: true',
    'runAsUser: 10001',
    'readOnlyRootFilesystem: true',
    'allowPrivilegeEscalation: false',
    'drop: [ALL]',
    'automountServiceAccountToken: false',
    'enableServiceLinks: false',
  ]) {
    t.match(kubernetes, line)
  }
})

t.test('the addresses that probes and the proxy use are routes of the service', async (t) => {
  const routes = [...filesIn('routes'), 'plugins/mcp.ts'].map(read).join('\n')
  const used = [
    ...[...read('deploy/kubernetes.yaml').matchAll(/path: (\S+)/g)].map(([, path]) => path),
    ...[...read('deploy/nginx.conf').matchAll(/location = (\S+)/g)].map(([, path]) => path),
    ...(/\{ path (.+) \}/.exec(read('deploy/haproxy.cfg'))?.[1] ?? '').split(' '),
    ...[...read('deploy/prometheus-scrape.yaml').matchAll(/metrics_path: (\S+)/g)].map(
      ([, path]) => path,
    ),
  ]

  t.ok(used.length >= 11)
  for (const path of used) t.match(routes, `'${path}'`, String(path))
})

t.test('every port in the deployment files is the one the service listens on', async (t) => {
  const port = variables.find(({ name }) => name === 'FASTMCP_PORT')?.defaultValue
  const written = {
    'docker-compose.yml': /127\.0\.0\.1:(\d+):(\d+)/,
    'deploy/kubernetes.yaml': /containerPort: (\d+)/,
    'deploy/nginx.conf': /server 127\.0\.0\.1:(\d+);/,
    'deploy/haproxy.cfg': /server \w+ 127\.0\.0\.1:(\d+)/,
    'deploy/prometheus-scrape.yaml': /targets: \['127\.0\.0\.1:(\d+)'\]/,
    Dockerfile: /EXPOSE (\d+)/,
  }

  for (const [file, pattern] of Object.entries(written)) {
    const ports = pattern.exec(read(file))?.slice(1) ?? []
    t.ok(ports.length > 0, file)
    t.same(new Set(ports.map(Number)), new Set([port]), file)
  }
})

t.test('the proxy lets the largest import through', async (t) => {
  const limit = variables.find(({ name }) => name === 'MCP_MAX_IMPORT_BODY_BYTES')?.defaultValue
  const megabytes = Number(/client_max_body_size (\d+)m;/.exec(read('deploy/nginx.conf'))?.[1])

  t.ok(megabytes * 1_048_576 >= Number(limit))
})

t.test('every metric, label and event type in the alert rules exists', async (t) => {
  const metrics = createMetrics()
  metrics.toolCall('close_finding', 'unknown_outcome', 1)
  metrics.toolCall('close_finding', 'denied', 1)
  metrics.upstream({ method: 'GET', resource: 'findings', status: 502, durationMs: 1 })
  metrics.upstream({ method: 'GET', resource: 'findings', status: null, durationMs: 1 })
  metrics.mutation('authenticated', 'refused')
  metrics.authFailure()
  metrics.auditRecord('audit_forward_failure')
  metrics.observe({
    auditWritable: () => true,
    sessions: () => ({ streamableHttp: 0, sse: 0 }),
    forwarding: () => [
      {
        destination: 'relp://siem.example:2514',
        waitingRecords: 0,
        lagSeconds: 0,
        delivered: 0,
        retries: 0,
        deadLetters: 0,
        dropped: 0,
        breakerOpen: false,
      },
    ],
  })
  const exposed = await metrics.text()
  const rules = read('deploy/prometheus-rules.yaml')
  const selectors = [
    ...rules.matchAll(/\b((?:mcp_defectdojo|nodejs|process)_\w+)(?:\{([^}]*)\})?/g),
  ]

  t.ok(selectors.length > 10)
  for (const [, name = '', labels = ''] of selectors) {
    const series = exposed.split('\n').filter((line) => line.startsWith(name))
    t.ok(series.length > 0, name)
    for (const [, label = '', operator = '', values = ''] of labels.matchAll(
      /(\w+)(=~?|!~)"([^"]*)"/g,
    )) {
      // What Prometheus adds itself, and what is left out on purpose, is not in the service's own text.
      if (label === 'job' || operator === '!~') continue
      for (const value of values.split('|')) {
        t.ok(
          series.some((line) => line.includes(`${label}="${value}"`)),
          `${name}{${label}="${value}"}`,
        )
      }
    }
  }
})
