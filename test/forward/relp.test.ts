import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { allTaken, type DeliveryError } from '../../src/forward/destination.js'
import { createRelp } from '../../src/forward/syslog/relp.js'
import {
  createRelpReader,
  type RelpFrame,
  relpFrame,
} from '../../src/forward/syslog/relp-frames.js'
import { createRelpSession } from '../../src/forward/syslog/relp-session.js'
import { randomNumbers } from '../helpers/random-numbers.js'
import { line, listen, origin } from './loopback.js'
import { type RelpServer, relpServer } from './relp-server.js'

const seed = 20_261_127
const servers: RelpServer[] = []
const noFiles = { caFile: null, certFile: null, keyFile: null }
const failure = (sending: Promise<unknown>): Promise<unknown> => sending.catch((error) => error)
const batch = (from: number, size = 128) => Array.from({ length: size }, (_, at) => line(from + at))
const seqs = ({ messages }: RelpServer): number[] =>
  messages.map((message) => Number(/"seq": (\d+)/.exec(message)?.[1]))
const ascending = (a: number, b: number): number => a - b
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at)

function relp(t: Test, port: number, timeoutMilliseconds = 30_000) {
  const options = { secure: false, host: '127.0.0.1', port, origin, tls: noFiles }
  const target = createRelp({ ...options, timeoutMilliseconds })
  t.teardown(() => target.close())
  return target
}

async function served(t: Test, timeoutMilliseconds?: number) {
  const siem = relpServer()
  servers.push(siem)
  const port = await listen(t, createServer(siem.onSocket))
  return { siem, port, target: relp(t, port, timeoutMilliseconds) }
}

t.test('batches share a connection, and every message is acknowledged', async (t) => {
  const { siem, port, target } = await served(t)

  t.equal(await target.send(batch(0)), allTaken)
  t.equal(await target.send(batch(128)), allTaken)
  t.equal(await target.send([]), allTaken)

  t.strictSame(seqs(siem), upTo(256))
  t.equal(siem.connections, 1)
  t.match(target, {
    name: 'syslog',
    label: `relp://127.0.0.1:${port}`,
    batchSize: 512,
    enabled: { fields: { syslog_transport: 'relp' } },
  })
})

t.test('a batch is larger than the window, of which no more is on its way at once', async (t) => {
  const { siem, target } = await served(t)

  t.equal(await target.send(batch(0, 1_000)), allTaken)

  t.strictSame(seqs(siem), upTo(1_000))
})

t.test('a record in parts is taken when all of them are', async (t) => {
  const { siem, target } = await served(t)
  const long = { ...line(2), line: 'x'.repeat(20_000) }
  // Its third message, the fourth of all, is not acknowledged.
  siem.react = (count) => (count === 4 ? 'end' : 'take')
  t.match(await failure(target.send([line(1), long, line(3)])), {
    reason: 'closed_early',
    taken: 1,
  })
  t.equal(await target.send([long, line(3)]), allTaken)

  t.equal(siem.messages.filter((message) => message.includes('"audit_part": 3')).length, 1)
})

t.test('what was acknowledged before a failure is taken, and the rest is not', async (t) => {
  for (const [reaction, reason] of [
    ['end', 'closed_early'],
    ['serverclose', 'serverclose'],
    ['refuse', 'relp_500'],
  ] as const) {
    const { siem, target } = await served(t)
    siem.react = (count) => (count === 51 ? reaction : 'take')

    t.match(await failure(target.send(batch(0))), { reason, remedy: 'retry', taken: 50 }, reaction)
    siem.react = () => 'take'
    t.equal(await target.send(batch(50)), allTaken)

    // After a refusal the server goes on with what is on its way.
    t.strictSame([...new Set(seqs(siem))].sort(ascending), upTo(178))
    t.equal(siem.connections, 2)
  }
})

t.test('silence is a failure, counted from the last acknowledgement', async (t) => {
  const { siem, target } = await served(t, 100)
  siem.react = (count) => (count === 4 ? 'nothing' : 'later')
  const sending = failure(target.send(batch(0, 4)))
  await siem.arrived(4)
  siem.release()

  t.match(await sending, { reason: 'timeout', taken: 3 })
})

t.test('acknowledgements may come late and in any order', async (t) => {
  const { siem, target } = await served(t)
  siem.react = (count) => (count === 3 ? 'nothing' : 'later')
  const sending = failure(target.send(batch(0, 8)))
  await siem.arrived(8)
  siem.release(true)
  siem.react = () => 'later'
  target.close()
  t.match(await sending, { reason: 'closed' })

  const other = relp(t, await listen(t, createServer(siem.onSocket)))
  const again = other.send(batch(0, 8))
  await siem.arrived(16)
  siem.release(true)

  t.equal(await again, allTaken)
})

t.test('a serverclose between batches makes a new connection, not a failure', async (t) => {
  const siem = relpServer()
  const sockets: Socket[] = []
  const port = await listen(
    t,
    createServer((socket) => {
      sockets.push(socket)
      siem.onSocket(socket)
    }),
  )
  const target = relp(t, port)
  await target.send(batch(0, 3))

  sockets[0]?.write('0 serverclose 0\n')
  if (sockets[0]) await once(sockets[0], 'close')
  t.equal(await target.send(batch(3, 3)), allTaken)

  t.strictSame(seqs(siem), upTo(6))
  t.equal(sockets.length, 2)
})

