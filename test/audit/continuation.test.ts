import { createHmac, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import t, { type Test } from 'tap'
import type { AuditLogOptions } from '../../src/audit/create-audit-log.js'
import { verifyTrail } from '../../src/audit/verify/verify-trail.js'
import { call, copyOf, type Entry, entries, key, openTrail, settled } from './open-trail.js'

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1)
const recordsIn = (file: string): Entry[] => entries(readFileSync(file, 'utf8'))
const check = (file: string, keys = [key]) =>
  verifyTrail({ files: [file], keys: keys.map((text) => Buffer.from(text)) })

/** A trail that was closed in order, with a few calls in it. */
async function endedTrail(t: Test, options: Partial<AuditLogOptions> = {}): Promise<string> {
  const { audit, file } = await openTrail(t, options)
  await settled(audit)
  await settled(audit)
  await audit.close('lifespan_exit')
  return file
}

/** A trail on disk whose process is gone without a word. */
async function killedTrail(t: Test, ...intents: string[]): Promise<string> {
  const { audit, file } = await openTrail(t)
  await settled(audit)
  const { identity } = call()
  for (const requestId of intents) {
    await audit.intent(call({ identity: { ...identity, requestId } }))
  }
  return copyOf(file)
}

t.test('a trail that was closed in order is attested to its last record', async (t) => {
  const file = await endedTrail(t)

  const last = linesOf(file).at(-1)
  t.equal(linesOf(`${file}.checkpoints`).at(-1), last)
  t.match(JSON.parse(last ?? ''), { event_type: 'audit_checkpoint', cause: 'shutdown' })
  t.match(await check(file), { verdict: 'complete', chains: [{ unattestedTail: 0 }] })
})

t.test('a checkpoint comes after 999 records, and a minute after the first', async (t) => {
  const { audit, file, timers } = await openTrail(t)
  for (let at = 0; at < 1_500; at++) audit.event('INFO', 'x', { event_type: 'lifecycle' })
  await settled(audit)

  const causes = () =>
    recordsIn(file).flatMap(({ cause, seq }) => (cause === undefined ? [] : [[cause, seq]]))
  t.strictSame(causes(), [['records', 1000]])
  for (const timer of timers) timer()
  await settled(audit)
  t.strictSame(causes(), [
    ['records', 1000],
    ['age', 1504],
  ])
  await audit.close('lifespan_exit')
})

t.test('what a crash left without a checkpoint gets one at the next start', async (t) => {
  const file = await killedTrail(t)
  t.match(await check(file), { verdict: 'intact', chains: [{ attestedSeq: null }] })

  const { audit } = await openTrail(t, { file })
  await audit.close('lifespan_exit')

  t.match(recordsIn(`${file}.checkpoints`), [
    { cause: 'start', seq: 4, covers_from_seq: 1, previous_checkpoint_sha256: null },
    { cause: 'shutdown', seq: 6, covers_from_seq: 5 },
  ])
  t.match(await check(file), { verdict: 'complete', chains: [{ checkpoints: { matched: 2 } }] })
})

t.test('a change that a crash interrupted is recorded as of unknown outcome', async (t) => {
  const file = await killedTrail(t, 'request-1', 'request-2')

  const { audit, lines } = await openTrail(t, { file })
  await audit.close('lifespan_exit')

  t.match(
    entries(lines.join('\n')).filter(({ event_type: type }) => type === 'audit'),
    ['request-1', 'request-2'].map((requestId) => ({
      request_id: requestId,
      tool_name: 'close_finding',
      authenticated_caller_id: 'ci',
      outcome: 'unknown_outcome',
      reason: 'interrupted',
      request_params: { finding_id: 42 },
    })),
  )
  t.match(await check(file), {
    verdict: 'intact',
    chains: [{ inDoubt: { count: 2, requestIds: ['request-1', 'request-2'] } }],
  })
})

t.test('also when a checkpoint stands between the intent and the crash', async (t) => {
  const { audit, file, timers } = await openTrail(t)
  await audit.intent(call())
  for (const timer of timers) timer()
  await settled(await openCopy(t, file))
  const copy = copyOf(file)

  const { lines } = await openTrail(t, { file: copy })

  t.match(
    entries(lines.join('\n')).find(({ reason }) => reason === 'interrupted'),
    {
      request_id: call().identity.requestId,
      outcome: 'unknown_outcome',
      tool_name: 'close_finding',
      request_params: { finding_id: 42 },
    },
  )
  await audit.close('lifespan_exit')
})

