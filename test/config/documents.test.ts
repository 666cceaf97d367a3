import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import t from 'tap'
import { configurationTable, envExample, renewReadme, toolTable } from '../../scripts/documents.js'
import { loadConfig } from '../../src/config/load.js'
import { variables } from '../../src/config/schema.js'
import { tools } from '../../src/tools/index.js'
import { fakeDojoKey, fakeToken } from '../helpers/environment.js'

const file = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../..', name), 'utf8')

t.test('.env.example and README are current: npm run docs renews them', async (t) => {
  t.equal(file('.env.example'), envExample())
  t.equal(file('README.md'), renewReadme(file('README.md')))
})

t.test('.env.example and README name every variable', async (t) => {
  const example = file('.env.example')
  const readme = file('README.md')

  for (const { name } of variables) {
    t.match(example, new RegExp(`^(# )?${name}=`, 'm'), name)
    t.ok(readme.includes(`| \`${name}\``), name)
  }
  t.match(example, /^# MCP_ROLE_\w+=.+:scanner$/m)
  t.ok(readme.includes('| `MCP_ROLE_<NAME>`'))
})

t.test('.env.example needs only the key to start, and every line is accepted', async (t) => {
  const written = file('.env.example')
  const everyLine = written
    .replaceAll(/^# (?=[A-Z_]+=)/gm, '')
    // A token that stands in a public file must not work as it is, so it has to be filled in.
    .replaceAll(/<32 random characters>/g, fakeToken.padEnd(32, '-'))
  const usable = Object.entries(parseEnv(everyLine)).filter(
    // Files that exist only where the service is installed, and a role that stdio alone has.
    ([name, value]) =>
      value !== '' && !/(_CA|_FILE|SYSLOG_CERT|SYSLOG_KEY|SPOOL_DIR|STDIO_ROLE)$/.test(name),
  )

  t.doesNotThrow(() => loadConfig({ ...parseEnv(written), DEFECTDOJO_API_KEY: fakeDojoKey }))
  const { notices } = loadConfig({
    ...Object.fromEntries(usable),
    DEFECTDOJO_API_KEY: fakeDojoKey,
    AUDIT_HMAC_KEY: 'an audit key that is only used in tests',
  })
  t.same(
    notices
      .map(({ message }) => message)
      .filter(
        (message) =>
          !/^(FASTMCP|AUDIT_LOG_FILE|Neither AUDIT_LOG_FILE)|has no effect without AUDIT_LOG_/.test(
            message,
          ),
      ),
    [],
  )
})

t.test('the tables say what each tool and variable is', async (t) => {
  t.equal(toolTable().split('\n').length, tools.length + 2)
  t.match(configurationTable(), '| `MUTATION_RATE_LIMIT` | `60` |')
  t.match(configurationTable(), '| `DEFECTDOJO_API_KEY` | **needed** (secret) |')
})

t.test('a README without the markers is an error rather than lost', async (t) => {
  t.throws(() => renewReadme('# nothing here'), /config:begin/)
  t.throws(() => renewReadme('<!-- config:end --> <!-- config:begin -->'), /config:begin/)
})
