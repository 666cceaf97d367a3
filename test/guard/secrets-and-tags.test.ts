import fc from 'fast-check'
import t from 'tap'
import { findSecret, redactSecrets, secretRefusal } from '../../src/guard/secret-catalogue.js'
import { secretClasses } from '../../src/guard/secret-classes.js'
import { normaliseTag, tagRefusal } from '../../src/guard/tag-rules.js'

const seed = 74_001
const fake = (prefix: string, length: number, characters = 'aB3'): string =>
  prefix + characters.repeat(length).slice(0, length)
/** A header of a key file; in parts, so that scanners of this repository do not stumble over it. */
const pemLine = (edge: 'BEGIN' | 'END', kind: string): string =>
  ['-----', edge, ' ', kind, 'PRIVATE KEY', '-----'].join('')

/** What each class must find, in whole. All are made up. */
const examples: Readonly<Record<string, readonly string[]>> = {
  aws_access_key: [fake('AKIA', 16, 'A1B')],
  aws_secret_assignment: ['AWS_SECRET_ACCESS_KEY=abc', 'aws_secret_access_key = wJalr/x+y'],
  generic_api_key_assignment: [
    'MY_API_KEY=abcdef12',
    'x-stripe_apikey = 12345678'.slice(2),
    'client_secret=Zm9vYmFyYmF6',
    'DB_PASSWORD = "s3cretValue"',
    'csrf_token=f3b2a19c88e7',
  ],
  password_assignment: ['password=correcthorse1', 'PASSWORD = Tr0ub4dor&3xyz'],
  passwd_assignment: ['passwd=correcthorse1'],
  token_assignment: ['token=correcthorse1'],
  secret_assignment: ['secret=correcthorse1'],
  bearer_token: [
    fake('Bearer ', 20),
    'bearer abc123def456',
    'Bearer 550e8400-e29b-41d4-a716-446655440000',
    'BEARER eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
    'Bearer abcdefghijklmnopqrstuvwx',
  ],
  pem_private_key: [
    pemLine('BEGIN', ''),
    pemLine('BEGIN', 'RSA '),
    pemLine('BEGIN', 'OPENSSH '),
    `${pemLine('BEGIN', 'ENCRYPTED ')}\nProc-Type: 4,ENCRYPTED\n\n${fake('', 64)}\n${fake('', 9)}=\n${pemLine('END', 'ENCRYPTED ')}`,
    `${pemLine('BEGIN', 'EC ')}\\n${fake('', 64)}\\n${pemLine('END', 'EC ')}`,
  ],
  github_pat: [fake('ghp_', 36)],
  github_oauth: [fake('gho_', 36)],
  github_user_to_server: [fake('ghu_', 36)],
  github_server_to_server: [fake('ghs_', 36)],
  github_refresh: [fake('ghr_', 76)],
  gitlab_pat: [fake('glpat-', 20)],
  slack_token: [fake('xoxb-', 10), fake('xoxp-', 30, '12-')],
  base64_near_auth: [
    fake('auth: ', 40),
    fake('Authorization -> ', 60, 'aB3/+'),
    fake('token\n', 40, 'f'),
  ],
  github_pat_finegrained: [fake('github_pat_', 82, 'aB_')],
  vault_token: [fake('hvs.', 24), fake('hvb.', 90)],
  vault_legacy_token: [fake('s.', 24), fake('s.', 24, 'a')],
  anthropic_api_key: [fake('sk-ant-', 40, 'a-_')],
  openai_project_key: [fake('sk-proj-', 40)],
  stripe_live_key: [fake('sk_live_', 24), fake('rk_live_', 24)],
  twilio_account_sid: [fake('AC', 32, '0af')],
  twilio_api_key_sid: [fake('SK', 32, '0af')],
  sendgrid_api_key: [`${fake('SG.', 20)}.${fake('', 40)}`],
  ed25519_private_key: [pemLine('BEGIN', 'ED25519 ')],
  ecdsa_private_key: [pemLine('BEGIN', 'ECDSA ')],
}

t.test('every class finds its own, wherever it stands in a text', async (t) => {
  t.strictSame(
    Object.keys(examples),
    secretClasses.map(({ name }) => name),
  )

  for (const [name, texts] of Object.entries(examples)) {
    for (const text of texts) {
      t.equal(findSecret(text), name, name)
      t.equal(redactSecrets(`see (${text} ) there`), `see ([REDACTED:${name}] ) there`, name)
    }
  }
})

t.test('ordinary words of reports are no secrets', async (t) => {
  const harmless = [
    'bearer authentication',
    'Bearer tokens are accepted in the query string',
    'The bearer authentication-scheme of RFC 6750, bearer rfc6750-compliant',
    'bearer JwtSecurityTokenHandler',
    'csrf_token=abc',
    'db_password=<value>',
    'DB_PASSWORD="<your database password>"',
    ['db_password=$', '{DB_PASSWORD} and API_TOKEN=$CI_JOB_TOKEN'].join(''),
    'api_token={{ secrets.API_TOKEN }}',
    'AWS_SECRET_ACCESS_KEY=<value>',
    'AWS_SECRET_ACCESS_KEY=YOUR_SECRET_KEY_HERE',
    'password=your_password_here',
    'password=<the-password>, token=****************',
    'MAILCHIMP_API_KEY="38c47f19e3***..."',
    'access_token = request.headers.get("x")',
    'client_secret = os.environ["CLIENT_SECRET"]',
    'user_password = getPassword(user)',
    'sql = "... WHERE password=\'" + password + "\'"',
    'query("password=\'"+password+"\'")',
    'password = short',
    'if (user_password == null)',
    's.getDefaultAuthenticationProvider()',
    `Authorization\n${'='.repeat(60)}`,
    'auth: src/main/java/com/example/security/filters/TokenFilter/x',
    'the token [REDACTED:github_pat] and password=[REDACTED]',
    'commit 4e3baced086bb8725599b53b72ab0f0566b1e36c',
  ]

  for (const text of harmless) {
    t.equal(findSecret(text), null, text)
    t.equal(redactSecrets(text), text)
  }
})

