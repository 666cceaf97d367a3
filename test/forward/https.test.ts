import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import t from 'tap'
import { createAuditLog } from '../../src/audit/create-audit-log.js'
import { createDestinations, type ForwardingTargets } from '../../src/forward/destinations.js'
import { startForwarding } from '../../src/forward/start-forwarding.js'
import { needs } from '../helpers/needs.js'
import { certificate, destination, line, listen, origin } from './receivers.js'

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
  const port = await listen(t, createServer(hook.handle))

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
  const strangerPort = await listen(t, createServer(stranger.handle))
  const hook = webhook()
  hook.answer = (response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${strangerPort}/` }).end()
  const port = await listen(t, createServer(hook.handle))

  await t.rejects(destination(t, https(`http://127.0.0.1:${port}/in`)).send([line(1)]), {
    message: 'redirect_refused',
  })
  t.equal(stranger.requests.length, 0)
})

t.test('what the webhook answers decides, and its wish for time is kept', async (t) => {
  const hook = webhook()
  const port = await listen(t, createServer(hook.handle))
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

t.test('over HTTPS the authority is checked', needs('openssl'), async (t) => {
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
    const port = await listen(t, createServer(hook.handle))
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