/** Waits until what `audit` has in hand is on disk. */
async function openCopy(t: Test, file: string) {
  const { audit } = await openTrail(t, { file: copyOf(file) })
  return audit
}

t.test(
  'a checkpoint that a crash kept from being copied is copied at the next start',
  async (t) => {
    const file = await endedTrail(t)
    const copied = readFileSync(`${file}.checkpoints`, 'utf8')
    rmSync(`${file}.checkpoints`)

    const { audit } = await openTrail(t, { file })
    await audit.close('lifespan_exit')

    t.ok(readFileSync(`${file}.checkpoints`, 'utf8').startsWith(copied))
  },
)

t.test('a file that was moved away while nothing ran is gone on from', async (t) => {
  for (const killed of [false, true]) {
    const file = killed ? await killedTrail(t) : await endedTrail(t)
    const before = recordsIn(file).at(-1)
    renameSync(file, `${file}.1`)

    const { audit } = await openTrail(t, { file })
    await audit.close('lifespan_exit')

    t.match(recordsIn(file), [
      { chain_event: 'file_opened', cause: 'resumed', previous_hmac: before?.integrity_hmac },
      { chain_event: 'chain_start', resumed_from_prior: true, chain_id: before?.chain_id },
    ])
    const report = await verifyTrail({ files: [`${file}.1`, file], keys: [Buffer.from(key)] })
    t.match(report, { verdict: 'complete', chains: [{ firstSeq: 1, beginning: 'given' }] })
  }
})

t.test('files beside the trail that only have a name like it stay as they are', async (t) => {
  const file = await endedTrail(t)
  rmSync(file)
  const others = {
    '.bak': 'no line feed at its end',
    '-notes': '{"timestamp": "half',
    '.zip': '\0',
  }
  for (const [ending, text] of Object.entries(others)) writeFileSync(file + ending, text)

  const { audit } = await openTrail(t, { file })
  await audit.close('lifespan_exit')

  for (const [ending, text] of Object.entries(others)) {
    t.equal(readFileSync(file + ending, 'utf8'), text)
  }
})

t.test('a trail that was closed in order goes on even when its file is gone', async (t) => {
  const file = await endedTrail(t)
  rmSync(file)

  const { audit } = await openTrail(t, { file })
  await audit.close('lifespan_exit')

  t.match(recordsIn(file)[0], { chain_event: 'file_opened', cause: 'resumed', seq: 6 })
  t.match(await check(file), { verdict: 'tampered', problem: { kind: 'missing' } })
})

t.test(
  'a trail that lacks what its checkpoints name is not gone on with, unless told',
  async (t) => {
    const cases = {
      'records cut off': async (file: string) => truncateSync(file, linesOf(file)[0]?.length ?? 0),
      'file gone after a crash': async (file: string) => {
        const { audit } = await openTrail(t, { file })
        await settled(audit)
        await audit.close('lifespan_exit')
        const checkpoints = linesOf(`${file}.checkpoints`)
        writeFileSync(`${file}.checkpoints`, `${checkpoints.at(0)}\n`)
        rmSync(file)
      },
      'an older file put back': async (file: string) => {
        const older = readFileSync(file)
        const { audit } = await openTrail(t, { file })
        await settled(audit)
        await audit.close('lifespan_exit')
        writeFileSync(file, older)
      },
      'a checkpoint forged': async (file: string) => {
        const text = readFileSync(`${file}.checkpoints`, 'utf8')
        writeFileSync(
          `${file}.checkpoints`,
          text.replace('"cause": "shutdown"', '"cause": "records"'),
        )
      },
    }
    for (const [name, spoil] of Object.entries(cases)) {
      const file = name === 'file gone after a crash' ? await killedTrail(t) : await endedTrail(t)
      await spoil(file)

      await t.rejects(
        openTrail(t, { file }),
        {
          message:
            /^AUDIT_LOG_FILE lacks records that its checkpoints name .*AUDIT_CHAIN_BREAK=new_chain/,
        },
        name,
      )
      const told = await openTrail(t, { file, onBreak: 'new_chain' })
      await told.audit.close('lifespan_exit')
      const again = await openTrail(t, { file })
      await again.audit.close('lifespan_exit')

      t.match(
        entries(told.lines.join('\n')),
        [
          {
            chain_event: 'chain_start',
            prior_tail_status: 'broken',
            seq: 1,
            checkpoint_seq: Number,
          },
          { level: 'CRITICAL', event_type: 'security_warning', prior_tail_status: 'broken' },
        ],
        name,
      )
      t.match(entries(again.lines.join('\n'))[0], { prior_tail_status: 'resumed' }, name)
      if (name !== 'a checkpoint forged') t.match(await check(file), { verdict: 'tampered' }, name)
    }
  },
)

