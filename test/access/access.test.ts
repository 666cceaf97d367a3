import t from 'tap'
import { challenge } from '../../src/access/challenge.js'
import { checkTrustedProxies, createClientAddress } from '../../src/access/client-address.js'
import { rolePermissions, roles } from '../../src/access/permissions.js'
import { createStaticTokens } from '../../src/access/static-tokens.js'
import { fakeToken } from '../helpers/environment.js'

const tokens = createStaticTokens(
  roles.map((role) => ({ id: `${role}-id`, role, token: `${fakeToken}:${role}` })),
)

t.test('a token is its caller, however the scheme is written', async (t) => {
  for (const role of roles) {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
      t.match(await tokens.authenticate(`${scheme} ${fakeToken}:${role}`), {
        caller: {
          id: `${role}-id`,
          role,
          authenticated: true,
          permissions: rolePermissions[role],
        },
      })
    }
  }
})

t.test('anything that is not exactly one known token is refused, without showing it', async (t) => {
  const good = `${fakeToken}:reader`
  const refused: (string | undefined)[] = [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Bearer  ${good}`,
    ` Bearer ${good}`,
    `Bearer ${good} `,
    `Bearer\t${good}`,
    `Bearer ${good}\n`,
    `Bearer ${good}\u0000`,
    `Bearer ${good}, Bearer ${good}`,
    `Bearer ${good},`,
    `Bearer ${good}x`,
    `Bearer ${good.slice(0, -1)}`,
    `Bearer ${good.toUpperCase()}`,
    `Bearer "${good}"`,
    `Bearer=${good}`,
    `Bearer:${good}`,
    `Bearer${good}`,
    good,
    `Token ${good}`,
    `Basic ${Buffer.from(`x:${good}`).toString('base64')}`,
    `DPoP ${good}`,
    `Bearer Bearer ${good}`,
    `Bearer ${encodeURIComponent(good)}`,
    `Bearer ${'x'.repeat(100_000)}`,
    'Bearer constructor',
    'Bearer __proto__',
    'Bearer café',
  ]

  for (const header of refused) {
    const result = await tokens.authenticate(header)
    const label = JSON.stringify(header)?.slice(0, 60) ?? 'no header'
    t.match(
      result,
      { refusal: { error: 'invalid_token', description: /^Authentication failed\. / } },
      label,
    )
    t.notOk(JSON.stringify(result).includes(fakeToken), label)
  }
})

t.test('nothing of the authenticator holds a token in clear', async (t) => {
  t.same(Object.keys(tokens), ['authenticate'])
  t.notOk(JSON.stringify(tokens).includes(fakeToken))
})

t.test('without tokens nobody is let in', async (t) => {
  t.match(await createStaticTokens([]).authenticate('Bearer x'), { refusal: {} })
})

t.test('a challenge is a valid header and says the same as its body', async (t) => {
  const result = await tokens.authenticate(undefined)
  const description = 'refusal' in result ? result.refusal.description : ''

  const { header, body } = challenge(description)

  t.equal(header, `Bearer error="invalid_token", error_description="${body.error_description}"`)
  t.match(header, /^[\x20-\x7e]+$/)
  t.notMatch(description, /["\\]/)
  t.same(body, { error: 'invalid_token', error_description: description })
  t.notMatch(header, 'resource_metadata')
})

t.test('nobody is believed about the client address unless trusted', async (t) => {
  const address = createClientAddress([])

  t.equal(address('192.0.2.1', '203.0.113.9'), '192.0.2.1')
  t.equal(address('::ffff:192.0.2.1', undefined), '192.0.2.1')
  t.equal(address(undefined, '203.0.113.9'), null)
})

t.test('only what trusted proxies have written counts', async (t) => {
  const address = createClientAddress([
    '10.0.0.0/8',
    '2001:db8:5::/48',
    '192.0.2.7',
    '::ffff:198.51.100.0/120',
  ])
  const cases: [remote: string, forwarded: string | string[] | undefined, client: string][] = [
    ['203.0.113.9', '198.18.0.1', '203.0.113.9'],
    ['10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['10.1.2.3', undefined, '10.1.2.3'],
    ['10.1.2.3', '', '10.1.2.3'],
    ['10.1.2.3', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['10.1.2.3', '6.6.6.6, 203.0.113.9, 10.9.9.9', '203.0.113.9'],
    ['10.1.2.3', ['6.6.6.6', '203.0.113.9, 10.9.9.9'], '203.0.113.9'],
    ['10.1.2.3', '10.0.0.5, 10.0.0.6', '10.0.0.5'],
    ['::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['2001:db8:5::9', '2001:DB8:0:0::1', '2001:db8::1'],
    ['2001:db8:6::9', '203.0.113.9', '2001:db8:6::9'],
    ['192.0.2.7', '203.0.113.9:4711', '203.0.113.9'],
    ['192.0.2.7', '[2001:db8::1]:4711', '2001:db8::1'],
    ['192.0.2.8', '203.0.113.9', '192.0.2.8'],
    ['198.51.100.4', '203.0.113.9', '203.0.113.9'],
    ['10.1.2.3', 'unknown', '10.1.2.3'],
    ['10.1.2.3', '6.6.6.6, garbage, 10.9.9.9', '10.9.9.9'],
    ['10.1.2.3', '127.1', '10.1.2.3'],
    ['10.1.2.3', '203.0.113.9\nforged', '10.1.2.3'],
    ['fe80::1%eth0', '203.0.113.9', 'fe80::1'],
    ['10.1.2.3', `${'6.6.6.6,'.repeat(10_000)}203.0.113.9`, '203.0.113.9'],
  ]

  for (const [remote, forwarded, client] of cases) {
    t.equal(address(remote, forwarded), client, `${remote} <- ${String(forwarded).slice(0, 60)}`)
  }
})

t.test('a number of proxies counts from the connection backwards', async (t) => {
  t.equal(createClientAddress(['1'])('192.0.2.1', '6.6.6.6, 203.0.113.9'), '203.0.113.9')
  t.equal(createClientAddress(['2'])('192.0.2.1', '6.6.6.6, 203.0.113.9, 10.0.0.1'), '203.0.113.9')
  t.equal(createClientAddress(['3'])('192.0.2.1', '203.0.113.9'), '203.0.113.9')
  t.equal(createClientAddress(['0'])('192.0.2.1', '203.0.113.9'), '192.0.2.1')
})

t.test('networks that would believe half the world are refused', async (t) => {
  const wide = [
    '0.0.0.0/0',
    '0.0.0.0/1',
    '10.0.0.0/7',
    '::/0',
    '::/1',
    '2000::/3',
    '::/80',
    '::/96',
    '::ffff:0:0/96',
    '::ffff:10.0.0.0/8',
    '::ffff:10.0.0.0/103',
    '0:0:0:0:0:ffff:0a00:0000/8',
    'fc00::/6',
    '2000::/15',
  ]
  const wrong = [
    'true',
    'loopback',
    '10.0.0',
    '10.0.0.0/33',
    '::1/129',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '010.0.0.1',
    '17',
  ]
  const fine = [
    '10.0.0.0/8',
    '192.168.0.0/16',
    '127.0.0.1',
    '::1',
    'fd00::/8',
    'fc00::/7',
    '2001:db8::/32',
    '::ffff:10.0.0.0/104',
    '3',
    '0',
  ]

  for (const entry of [...wide, ...wrong])
    t.match(checkTrustedProxies([entry]), { got: entry }, entry)
  for (const entry of fine) t.equal(checkTrustedProxies([entry]), null, entry)
  t.match(checkTrustedProxies(['10.0.0.1', '2']), { got: '2' })
  t.equal(checkTrustedProxies([]), null)
})
