import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t from 'tap'
import type { AuditLine } from '../../src/audit/trail-sinks.js'
import { allTaken } from '../../src/forward/destination.js'
import { createSyslogDatagrams } from '../../src/forward/syslog/datagrams.js'
import { syslogFrame, syslogMessages } from '../../src/forward/syslog/format.js'
import { randomNumbers } from '../helpers/random-numbers.js'
import { line, origin } from './loopback.js'
import { readFrames } from './octet-counting.js'

const seed = 20_261_126
const message =
  /^<(\d{3})>1 (\S+) (\S{1,255}) mcp-defectdojo (\d+) - - ((?:\{"audit_part": |\{)[ -~]*)$/
const failure = (sending: Promise<unknown>): Promise<unknown> => sending.catch((error) => error)

t.test('the priority follows the level, and the text is the line', async (t) => {
  const levels = ['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG', 'ODD'] as AuditLine['level'][]

  const messages = levels.map((level, at) => syslogMessages(line(at, level), origin))

  t.strictSame(
    messages,
    levels.map((_, at) => [
      `<${[130, 131, 132, 134, 135, 134][at]}>1 2026-01-02T03:04:05.678000+00:00 host.example mcp-defectdojo 4711 - - ${line(at).line}`,
    ]),
  )
})

t.test('any line comes back whole from messages of at most 8,096 bytes', async (t) => {
  t.comment(`seed ${seed}`)
  const random = randomNumbers(seed)
  const alphabets = ['"\\]', 'abc ', '{}[]:, 0123<>|-']
  let longest = 0
  let inParts = 0

  for (let round = 0; round < 500; round++) {
    const alphabet = alphabets[random(alphabets.length)] ?? ''
    // Around the length at which parts begin, for every length of the header.
    const length = [300, 7_700, 7_980, 15_000, 40_000][random(5)] ?? 0
    const text = Array.from(
      { length: length + random(350) },
      () => alphabet[random(alphabet.length)],
    ).join('')
    const from = { hostname: 'h'.repeat(1 + random(300)), pid: 1 + random(4_194_304) }
    const record = { ...line(round), line: `{"text": ${text}}`, chainId: 'c'.repeat(36) }

    const messages = syslogMessages(record, from)

    const frames = messages.map(syslogFrame)
    const received = readFrames(Buffer.from(frames.join('')))
    const texts = received.map((text) => message.exec(text)?.[5] ?? '')
    const joined = texts.length > 1 ? texts.map((part) => JSON.parse(part).text).join('') : texts[0]
    if (joined !== record.line) t.fail(`round ${round}: another line`)
    longest = Math.max(longest, ...frames.map((frame) => Buffer.byteLength(frame)))
    if (texts.length > 1) inParts++
  }

  t.ok(longest <= 8_096 && longest > 8_000, `the longest frame has ${longest} bytes`)
  t.ok(inParts > 100, `${inParts} records came in parts`)
})

t.test('nothing in a record or an origin begins a message or a field of its own', async (t) => {
  const evil = 'x\n<130>1 - evil evil 1 - - injected\r\0\u2028\u00e9\u{1f600}\ud800'
  const record = { ...line(1), line: `{"text": "${evil}"}`, timestamp: 'now\n<0>1 then' }
  const long = { ...record, line: record.line.repeat(500), chainId: evil }

  for (const messages of [record, long].map((each) =>
    syslogMessages(each, { hostname: `h ${evil}`, pid: 1 }),
  )) {
    const frames = Buffer.from(messages.map(syslogFrame).join(''))

    t.strictSame(readFrames(frames), messages)
    t.ok(messages.every((text) => message.test(text) && syslogFrame(text).length <= 8_096))
  }
  t.match(syslogMessages(record, { hostname: '\u00e9', pid: 1 }), [/^<134>1 now<0>1then - mcp/])
})

t.test('over UDP each message is a bare datagram, also on IPv6', async (t) => {
  for (const [family, host, label] of [
    ['udp4', '127.0.0.1', 'udp://127.0.0.1'],
    ['udp6', '::1', 'udp://[::1]'],
  ] as const) {
    const receiver = createSocket(family)
    t.teardown(() => receiver.close())
    receiver.bind(0, host)
    await once(receiver, 'listening')
    const { port } = receiver.address()
    const arrived = new Promise<string[]>((resolve) => {
      const messages: string[] = []
      receiver.on('message', (bytes) => {
        if (messages.push(bytes.toString()) === 4) resolve(messages)
      })
    })
    const target = createSyslogDatagrams({ host, port, origin })
    t.teardown(() => target.close())

    t.equal(await target.send([line(1), line(2)]), allTaken)
    t.equal(await target.send([{ ...line(3), line: 'x'.repeat(9_000) }]), allTaken)

    t.match(await arrived, [/"seq": 1,/, /"seq": 2,/, /"audit_part": 1/, /"audit_part": 2/])
    t.match(target, {
      label: `${label}:${port}`,
      where: { host, port },
      enabled: { fields: { syslog_host: host, syslog_port: port, syslog_transport: 'udp' } },
    })
  }
})

t.test('over UDP a port that nobody listens on is a failure each time', async (t) => {
  const gone = createSocket('udp4')
  gone.bind(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address()
  gone.close()
  await once(gone, 'close')
  const target = createSyslogDatagrams({ host: '127.0.0.1', port, origin })
  t.teardown(() => target.close())

  for (let round = 0; round < 3; round++) {
    t.match(await failure(target.send([line(1), line(2)])), { reason: 'ECONNREFUSED', taken: 0 })
  }
  const receiver = createSocket('udp4')
  t.teardown(() => receiver.close())
  receiver.bind(port, '127.0.0.1')
  await once(receiver, 'listening')
  const arrived = once(receiver, 'message')

  t.equal(await target.send([line(3)]), allTaken)

  t.match(String((await arrived)[0]), '"seq": 3')
})

t.test('a destination over UDP that is closed within a send ends it', async (t) => {
  const opening = createSyslogDatagrams({ host: '127.0.0.1', port: 514, origin })
  const sending = failure(opening.send([line(1)]))
  opening.close()

  t.match(await sending, { name: 'DeliveryError', reason: 'closed' })
  t.match(await failure(opening.send([line(1)])), { reason: 'closed' })
})

t.test('a name that does not exist is a failure with a code', async (t) => {
  const target = createSyslogDatagrams({ host: 'nowhere.invalid', port: 514, origin })

  t.match(await failure(target.send([line(1)])), { reason: /^E[A-Z_]+$/, remedy: 'retry' })
})