t.test('checkpoints of a key that is no longer known do not stop a start', async (t) => {
  const file = await endedTrail(t, { key: 'a key that was lost' })
  const fresh = await openTrail(t, { file })
  await fresh.audit.close('lifespan_exit')
  writeFileSync(`${file}.checkpoints`, `${linesOf(`${file}.checkpoints`)[0]}\n`)

  const { lines } = await openTrail(t, { file })

  t.match(entries(lines.join('\n'))[0], { prior_tail_status: 'resumed' })
})

t.test('a new key goes on with the chain, and both keys vouch for it', async (t) => {
  const file = await endedTrail(t)
  const before = recordsIn(file).at(-1)
  const options = { file, key: 'the-next-audit-key', previousKeys: ['unused', key] }

  const { audit, lines } = await openTrail(t, options)
  await audit.close('lifespan_exit')

  const [rotated, start] = entries(lines.join('\n'))
  t.match(rotated, {
    chain_event: 'key_rotated',
    key_id: before?.key_id,
    new_key_id: start?.key_id,
    new_key_hmac: createHmac('sha256', 'the-next-audit-key')
      .update(`${before?.integrity_hmac}|${start?.key_id}`)
      .digest('hex'),
  })
  t.not(start?.key_id, before?.key_id)
  t.match(start, {
    chain_event: 'chain_start',
    prior_tail_status: 'resumed',
    chain_id: before?.chain_id,
  })
  t.match(await check(file, [key, 'the-next-audit-key']), { verdict: 'complete' })
  t.match(await check(file, ['the-next-audit-key']), { verdict: 'not_verifiable' })
})

t.test('a key id may not stand for two keys', async (t) => {
  const file = await endedTrail(t, { keyId: '2026' })
  const options = { file, keyId: '2026', key: 'the-next-audit-key', previousKeys: [key] }

  await t.rejects(openTrail(t, options), { message: /^AUDIT_HMAC_KEY_ID must change with the key/ })
  t.equal(existsSync(`${file}.lock`), false)
})

t.test('signed checkpoints are verified with the public key alone', async (t) => {
  const pair = generateKeyPairSync('ed25519')
  const signingKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const file = await endedTrail(t, { signingKey })

  const [line = ''] = linesOf(`${file}.checkpoints`)
  const at = line.indexOf(', "signature": "')
  const { signature } = JSON.parse(line)
  const text = Buffer.from(`${line.slice(0, at)}}`)
  t.ok(verify(null, text, createPublicKey(signingKey), Buffer.from(signature, 'base64')))
  const publicOnly = { files: [file], keys: [], publicKey: pair.publicKey }
  t.match(await verifyTrail(publicOnly), { verdict: 'complete' })
  writeFileSync(file, readFileSync(file, 'utf8').replace('"finding_id": 42', '"finding_id": 43'))
  t.match(await verifyTrail(publicOnly), { verdict: 'tampered', problem: { kind: 'edited' } })
})

t.test('half a line in the checkpoints is cut back before the next one', async (t) => {
  const file = await endedTrail(t)
  appendFileSync(`${file}.checkpoints`, '{"timestamp": "half')

  const { audit } = await openTrail(t, { file })
  await audit.close('lifespan_exit')

  t.equal(recordsIn(`${file}.checkpoints`).length, 2)
  t.match(await check(file), { verdict: 'complete' })
})
