import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { allTaken } from '../../src/forward/destination.js'
import { createSyslogCycles } from '../../src/forward/syslog/cycles.js'
import { line, listen, origin } from './loopback.js'
import { closed, receiver } from './octet-counting.js'

const noFiles = { caFile: null, certFile: null, keyFile: null }
const failure = (sending: Promise<unknown>): Promise<unknown> => sending.catch((error) => error)

function cycles(t: Test, port: number, { host = '127.0.0.1', timeoutMilliseconds = 30_000 } = {}) {
  const options = { protocol: 'tcp', host, port, origin, tls: noFiles } as const
  const target = createSyslogCycles({ ...options, timeoutMilliseconds })
  t.teardown(() => target.close())
  return target
}

const seqs = (messages: readonly string[] | undefined): number[] =>
  (messages ?? []).map((message) => Number(/"seq": (\d+)/.exec(message)?.[1]))

t.test('each batch is a connection that both sides end', async (t) => {
  const siem = receiver()
  const target = cycles(t, await listen(t, siem.server))
  const many = Array.from({ length: 500 }, (_, at) => line(at + 10))

  t.equal(await target.send([line(1), line(2)]), allTaken)
  t.equal(await target.send(many), allTaken)
  t.equal(await target.send([{ ...line(600), line: '"'.repeat(9_000) }]), allTaken)

  t.strictSame(seqs(siem.connections[0]), [1, 2])
  t.strictSame(
    seqs(siem.connections[1]),
    many.map(({ seq }) => seq),
  )
  t.match(siem.connections[2], [/"audit_part": 1/, /"audit_part": 2/, /"audit_part": 3/])
})

t.test('an IPv6 address is connected to, and stands in brackets in the label', async (t) => {
  const siem = receiver()
  siem.server.listen(0, '::1')
  await once(siem.server, 'listening')
  t.teardown(() => siem.server.close())
  const { port } = siem.server.address() as { port: number }
  const target = cycles(t, port, { host: '::1' })

  await target.send([line(1)])

  t.strictSame(siem.connections.map(seqs), [[1]])
  t.equal(target.label, `tcp://[::1]:${port}`)
  t.match(target.enabled, { fields: { syslog_host: '::1', syslog_transport: 'tcp' } })
})

t.test('after a cycle that failed the one before comes once more, and only once', async (t) => {
  const siem = receiver()
  const target = cycles(t, await listen(t, siem.server))
  await target.send([line(1)])
  await target.send([line(2)])

  siem.behaviour = (socket) => socket.once('data', () => socket.resetAndDestroy())
  await t.rejects(target.send([line(3)]), { name: 'DeliveryError', remedy: 'retry', taken: 0 })
  await t.rejects(target.send([line(3)]))
  siem.behaviour = null
  await target.send([line(3)])
  await target.send([line(4)])

  t.strictSame(siem.connections.map(seqs), [[1], [2], [2, 3], [4]])
})

t.test('so it does after a connection that was refused', async (t) => {
  const first = receiver()
  const port = await listen(t, first.server)
  const target = cycles(t, port)
  await target.send([line(1), line(2)])
  await closed(first.server)

  t.match(await failure(target.send([line(3)])), { reason: 'ECONNREFUSED' })
  const second = receiver()
  await listen(t, second.server, port)
  await target.send([line(3)])
  await target.send([line(4)])

  t.strictSame(second.connections.map(seqs), [[1, 2, 3], [4]])
})

t.test('a receiver that ends before we have ended has not taken the batch', async (t) => {
  const siem = receiver()
  const target = cycles(t, await listen(t, siem.server))
  // More than the systems keep between us, so that the end of ours is not on its way yet.
  const text = 'x'.repeat(7_000)
  const many = Array.from({ length: 4_000 }, (_, at) => ({ ...line(at), line: text }))
  siem.behaviour = (socket) => {
    socket.pause()
    socket.end()
  }

  t.match(await failure(target.send(many)), { reason: 'closed_early', taken: 0 })
})

t.test('a receiver that reads everything and never ends is not believed', async (t) => {
  const siem = receiver()
  const target = cycles(t, await listen(t, siem.server), { timeoutMilliseconds: 50 })
  const sockets: Socket[] = []
  siem.behaviour = (socket) => sockets.push(socket.resume())

  t.match(await failure(target.send([line(1)])), { reason: 'not_confirmed', taken: 0 })
  t.match(await failure(target.send([line(1)])), { reason: 'not_confirmed', taken: 0 })

  t.equal(sockets.length, 2)
})

t.test('a reset after everything was written is no acknowledgement', async (t) => {
  const siem = receiver()
  const target = cycles(t, await listen(t, siem.server))
  siem.behaviour = (socket) => socket.resume().on('end', () => socket.resetAndDestroy())

  t.match(await failure(target.send([line(1)])), { reason: 'ECONNRESET', taken: 0 })
})

t.test('closing ends a send, and nothing is sent after it', async (t) => {
  const siem = receiver()
  const port = await listen(t, siem.server)
  const arrived = new Promise<Socket>((resolve) => {
    siem.behaviour = (socket) => socket.once('data', () => resolve(socket))
  })
  const target = cycles(t, port)
  const sending = failure(target.send([line(1)]))
  const socket = await arrived
  const gone = once(socket, 'end')

  target.close()

  t.match(await sending, { reason: 'closed' })
  await gone
  t.match(await failure(target.send([line(1)])), { reason: 'closed' })
  const connecting = cycles(t, port)
  const early = failure(connecting.send([line(1)]))
  connecting.close()
  t.match(await early, { reason: 'closed' })
})

t.test(
  'a receiver that resets at random loses nothing and gets no record out of turn',
  async (t) => {
    const kept: number[] = []
    let connection = 0
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const resets = ++connection % 3 === 0
      const chunks: Buffer[] = []
      socket.on('error', () => {})
      socket.on('data', (chunk) => chunks.push(chunk))
      socket.on('end', () => {
        if (resets) {
          socket.resetAndDestroy()
          return
        }
        kept.push(...seqs(Buffer.concat(chunks).toString().split('}')).filter(Number.isInteger))
        socket.end()
      })
    })
    const target = cycles(t, await listen(t, server))

    for (let at = 0; at < 300; ) {
      const batch = Array.from({ length: 10 }, (_, more) => line(at + more))
      if ((await failure(target.send(batch))) === allTaken) at += 10
    }

    const first = [...new Set(kept)]
    t.strictSame(
      first,
      Array.from({ length: 300 }, (_, at) => at),
    )
  },
)
