import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import t from 'tap'
import { createAuditLog } from '../../src/audit/create-audit-log.js'
import { startForwarding } from '../../src/forward/start-forwarding.js'
import { httpsDestination } from './https-target.js'
import { listen } from './loopback.js'

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
    const target = httpsDestination(t, `http://127.0.0.1:${port}/in`, { flushMilliseconds: 60_000 })
    const forwarding = await startForwarding(audit, [target])
    for (let at = 0; at < 25; at++) audit.event('INFO', 'x', { event_type: 'lifecycle', at })

    await audit.close('lifespan_exit')
    const left = await forwarding.close(10_000)

    t.match(left, [{ undelivered: 0 }])
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
