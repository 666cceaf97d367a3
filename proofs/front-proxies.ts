import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ProxyProgram, runProxyProgram } from './proxy-program.js'
import { lastingPort } from './receiver-process.js'
import { run } from './run-command.js'

/** A request that the proxy passed on. */
export interface PassedOn {
  /** Its `X-Case` header, as the proxy read it. */
  readonly mark: string
  readonly status: number
}

/** A proxy from outside, in front of a server. */
export interface FrontProxy {
  readonly name: 'nginx' | 'haproxy'
  readonly version: string
  readonly port: number
  /** What it says it passed on, once it has said everything. */
  passedOn(): PassedOn[]
  /** What it says of its server when something is wrong with it. */
  complaints(): string[]
  end(): Promise<void>
}

/** The server keeps its connections, so that what is left over in one would meet the next request. */
const nginxConfig = (folder: string, port: number, target: number): string => `
daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr warn;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  upstream mcp { server 127.0.0.1:${target}; keepalive 2; }
  log_format passed '$status $upstream_addr $http_x_case';
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 75m;
    keepalive_timeout 65s;
    proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host 127.0.0.1;
    proxy_buffering off; proxy_request_buffering off; proxy_next_upstream off;
    location / { proxy_pass http://mcp; access_log ${folder}/access.log passed; }
  }
}
`

const haproxyConfig = (port: number, target: number): string => `
global
  log stdout format raw local0
  maxconn 512
  nbthread 1
defaults
  mode http
  log global
  option http-keep-alive
  http-reuse always
  retries 0
  timeout connect 5s
  timeout client 60s
  timeout server 20s
  timeout http-request 2s
  timeout http-keep-alive 60s
frontend front
  bind 127.0.0.1:${port}
  http-request capture req.hdr(x-case) len 64
  log-format "passed %ST %B %si:%sp %[capture.req.hdr(0)]"
  default_backend mcp
backend mcp
  http-request set-header Host 127.0.0.1
  server mcp 127.0.0.1:${target}
`

/** Starts Debian's nginx in front of the server at port `target`, with its files in `folder`. */
export async function startNginx(folder: string, target: number): Promise<FrontProxy> {
  const port = await lastingPort()
  const own = join(folder, 'nginx')
  mkdirSync(own)
  writeFileSync(join(own, 'nginx.conf'), nginxConfig(own, port, target))
  const access = join(own, 'access.log')
  return start({
    ...{ name: 'nginx', program: '/usr/sbin/nginx', debianPackage: 'nginx-light' },
    ...{ folder: own, port },
    args: ['-p', own, '-c', join(own, 'nginx.conf'), '-e', 'stderr'],
    // Without a server's address it answered itself.
    passed: () =>
      linesOf(access)
        .map((line) => /^(\d+) ([\d.]+:\d+) (.*)$/.exec(line) ?? [])
        .filter(([all]) => all !== undefined)
        .map(([, status, , mark = '']) => ({ mark, status: Number(status) })),
  })
}

/** Starts Debian's haproxy likewise. */
export async function startHaproxy(folder: string, target: number): Promise<FrontProxy> {
  const port = await lastingPort()
  const own = join(folder, 'haproxy')
  mkdirSync(own)
  writeFileSync(join(own, 'haproxy.cfg'), haproxyConfig(port, target))
  return start({
    ...{ name: 'haproxy', program: '/usr/sbin/haproxy', debianPackage: 'haproxy' },
    ...{ folder: own, port },
    args: ['-db', '-f', join(own, 'haproxy.cfg')],
    // Without a server's address it answered itself.
    passed: () =>
      linesOf(join(own, 'haproxy.log'))
        .map((line) => /^passed (-?\d+) \d+ (\S+) (.*)$/.exec(line) ?? [])
        .filter(([, , server]) => server !== undefined && !/^-|^0\.0\.0\.0|:0$/.test(server))
        .map(([, status, , mark = '']) => ({
          mark: mark.replace(/^-$/, ''),
          status: Number(status),
        })),
  })
}

interface Program extends Omit<ProxyProgram, 'ports'> {
  readonly name: FrontProxy['name']
  readonly port: number
  readonly passed: () => PassedOn[]
}

async function start({ port, passed, ...program }: Program): Promise<FrontProxy> {
  const running = await runProxyProgram({ ...program, ports: { tcp: port } })
  const said = await run(program.program, ['-v'])
  const version = /\d+\.\d+\.\d+/.exec(said.stdout + said.stderr)
  return {
    name: program.name,
    version: version?.[0] ?? 'of some version',
    port,
    passedOn: passed,
    complaints: () =>
      running
        .log()
        .split('\n')
        .filter((line) => line.includes('upstream')),
    end: running.end,
  }
}

const linesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
