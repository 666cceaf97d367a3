import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import t, { type Test } from 'tap'
import { createAuditLog } from '../../src/audit/create-audit-log.js'
import type { AuditLine } from '../../src/audit/trail-writer.js'
import { createDestinations, type ForwardingTargets } from '../../src/forward/destinations.js'
import { startForwarding } from '../../src/forward/start-forwarding.js'

const origin = { hostname: 'host.example', pid: 4711 }

const line = (seq: number, level: AuditLine['level'] = 'INFO'): AuditLine => ({
  line: `{"seq": ${seq}, "text": "quote \\" bracket ] \\u00e9"}`,
  seq,
  chainId: 'c',
  mac: '',
  level,
  timestamp: '2026-01-02T03:04:05.678000+00:00',
  eventType: 'audit',
})

function destination(t: Test, targets: Partial<ForwardingTargets>) {
  const [created] = createDestinations({ syslog: null, https: null, ...targets }, origin)
  if (!created) throw new Error('no destination')
  t.teardown(() => created.close())
  return created
}

const syslog = (
  protocol: 'tls' | 'tcp' | 'udp',
  port: number,
  host = '127.0.0.1',
  ca?: string,
) => ({
  syslog: { protocol, host, port, ca: ca ?? null },
})

async function listen(t: Test, server: Server, port = 0): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Takes octet-counted messages apart the way a receiver does, and fails on anything left over. */
function readFrames(bytes: Buffer): string[] {
  const messages: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at)
    const length = Number(bytes.toString('latin1', at, blank))
    messages.push(bytes.toString('utf8', blank + 1, blank + 1 + length))
    at = blank + 1 + length
  }
  return messages
}

/** Collects what arrives on a server's sockets. */
function collector() {
  const chunks: Buffer[] = []
  return {
    onSocket: (socket: Socket) => {
      socket.on('data', (chunk: Buffer) => chunks.push(chunk))
      socket.on('error', () => {})
    },
    async messages(count: number): Promise<string[]> {
      for (;;) {
        const messages = readFrames(Buffer.concat(chunks))
        if (messages.length >= count) return messages
        await new Promise(setImmediate)
      }
    },
  }
}

const codeOf = (error: NodeJS.ErrnoException): unknown => error.code

function openssl(...argv: string[]): void {
  const run = spawnSync('openssl', argv, { encoding: 'utf8' })
  if (run.error) throw new Error('openssl is needed: it makes the certificates of this test')
  if (run.status !== 0) throw new Error(run.stderr)
}

/** A self-signed certificate for 127.0.0.1, made for this run. */
function certificate(t: Test, name = 'IP:127.0.0.1') {
  const directory = t.testdir({ [name.replace(/\W/g, '-')]: {} })
  const path = (file: string) => join(directory, name.replace(/\W/g, '-'), file)
  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', path('key'), '-out', path('cert'), '-days', '2', '-subj', '/CN=test'],
    ...['-addext', `subjectAltName=${name}`],
  )
  return { key: readFileSync(path('key'), 'utf8'), cert: readFileSync(path('cert'), 'utf8') }
}

t.test('over TCP every message is counted, and its priority follows the level', async (t) => {
  const received = collector()
  const port = await listen(t, createServer(received.onSocket))
  const levels = ['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG'] as const
  const lines = levels.map((level, at) => line(at, level))

  await destination(t, syslog('tcp', port)).send(lines)

  t.strictSame(
    await received.messages(5),
    lines.map(
      ({ line }, at) =>
        `<${[130, 131, 132, 134, 135][at]}>1 2026-01-02T03:04:05.678000+00:00 host.example mcp-defectdojo 4711 - - ${line}`,
    ),
  )
})

