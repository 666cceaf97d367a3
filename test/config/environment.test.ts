import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadDotEnv } from '../../src/config/dot-env.js'
import { loadConfig } from '../../src/config/load.js'
import { editDistance } from '../../src/config/near-misses.js'
import type { Environment } from '../../src/config/secrets.js'
import {
  fakeDojoKey as dojoKey,
  refusalOf,
  stdioEnvironment as stdio,
} from '../helpers/environment.js'
import { testDirectory } from '../helpers/test-directory.js'

const warningsOf = (environment: Environment): string[] =>
  loadConfig(environment).notices.map(({ message }) => message)

t.test(
  '.env of the working directory completes the environment and overrides nothing',
  async (t) => {
    const directory = testDirectory(t, {
      '.env':
        '\uFEFFDEFECTDOJO_URL=https://dojo.test\nMCP_ROLE_CI="a#b:c:reader"\nLOG_LEVEL=DEBUG # loud\nMCP_HOST=::1\n',
    })

    const environment = loadDotEnv(directory, { LOG_LEVEL: 'ERROR', MCP_HOST: '', PATH: undefined })

    t.same(
      { ...environment },
      {
        DEFECTDOJO_URL: 'https://dojo.test',
        MCP_ROLE_CI: 'a#b:c:reader',
        LOG_LEVEL: 'ERROR',
        MCP_HOST: '',
      },
    )
    t.same(loadDotEnv(join(directory, 'nowhere'), { A: '1' }), { A: '1' })
  },
)

t.test('.env is refused where it would be misread', async (t) => {
  const directory = testDirectory(t, {
    '.env': 'MCP_ROLE_CI=half#token:reader\nA=b # comment\nC=# nothing\n',
  })

  t.same(refusalOf(() => loadDotEnv(directory, {})).problems, [
    'MCP_ROLE_CI must be in quotes in .env, because its value contains a #',
  ])
  const other = testDirectory(t)
  mkdirSync(join(other, '.env'))
  t.match(refusalOf(() => loadDotEnv(other, {})).problems, [/^\.env exists .* \(EISDIR\)$/])
})

t.test('near misses are named', async (t) => {
  const cases: [name: string, meant: string][] = [
    ['DEFECTDOJO_API_KYE', 'DEFECTDOJO_API_KEY'],
    ['DEFECTDOJO_APIKEY', 'DEFECTDOJO_API_KEY'],
    ['DEFECTDOJO_TOKEN', 'DEFECTDOJO_API_KEY'],
    ['defectdojo_url', 'DEFECTDOJO_URL'],
    ['AUDIT_HMAC_KEY_FIEL', 'AUDIT_HMAC_KEY_FILE'],
    ['AUDIT_LOGFILE', 'AUDIT_LOG_FILE'],
    ['AUDIT_LOG_HTTPS_BATCHSIZE', 'AUDIT_LOG_HTTPS_BATCH_SIZE'],
    ['MUTATION_RATELIMIT', 'MUTATION_RATE_LIMIT'],
    ['MUTATIONS_RATE_WINDOW', 'MUTATION_RATE_WINDOW'],
    ['FASTMCP_PROT', 'FASTMCP_PORT'],
    ['MCP_TRANSPROT', 'MCP_TRANSPORT'],
    ['MCP_ROLES_CI', 'MCP_ROLE_<NAME>'],
    ['MCP_ROLECI', 'MCP_ROLE_<NAME>'],
    ['mcp_role_ci', 'MCP_ROLE_<NAME>'],
    ['MCP_ALLOWED_HOST', 'MCP_ALLOWED_HOSTS'],
    ['REQUIRE_AUHT', 'REQUIRE_AUTH'],
    ['ALLOW_INSECURE_HTTPS', 'ALLOW_INSECURE_HTTP'],
    ['UNTRUSTED_CONTENT_WRAPING', 'UNTRUSTED_CONTENT_WRAPPING'],
  ]

  for (const [name, meant] of cases) {
    t.same(warningsOf({ ...stdio, [name]: 'x:y' }), [
      `${name} is not known. Did you mean ${meant}?`,
    ])
  }
})

t.test('foreign variables are left alone', async (t) => {
  const foreign = [
    'PATH',
    'HOME',
    'LOGNAME',
    'MCP_TIMEOUT',
    'MCP_DEBUG_CONSOLE',
    'LOG_LEVELS_X',
    'AUDITOR',
    'NO_COLOR',
    'HTTP_PROXY',
    'https_proxy',
  ]

  t.same(
    warningsOf({ ...stdio, ...Object.fromEntries(foreign.map((name) => [name, 'http://x'])) }),
    [],
  )
})

t.test(
  'variables of the reference that have no effect here are named with what to do',
  async (t) => {
    const cases = [
      ['FASTMCP_LOG_LEVEL', 'use LOG_LEVEL'],
      ['FASTMCP_STREAMABLE_HTTP_PATH', 'the path is /mcp'],
      ['FASTMCP_STATELESS_HTTP', 'use MCP_LEGACY_SESSIONS=off'],
      ['ALL_PROXY', 'use HTTPS_PROXY'],
      ['SSL_CERT_FILE', 'use DEFECTDOJO_CA or NODE_EXTRA_CA_CERTS'],
    ] as const

    for (const [name, advice] of cases) {
      t.same(warningsOf({ ...stdio, [name]: 'x' }), [`${name} has no effect here: ${advice}`])
    }
    t.same(warningsOf({ ...stdio, SSL_CERT_FILE: 'x', NODE_EXTRA_CA_CERTS: 'x' }), [])
  },
)

t.test('a warning about a name comes with the problems it explains', async (t) => {
  const { problems, notices } = refusalOf(() =>
    loadConfig({ DEFECTDOJO_URL: 'https://dojo.test', DEFECTDOJO_TOKEN: dojoKey }),
  )

  t.match(problems, [/^DEFECTDOJO_URL and DEFECTDOJO_API_KEY must be set\./])
  t.match(notices, [{ message: 'DEFECTDOJO_TOKEN is not known. Did you mean DEFECTDOJO_API_KEY?' }])
})

t.test('the distance of two names counts slips of the hand', async (t) => {
  t.equal(editDistance('KEY', 'KEY'), 0)
  t.equal(editDistance('KEY', 'KYE'), 1)
  t.equal(editDistance('KEY', 'KE'), 1)
  t.equal(editDistance('', 'KEY'), 3)
  t.equal(editDistance('kitten', 'sitting'), 3)
})
