import t from 'tap'
import { messageParts } from '../../src/forward/syslog/parts.js'
import { randomNumbers } from '../helpers/random-numbers.js'

const seed = 20_261_124
const chainId = '6d3f2b1c-0000-4000-8000-000000000001'
const record = (line: string, seq = 1234) => ({ line, chainId, seq })

t.test('a line that fits is sent as it is, and a longer one in parts', async (t) => {
  const line = `{"timestamp": "${'z'.repeat(7_983)}"}`

  t.same(messageParts(record(line), 8_000), [line])
  const parts = messageParts(record(line), 7_999)

  const head = `"chain_id": "${chainId}", "seq": 1234, "text": "`
  t.equal(parts.length, 2)
  t.ok(parts[0]?.startsWith(`{"audit_part": 1, "of": 2, ${head}{\\"timestamp\\": \\"zzz`))
  t.equal(parts[1]?.replace(/z+/, ''), `{"audit_part": 2, "of": 2, ${head}\\"}"}`)
})

t.test(
  'where a line is cut depends neither on the room nor on how often it was sent',
  async (t) => {
    const line = `{"timestamp": "${'"\\'.repeat(20_000)}"}`

    const parts = messageParts(record(line), 8_000)

    t.ok(parts.length > 10)
    for (const room of [1, 5_000, 7_700, 8_096, 40_000]) {
      t.same(messageParts(record(line), room), parts)
    }
  },
)

t.test('the slices of any line are that line, and no part is too long', async (t) => {
  t.comment(`seed ${seed}`)
  const random = randomNumbers(seed)
  let fullest = 0

  for (let round = 0; round < 400; round++) {
    const alphabet = ['"\\', '\\', 'ab"', ' !#[]~{}:,\\"0aZ'][random(4)] ?? ''
    // Around the sizes at which another part begins, too.
    const length = [7_400, 14_800, 3_720, 22_200, 60_000][random(5)] ?? 0
    const line = Array.from(
      { length: length + random(300) },
      () => alphabet[random(alphabet.length)],
    ).join('')
    const seq = [1, 42, 999_999, Number.MAX_SAFE_INTEGER][random(4)] ?? 0
    const parts = messageParts(record(line, seq), 1_000)

    const read = parts.map((part) => JSON.parse(part))
    const wrong = read.findIndex(
      (part, at) =>
        part.audit_part !== at + 1 ||
        part.of !== parts.length ||
        part.chain_id !== chainId ||
        part.seq !== seq ||
        part.text === '',
    )
    fullest = Math.max(fullest, ...parts.map((part) => Buffer.byteLength(part)))
    if (read.map(({ text }) => text).join('') !== line) t.fail(`round ${round}: another line`)
    if (wrong >= 0) t.fail(`round ${round}: part ${wrong + 1} says something else`)
  }

  t.ok(fullest <= 7_600 && fullest > 7_580, `the longest part has ${fullest} bytes`)
})

t.test('the longest record there can be has no more parts than can be numbered', async (t) => {
  const parts = messageParts(record('"'.repeat(8_388_608), Number.MAX_SAFE_INTEGER), 8_096)

  t.ok(parts.length < 9_999)
  t.ok(Buffer.byteLength(parts.at(-2) ?? '') <= 7_600)
})
