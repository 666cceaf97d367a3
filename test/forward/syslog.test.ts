import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import t from 'tap'
import { needs } from '../helpers/needs.js'
import { certificate, destination, line, listen } from './receivers.js'

const syslog = (
  protocol: 'tls' | 'tcp' | 'udp',
  port: number,
  host = '127.0.0.1',
  ca?: string,
) => ({
  syslog: { protocol, host, port, ca: ca ?? null },
})

/** Takes octet-counted messages apart the way a receiver does; the rest of one may still come. */
function readFrames(bytes: Buffer): string[] {
  const messages: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at)
    const length = Number(bytes.toString('latin1', at, blank))
    if (blank < 0 || blank + 1 + length > bytes.length) break
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

t.test(
  'a receiver over UDP that is closed while its name is looked up opens no socket',
  async (t) => {
    const closing = destination(t, syslog('udp', 514))

    const sending = closing.send([line(1)])
    closing.close()

    await t.rejects(sending, { name: 'DeliveryError', reason: 'closed' })
  },
)

t.test(
  'over TLS only the right authority and the right name are trusted',
  needs('openssl'),
  async (t) => {
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
  },
)
