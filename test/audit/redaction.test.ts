import fc from 'fast-check'
import t from 'tap'
import { createRedactor } from '../../src/audit/redaction.js'

const seed = Number(process.env.AUDIT_TEST_SEED ?? 20260102)
t.comment(`seed ${seed}`)

/** Texts that only look like credentials, put together here so that no scanner takes this file for a leak. */
const join = (...parts: string[]): string => parts.join('')
const opaque = join('a1b2c3d4', 'e5f6a7b8', 'c9d0')
const secrets = [join('made-up', '/secret+1'), 'made-up', 'RED', 'x]y']

t.test('sentences about tokens stay as they are', async (t) => {
  const { redactText } = createRedactor([])
  const sentences = [
    'token refresh failed',
    'Token: missing, see the manual',
    'bearer authentication is used',
    'Bearer tokens expire after an hour',
    'the api key rotation job, api_key: unset',
    'token bucket of 60 per minute',
    'csrf-token handling',
    'tokens=7 were counted',
  ]

  for (const sentence of sentences) t.equal(redactText(sentence), sentence)
})

t.test('values behind a keyword are taken out together with it', async (t) => {
  const { redactText } = createRedactor([])

  for (const text of [
    `Token ${opaque}`,
    `Bearer ${opaque}`,
    `BEARER   ${opaque}`,
    'token=abc',
    'token:abc',
    'API-Key: hunter2',
    'apikey=x',
    'apikey="x',
    'api_key: correcthorsebatterystaple',
    `token ${'abcdefgh'.repeat(3)}`,
  ]) {
    t.match(redactText(`before ${text} after`), /^before \[REDACTED(:\w+)?\] after$/, text)
  }
})

t.test('the value behind a keyword ends before a quote, so that JSON stays JSON', async (t) => {
  const { redactText } = createRedactor([])
  const line = JSON.stringify({ a: 'api-key: x1', b: { c: `say "Bearer ${opaque}" aloud` }, d: 1 })

  const redacted = JSON.parse(redactText(line))

  t.strictSame(redacted, { a: '[REDACTED]', b: { c: redacted.b.c }, d: 1 })
  t.notMatch(redacted.b.c, opaque)
})

t.test('given secrets disappear everywhere, also as an address writes them', async (t) => {
  const { redactText, redactValue } = createRedactor(secrets)

  t.equal(redactText(`a ${secrets[0]} b`), 'a ***REDACTED*** b')
  t.equal(redactText(`?q=${encodeURIComponent(secrets[0] ?? '')}`), '?q=***REDACTED***')
  t.equal(redactText('***REDACTED*** REDO'), '***REDACTED*** ***REDACTED***O')
  const value = redactValue({ 'made-up': ['made-up', { deep: 'RED' }, 1, null, true] })
  t.strictSame(value, {
    'made-up': ['***REDACTED***', { deep: '***REDACTED***' }, 1, null, true],
  })
  t.strictSame(createRedactor(['', '']).redactText('nothing to do'), 'nothing to do')
})

t.test('a secret that JSON writes differently is found in a line of JSON', async (t) => {
  const secret = join('made', '"up\\and', '\tfake')
  const { redactText } = createRedactor([secret])

  const line = redactText(JSON.stringify({ msg: `refused: ${secret}.` }))

  t.same(JSON.parse(line), { msg: 'refused: ***REDACTED***.' })
})

t.test('redaction applied twice changes nothing more', async (t) => {
  const { redactText } = createRedactor(secrets)
  const piece = fc.constantFrom(
    ...['token', 'Bearer', 'api_key', 'API-Key', ' ', '=', ':', ': ', '[REDACTED', ']', '***'],
    ...['[REDACTED]', '***REDACTED***', '[REDACTED:bearer_token]', opaque, 'hunter2', 'refresh'],
    ...['password=', 'secret', '\n', '"', ',', '.', 'é', 'xoxb-', '-----BEGIN PRIVATE KEY-----'],
    ...secrets,
  )
  const texts = fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join(''))

  for (const text of fc.sample(texts, { numRuns: 20_000, seed })) {
    const once = redactText(text)
    const twice = redactText(once)
    if (twice !== once) {
      t.fail(JSON.stringify({ text, once, twice }))
      break
    }
  }
})