t.test('a receiver that comes back is connected to again', async (t) => {
  const first = createServer((socket) => socket.destroy())
  const port = await listen(t, first)
  const target = destination(t, syslog('tcp', port))
  await target.send([line(1)]).catch(() => {})
  first.close()
  await once(first, 'close')

  const failure = async (): Promise<unknown> => target.send([line(2)]).then(() => null, codeOf)
  // What is written before the old connection is known to be gone still counts as sent.
  while ((await failure()) !== 'ECONNREFUSED') await new Promise(setImmediate)
  const received = collector()
  await listen(t, createServer(received.onSocket), port)
  await target.send([line(3)])

  t.match(await received.messages(1), [/"seq": 3/])
})

t.test('over UDP each message is a bare datagram, also on IPv6', async (t) => {
  for (const [family, host] of [
    ['udp4', '127.0.0.1'],
    ['udp6', '::1'],
  ] as const) {
    const receiver = createSocket(family)
    t.teardown(() => receiver.close())
    receiver.bind(0, host)
    await once(receiver, 'listening')
    const arrived = new Promise<string[]>((resolve) => {
      const messages: string[] = []
      receiver.on('message', (message) => {
        if (messages.push(message.toString()) === 2) resolve(messages)
      })
    })

    await destination(t, syslog('udp', receiver.address().port, host)).send([line(1), line(2)])

    t.match(await arrived, [/^<134>1 .* - - \{"seq": 1,/, /^<134>1 .* - - \{"seq": 2,/])
  }
})

t.test('a message too long for a datagram is cut, not refused for ever', async (t) => {
  const receiver = createSocket('udp4')
  t.teardown(() => receiver.close())
  receiver.bind(0, '127.0.0.1')
  await once(receiver, 'listening')
  const arrived = once(receiver, 'message')

  await destination(t, syslog('udp', receiver.address().port)).send([
    { ...line(1), line: 'x'.repeat(100_000) },
  ])

  const [message] = await arrived
  t.equal(message.length, 65_000)
})

t.test('over TLS only the right authority and the right name are trusted', async (t) => {
  const good = certificate(t)
  const wrongName = certificate(t, 'DNS:siem.example')
  const received = collector()
  const port = await listen(t, createTlsServer(good, received.onSocket))
  const otherPort = await listen(
    t,
    createTlsServer(wrongName, () => {}),
  )

  await destination(t, syslog('tls', port, '127.0.0.1', good.cert)).send([line(1)])

  t.match(await received.messages(1), [/"seq": 1/])
  await t.rejects(destination(t, syslog('tls', port)).send([line(2)]), {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  })
  await t.rejects(
    destination(t, syslog('tls', otherPort, '127.0.0.1', wrongName.cert)).send([line(3)]),
    { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
  )
})

interface Webhook {
  readonly requests: { headers: IncomingMessage['headers']; body: string }[]
  answer: (response: ServerResponse) => void
}

function webhook(): Webhook & {
  handle: (request: IncomingMessage, response: ServerResponse) => void
} {
  const hook: Webhook = { requests: [], answer: (response) => response.end('{}') }
  return Object.assign(hook, {
    handle(request: IncomingMessage, response: ServerResponse) {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        hook.requests.push({ headers: request.headers, body })
        hook.answer(response)
      })
    },
  })
}

const https = (url: string, changes: Partial<NonNullable<ForwardingTargets['https']>> = {}) => ({
  https: {
    url,
    token: ['not', 'a', 'token'].join('-'),
    batchSize: 10,
    flushSeconds: 5,
    ca: null,
    allowHttp: true,
    ...changes,
  },
})

t.test('the webhook gets a JSON array of the very lines, and the token', async (t) => {
  const hook = webhook()
  const port = await listen(t, createHttpServer(hook.handle))

  await destination(t, https(`http://127.0.0.1:${port}/in`)).send([line(1), line(2)])

  t.match(hook.requests, [
    {
      headers: { 'content-type': 'application/json', authorization: 'Bearer not-a-token' },
      body: `[${line(1).line},${line(2).line}]`,
    },
  ])
  t.match(JSON.parse(hook.requests[0]?.body ?? ''), [{ seq: 1 }, { seq: 2 }])
})

t.test('a redirect is not followed, least of all with the token', async (t) => {
  const stranger = webhook()
  const strangerPort = await listen(t, createHttpServer(stranger.handle))
  const hook = webhook()
  hook.answer = (response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${strangerPort}/` }).end()
  const port = await listen(t, createHttpServer(hook.handle))

  await t.rejects(destination(t, https(`http://127.0.0.1:${port}/in`)).send([line(1)]), {
    message: 'redirect_refused',
  })
  t.equal(stranger.requests.length, 0)
})

