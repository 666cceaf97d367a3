import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { forPeople } from '../../cli/doctor.js'
import { type Check, examine } from '../../src/doctor.js'
import { startCommand } from '../helpers/command.js'
import { fakeDojoKey as key } from '../helpers/environment.js'
import { testDirectory } from '../helpers/test-directory.js'
import { diagnose, dojo, find, listening, member, staff, superuser, worst } from './fake-dojo.js'

t.test('a sound installation has no problem', async (t) => {
  const { url } = await listening(t, dojo({ profile: staff }))

  const checks = await diagnose(t, { DEFECTDOJO_URL: url })

  t.same(worst(checks), [])
  t.match(find(checks, 'configuration'), { status: 'ok', found: 'stdio.' })
  t.match(find(checks, 'address'), { status: 'ok', found: `A DefectDojo API answers at ${url}.` })
  t.match(find(checks, 'clock'), { status: 'ok' })
  t.match(find(checks, 'version'), { status: 'ok', found: 'DefectDojo 3.2.0.' })
  t.match(find(checks, 'key'), { status: 'ok', found: 'DefectDojo takes DEFECTDOJO_API_KEY.' })
  t.match(find(checks, 'user'), { status: 'ok', found: /^The user 'mcp' is staff/ })
  t.match(find(checks, 'products'), { status: 'ok', found: 'The user sees 3 products.' })
})