t.test('a receiver that does not agree gets no message', async (t) => {
  for (const [answer, reason] of [
    ['500 no', 'relp_500'],
    ['200 OK\nrelp_version=0\ncommands=eventlog,syslogs', 'no_syslog_command'],
    ['200 OK', 'no_syslog_command'],
    ['2000', 'not_relp'],
    ['', 'not_relp'],
  ]) {
    const { siem, target } = await served(t)
    siem.openAnswer = String(answer)

    t.match(await failure(target.send([line(1)])), { reason, taken: 0 })

    t.strictSame(siem.messages, [])
  }
})

t.test('what is no RELP is a failure, and so is an answer to no question', async (t) => {
  for (const [answer, reason] of [
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'not_relp'],
    ['1 rsp 999999999 200 OK', 'answer_too_long'],
    ['1 rsp 6 200 OK 7', 'not_relp'],
    ['7 rsp 6 200 OK\n', 'not_relp'],
    ['0 rsp 6 200 OK\n', 'not_relp'],
    ['1 open 6 200 OK\n', 'not_relp'],
  ] as const) {
    const server = createServer((socket) =>
      socket
        .on('error', () => {})
        .resume()
        .write(answer),
    )
    const target = relp(t, await listen(t, server))

    t.match(await failure(target.send([line(1)])), { reason, taken: 0 }, JSON.stringify(answer))
  }
})

t.test(
  'closing says so where nothing is on its way, and ends a send where something is',
  async (t) => {
    const idle = await served(t)
    await idle.target.send([line(1)])
    idle.target.close()
    const busy = await served(t)
    busy.siem.react = (count) => (count < 3 ? 'take' : 'nothing')
    const sending = failure(busy.target.send(batch(0, 4)))
    await busy.siem.arrived(4)

    busy.target.close()

    t.match(await sending, { reason: 'closed' })
    t.match(await failure(busy.target.send([line(1)])), { reason: 'closed' })
    while (idle.siem.closes === 0) await new Promise(setImmediate)
    t.equal(busy.siem.closes, 0)
  },
)

t.test('a receiver that is not there is a failure with a code', async (t) => {
  const gone = createServer()
  const port = await listen(t, gone)
  gone.close()
  await once(gone, 'close')

  t.match(await failure(relp(t, port).send([line(1)])), { reason: 'ECONNREFUSED', taken: 0 })
})

t.test('after the highest number of a transaction comes 1', async (t) => {
  const siem = relpServer()
  siem.firstTransaction = 999_999_990
  const socket = connect(await listen(t, createServer(siem.onSocket)), '127.0.0.1')
  t.teardown(() => socket.destroy())
  const session = createRelpSession(socket, 30_000, 999_999_990)
  await session.open()

  await session.send(upTo(128).map(String))
  await session.send(['after'])

  t.equal(siem.messages.length, 129)
  t.strictSame(siem.violations, [])
})

t.test('a receiver that fails at random, at random places, loses nothing', async (t) => {
  t.comment(`seed ${seed}`)
  const random = randomNumbers(seed)
  const { siem, target } = await served(t)
  const reactions = ['reset', 'end', 'serverclose', 'refuse'] as const
  siem.react = () => (random(150) === 0 ? (reactions[random(4)] ?? 'take') : 'take')
  let sent = 0
  let failures = 0

  while (sent < 5_000) {
    const lines = batch(sent, Math.min(1 + random(128), 5_000 - sent))
    try {
      await target.send(lines)
      sent += lines.length
    } catch (error) {
      failures++
      sent += (error as DeliveryError).taken
    }
  }

  t.ok(failures > 10, `${failures} failures`)
  t.strictSame([...new Set(seqs(siem))].sort(ascending), upTo(5_000))
})

t.test('frames are the same however a stream is cut', async (t) => {
  t.comment(`seed ${seed}`)
  const random = randomNumbers(seed)
  const sent: RelpFrame[] = upTo(2_000).map((at) => ({
    transaction: random(1_000_000_000),
    command: ['rsp', 'serverclose', 'x'.repeat(32)][random(3)] ?? '',
    data: ['', '200 OK', 'a\nb 1 rsp 0\n', 'y'.repeat(at % 3_000)][random(4)] ?? '',
  }))
  const stream = Buffer.from(
    sent
      .map((frame) => relpFrame(frame.transaction, frame.command, frame.data))
      // Some receivers write a blank where no data follow.
      .map((text, at) => (at % 2 === 0 ? text.replace(/^(\d+ \w+ 0)\n$/, '$1 \n') : text))
      .join(''),
  )
  const received: RelpFrame[] = []
  const read = createRelpReader((frame) => received.push(frame))

  for (let at = 0; at < stream.length; ) {
    const size = 1 + random(random(4) === 0 ? 20_000 : 40)
    read(stream.subarray(at, at + size))
    at += size
  }

  t.strictSame(received, sent)
})

t.test('what cannot become a frame is refused before more of it is kept', async (t) => {
  for (const text of [
    'x',
    ' 1 rsp 0\n',
    '1234567890',
    '1  rsp',
    '1 rsp x',
    '1 rsp 0x',
    '1 rsp 5\nabcde\n',
    '1 r5p 0\n',
    `1 ${'r'.repeat(33)}`,
    '1 rsp 1234567890',
    '-1 rsp 0\n',
    '1 rsp 2 abc',
    '\u0000'.repeat(100_000),
  ]) {
    const read = createRelpReader(() => {})
    t.throws(() => read(Buffer.from(text)), /^not_relp$/, JSON.stringify(text.slice(0, 40)))
  }
})

t.test('in all this the server saw nothing that the protocol does not allow', async (t) => {
  t.ok(servers.length > 10)
  t.strictSame(
    servers.flatMap(({ violations }) => violations),
    [],
  )
})