t.test('what the webhook answers decides, and its wish for time is kept', async (t) => {
  const hook = webhook()
  const port = await listen(t, createHttpServer(hook.handle))
  const target = destination(t, https(`http://127.0.0.1:${port}/in?key=hidden-in-the-query`))

  hook.answer = (response) => response.writeHead(503, { 'retry-after': '7' }).end('busy')
  t.match(await target.send([line(1)]).catch((error) => error), {
    reason: 'http_503',
    retryAfterSeconds: 7,
  })
  hook.answer = (response) => response.writeHead(401).end()
  await t.rejects(target.send([line(1)]), { message: 'http_401' })
  hook.answer = (response) => response.writeHead(204).end()
  await t.resolves(target.send([line(1)]))

  t.notMatch(JSON.stringify([target.where, target.enabled]), 'hidden-in-the-query')
})

t.test('clear text is refused unless it was asked for', async (t) => {
  t.throws(() => destination(t, https('http://127.0.0.1/in', { allowHttp: false })), {
    message: /AUDIT_LOG_HTTPS_ALLOW_HTTP/,
  })
  t.throws(() => destination(t, https('ftp://127.0.0.1/in')), { message: /must use https/ })
})

t.test('over HTTPS the authority is checked', async (t) => {
  const { key, cert } = certificate(t)
  const hook = webhook()
  const port = await listen(t, createHttpsServer({ key, cert }, hook.handle))
  const url = `https://127.0.0.1:${port}/in`

  await destination(t, https(url, { ca: cert })).send([line(1)])
  await t.rejects(destination(t, https(url)).send([line(2)]), {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  })

  t.equal(hook.requests.length, 1)
})

t.test(
  'a receiver gets the whole trail, from the start of the chain to its last record',
  async (t) => {
    const hook = webhook()
    let failures = 2
    hook.answer = (response) => response.writeHead(failures-- > 0 ? 500 : 200).end()
    const port = await listen(t, createHttpServer(hook.handle))
    const lines: string[] = []
    const audit = await createAuditLog({
      key: 'an-audit-key-for-tests-only',
      failureMode: 'closed',
      secrets: [],
      stderr: (line) => lines.push(line),
    })
    const targets = { syslog: null, ...https(`http://127.0.0.1:${port}/in`, { flushSeconds: 60 }) }
    const forwarding = startForwarding(audit, createDestinations(targets, origin))
    for (let at = 0; at < 25; at++) audit.event('INFO', 'x', { event_type: 'lifecycle', at })

    await audit.close('lifespan_exit')
    const left = await forwarding.close(10_000)

    t.strictSame(left, [{ name: 'https', undelivered: 0 }])
    const seqs = (bodies: string[]) =>
      bodies.flatMap((body) => JSON.parse(body).map(({ seq }: { seq: number }) => seq))
    const arrived = seqs(hook.requests.slice(2).map(({ body }) => body))
    t.strictSame(
      arrived,
      lines.map((_, at) => at + 1),
    )
    t.match(JSON.parse(lines[0] ?? ''), { chain_event: 'chain_start' })
    t.match(JSON.parse(lines[1] ?? ''), {
      message: 'HTTPS log forwarding enabled',
      https_batch_size: 10,
      https_flush_secs: 60,
    })
  },
)