t.test('the key goes only to what has shown to be a DefectDojo', async (t) => {
  const good = await listening(t, dojo({ profile: staff }))
  const other = await listening(t, (_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
  )

  await diagnose(t, { DEFECTDOJO_URL: good.url })
  await diagnose(t, { DEFECTDOJO_URL: other.url })

  t.same(good.seen, [
    ['/api/v2/user_profile/', undefined],
    ['/oa3/schema/?format=json', undefined],
    ['/api/v2/user_profile/', `Token ${key}`],
    ['/api/v2/products/?limit=1', `Token ${key}`],
  ])
  t.same(other.seen, [['/api/v2/user_profile/', undefined]])
})

t.test('a key that is refused is explained by what DefectDojo says', async (t) => {
  const cases: [detail: string, found: RegExp, advice: RegExp][] = [
    ['Invalid token.', /does not know DEFECTDOJO_API_KEY/, /Copy the key anew/],
    ['User inactive or deleted.', /inactive or deleted/, /Activate/],
    ['Authentication credentials were not provided.', /did not arrive/, /DD_API_TOKENS_ENABLED/],
    [`You sent ${key}\u001b[31m`, /^DefectDojo refuses DEFECTDOJO_API_KEY\.$/, /Check/],
  ]

  for (const [detail, found, advice] of cases) {
    const { url } = await listening(t, dojo({ refusal: { status: 403, detail } }))
    const checks = await diagnose(t, { DEFECTDOJO_URL: url })
    t.match(worst(checks), [{ name: 'key', found, advice }], detail)
    t.notOk(JSON.stringify(checks).includes(key))
  }
})

t.test('what the user may do is said for each kind of user', async (t) => {
  const roles = { product_member: [], product_type_member: [{}], dojo_group_member: [] }
  const cases: [profile: object, expected: object][] = [
    [
      superuser,
      { status: 'warning', found: /'admin' is a superuser/, advice: /a user of its own/ },
    ],
    [staff, { status: 'ok', found: /is staff/ }],
    [member, { status: 'ok', found: /neither staff nor superuser/, advice: /authorized_users/ }],
    [
      { ...member, ...roles },
      { status: 'ok', found: /no global role and 1 memberships/ },
    ],
    [
      { ...member, ...roles, global_role: { role: 2 } },
      { status: 'ok', found: /has a global role/ },
    ],
    [
      { ...member, ...roles, product_type_member: [] },
      { status: 'warning', found: /may see nothing/ },
    ],
    [
      { user: { username: `\u001b[2J${key}` } },
      { found: /^The user '\\x1b\[2J\*\*\*REDACTED\*\*\*'/ },
    ],
  ]

  for (const [profile, expected] of cases) {
    const { url } = await listening(t, dojo({ profile }))
    t.match(find(await diagnose(t, { DEFECTDOJO_URL: url }), 'user'), expected)
  }
})

t.test('a user that sees nothing is warned about', async (t) => {
  const { url } = await listening(t, dojo({ profile: member, products: 0 }))

  t.match(find(await diagnose(t, { DEFECTDOJO_URL: url }), 'products'), {
    status: 'warning',
    found: 'The user sees no product.',
  })
})

t.test('two keys are tried one by one', async (t) => {
  const { url } = await listening(t, dojo({ profile: staff }))

  const checks = await diagnose(t, {
    DEFECTDOJO_URL: url,
    DEFECTDOJO_API_KEY: undefined,
    DEFECTDOJO_READ_API_KEY: key,
    DEFECTDOJO_WRITE_API_KEY: 'fake-wrong-key',
  })

  t.match(find(checks, 'read key'), { status: 'ok' })
  t.match(find(checks, 'write key'), { status: 'problem', found: /DEFECTDOJO_WRITE_API_KEY/ })
})

t.test('clocks that differ and releases that are too old are said', async (t) => {
  const behind = await listening(
    t,
    dojo({ profile: staff, date: new Date(Date.now() - 60_000), version: '2.10.1' }),
  )
  const ahead = await listening(
    t,
    dojo({ profile: staff, date: new Date(Date.now() + 3_600_000), version: 'dev' }),
  )

  const one = await diagnose(t, { DEFECTDOJO_URL: behind.url })
  const other = await diagnose(t, { DEFECTDOJO_URL: ahead.url })

  t.match(find(one, 'clock'), {
    status: 'warning',
    found: /is (59|60|61) s ahead of that/,
    advice: /NTP/,
  })
  t.match(find(one, 'version'), { status: 'warning', found: 'DefectDojo 2.10.1.' })
  t.match(find(other, 'clock'), { status: 'problem', found: /is (3599|3600|3601) s behind that/ })
})

t.test(
  'a configuration that is wrong does not keep the doctor from trying the address',
  async (t) => {
    const { url } = await listening(t, dojo({ profile: staff }))

    const checks = await diagnose(t, {
      DEFECTDOJO_URL: url,
      MUTATION_RATE_LIMIT: 'foo',
      MCP_PORT: 'x',
      MCP_PROT: '1',
    })

    t.match(worst(checks), [
      { name: 'configuration', found: "MCP_PORT must be a positive integer, got 'x'" },
      { name: 'configuration', found: "MUTATION_RATE_LIMIT must be a positive integer, got 'foo'" },
    ])
    t.ok(checks.some(({ found }) => found === 'MCP_PROT is not known. Did you mean MCP_PORT?'))
    t.match(find(checks, 'key'), { status: 'ok' })
  },
)

t.test('nothing is asked of an address that the service would refuse', async (t) => {
  const { url, seen } = await listening(t, dojo({ profile: staff }))

  const checks = await diagnose(t, { DEFECTDOJO_URL: url, ALLOW_INSECURE_HTTP: 'false' })

  t.same(seen, [])
  t.match(worst(checks), [{ name: 'configuration', found: /TLS is required/ }])
})

t.test('an old Node.js and a .env that others can read are said', async (t) => {
  const directory = testDirectory(t, { '.env': 'LOG_LEVEL=DEBUG\n' })
  const look = (mode: number, nodeVersion: string) => {
    chmodSync(join(directory, '.env'), mode)
    return examine({ environment: {}, directory, nodeVersion, now: Date.now, timeoutMs: 100 })
  }

  const open = await look(0o644, '18.20.1')
  t.match(find(open, 'runtime'), { status: 'problem', found: 'Node.js 18.20.1 is too old.' })
  t.match(find(open, 'environment'), { status: 'warning', advice: /chmod 600/ })
  t.match(find(await look(0o600, '22.0.0'), 'environment'), { status: 'ok' })
})

t.test(
  'the command prints one JSON line, and says by its status that something is wrong',
  async (t) => {
    const { url } = await listening(t, dojo({ profile: superuser }))
    const cwd = testDirectory(t, {
      '.env': `DEFECTDOJO_URL=${url}\nALLOW_INSECURE_HTTP=true\nDEFECTDOJO_API_KEY=fake-wrong-key\n`,
    })

    const command = startCommand(t, ['doctor', '--json'], { cwd })

    t.equal(await command.ended(), 1)
    const { stdout, stderr } = command.output()
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] }
    t.equal(ok, false)
    t.match(worst(checks), [{ name: 'key', found: /^DefectDojo does not know DEFECTDOJO_API_KEY/ }])
    t.notOk(`${stdout}${stderr}`.includes('fake-wrong-key'))
  },
)

t.test('for people, what to do stands below what was found', async (t) => {
  t.equal(
    forPeople([
      { name: 'runtime', status: 'ok', found: 'Node.js 24.1.0.' },
      { name: 'clock', status: 'warning', found: 'It is late.', advice: 'Look at it.' },
    ]),
    'ok       runtime        Node.js 24.1.0.\n' +
      'warning  clock          It is late.\n' +
      '                        Look at it.\n\n' +
      'The service can work: 1 warning.\n',
  )
  t.match(
    forPeople([{ name: 'key', status: 'problem', found: 'No.' }]),
    'The service cannot work like this: 1 problem, 0 warnings.\n',
  )
})