t.test('a real secret behind or inside a placeholder is found', async (t) => {
  const text = `db_password=<value> then db_password=s3cretValue1 and password=<${fake('AKIA', 16, 'A1B')}>`

  t.equal(findSecret(text), 'generic_api_key_assignment')
  t.equal(
    redactSecrets(text),
    'db_password=<value> then [REDACTED:generic_api_key_assignment] and password=<[REDACTED:aws_access_key]>',
  )
  t.equal(findSecret('a_token=<b_token=SuperSecret123>'), 'generic_api_key_assignment')
})

t.test(
  'the leftmost secret wins, and of two at one place the class that stands first',
  async (t) => {
    const key = fake('AKIA', 16, 'A1B')

    t.equal(findSecret(`${fake('ghp_', 36)} ${key}`), 'github_pat')
    t.equal(findSecret(`token = ${fake('', 44)}`), 'token_assignment')
    t.equal(redactSecrets(`password=${key}-and-more`), '[REDACTED:password_assignment]')
  },
)

t.test(
  'redaction applied twice changes nothing, and leaves no secret of the catalogue',
  async (t) => {
    t.comment(`seed ${seed}`)
    const part = fc.oneof(
      fc.constantFrom(...Object.values(examples).flat()),
      fc.constantFrom(
        'password=',
        'x_token = ',
        'auth ',
        'Bearer ',
        '<',
        '>',
        '${',
        '}',
        '"',
        ' ',
        '\n',
        '***',
        '=',
        '.',
        '[REDACTED:',
        ']',
      ),
      fc.string({ maxLength: 6 }),
    )

    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const once = redactSecrets(parts.join(''))
        if (redactSecrets(once) !== once) throw new Error('changed again')
        if (findSecret(once) !== null) throw new Error('still a secret')
      }),
      { seed, numRuns: 5_000 },
    )
  },
)

t.test('a hostile megabyte takes no longer than an ordinary one', async (t) => {
  const units = [
    'a',
    'a_',
    '-',
    '=',
    ' ',
    'password',
    'password ',
    'password=<x> ',
    'x_token ',
    'xtoken',
    'bearer ',
    'auth-',
    'auth,',
    'AKIA',
    'SG.aaaaaaaaaaaaaaaaaaaaaaaaa.',
    's.a',
    'ghp_',
    '\\n',
    '/aaaaaaa',
    `${pemLine('BEGIN', '')}\n${fake('', 16)}\n`,
  ]
  const texts = [
    ...units.map((unit) => unit.repeat(1_000_000 / unit.length)),
    `auth${' '.repeat(1_000_000)}`,
    `password${' '.repeat(1_000_000)}`,
    `${pemLine('BEGIN', '')}\n${'A'.repeat(1_000_000)}`,
    pemLine('BEGIN', '') + '\nProc-Type:a'.repeat(80_000),
  ]

  for (const text of texts) {
    const startedAt = process.cpuUsage().user
    redactSecrets(text)
    const milliseconds = (process.cpuUsage().user - startedAt) / 1_000

    t.ok(
      milliseconds < 1_000,
      `${JSON.stringify(text.slice(0, 24))}: ${milliseconds.toFixed(0)} ms`,
    )
  }
})

t.test('the refusal of a secret names field and class', async (t) => {
  t.equal(
    secretRefusal('description', 'github_pat'),
    'description appears to contain an embedded secret (github_pat). Remove credentials before storing — secrets in vulnerability records are exposed to every reader.',
  )
})

t.test('tags are refused in the reference’s order and words', async (t) => {
  const control = 'tag must not contain control or line-break characters'
  const disallowed =
    "tag contains disallowed characters — only letters, digits, and '._:/-+ ' are accepted (parentheses, equals signs, and similar function-call syntax are rejected)"
  const refusals: readonly [tag: unknown, refusal: string | null][] = [
    ['severity:high', null],
    ['Team_A/sub.x-1+2', null],
    ['a'.repeat(500), null],
    [7, 'tag must be a string'],
    [null, 'tag must be a string'],
    ['', 'tag must not be empty'],
    [
      'a,b',
      'tag must not contain commas — DefectDojo splits comma-separated values into multiple tags',
    ],
    [
      'a,\n',
      'tag must not contain commas — DefectDojo splits comma-separated values into multiple tags',
    ],
    ['a\n', control],
    ['a\u200bb', control],
    ['a\u2028b', control],
    ['a\ud800', control],
    ['x=1', disallowed],
    ['f(x)', disallowed],
    ['café', disallowed],
    [
      'two words',
      "tag must not contain spaces — DefectDojo refuses them; join the words with '-' or '_'",
    ],
  ]

  for (const [index, [tag, refusal]] of refusals.entries()) {
    t.equal(tagRefusal(tag), refusal, `tag ${index}`)
  }
  t.equal(normaliseTag('Team-A'), 'team-a')
})
