import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.js'
import { refusalOf } from '../helpers/environment.js'
import { testDirectory } from '../helpers/test-directory.js'
import { load, messages, network } from './guard-bench.js'

t.test('what is chosen against the trail is said aloud', async (t) => {
  t.match(messages(load({ ...network, AUDIT_FAILURE_MODE: 'open' }).notices, 'CRITICAL'), [
    /^AUDIT_FAILURE_MODE=open — while the audit trail cannot be written, changes are made/,
  ])
  t.match(messages(load({ ...network, AUDIT_CHAIN_BREAK: 'new_chain' }).notices), [
    /^AUDIT_CHAIN_BREAK=new_chain — .*Take it out again/,
  ])
})

t.test('what has no effect is said, too', async (t) => {
  for (const name of [
    'AUDIT_LOG_MAX_BYTES',
    'AUDIT_LOG_MAX_AGE_HOURS',
    'AUDIT_LOG_RETENTION_DAYS',
  ]) {
    const { notices } = load({ ...network, AUDIT_LOG_FILE: undefined, [name]: '8192' })
    t.ok(messages(notices).includes(`${name} has no effect without AUDIT_LOG_FILE`))
  }
  t.match(messages(load({ ...network, AUDIT_LOG_RETENTION_DAYS: '30' }).notices), [
    /^AUDIT_LOG_RETENTION_DAYS deletes only files that this service closed/,
  ])
  const rotating = { ...network, AUDIT_LOG_RETENTION_DAYS: '30', AUDIT_LOG_MAX_BYTES: '8192' }
  t.same(load(rotating).notices, [])
})

t.test('keys that were used before are read from a file, and are secrets', async (t) => {
  const directory = testDirectory(t, { keys: 'the first key\r\n\nthe second key\n', none: '\n' })
  const withFile = (name: string) => ({
    ...network,
    AUDIT_LOG_FILE: join(directory, 'audit.jsonl'),
    AUDIT_HMAC_PREVIOUS_KEYS_FILE: join(directory, name),
  })

  const { config } = loadConfig(withFile('keys'))

  t.same(config.auditPreviousKeys, ['the first key', 'the second key'])
  t.ok(config.secrets.includes('the second key'))
  for (const name of ['none', 'missing']) {
    t.match(refusalOf(() => loadConfig(withFile(name))).problems, [
      /^AUDIT_HMAC_PREVIOUS_KEYS_FILE must be the path of a readable file with a key per line/,
    ])
  }
})

t.test('the signing key must be one for Ed25519, and is not shown', async (t) => {
  const pem = { type: 'pkcs8', format: 'pem' } as const
  const good = generateKeyPairSync('ed25519').privateKey.export(pem).toString()
  const directory = testDirectory(t, {
    good,
    rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pem).toString(),
    prose: 'not a key',
  })
  const withFile = (name: string) => ({
    ...network,
    AUDIT_LOG_FILE: join(directory, 'audit.jsonl'),
    AUDIT_CHECKPOINT_SIGNING_KEY_FILE: join(directory, name),
  })

  t.equal(loadConfig(withFile('good')).config.auditSigningKey, good)
  const cases = {
    rsa: 'is not an Ed25519 key but rsa',
    prose: 'is not a private key',
    gone: 'cannot be read',
  }
  for (const [name, reason] of Object.entries(cases)) {
    const { problems } = refusalOf(() => loadConfig(withFile(name)))
    t.match(problems, [/^AUDIT_CHECKPOINT_SIGNING_KEY_FILE must be the path of a readable Ed25519/])
    t.match(problems[0], reason)
    t.notMatch(problems[0], 'PRIVATE KEY')
  }
})
