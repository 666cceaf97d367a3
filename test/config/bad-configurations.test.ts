import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { badConfigurations, completeEnvironment } from '../../proofs/bad-configuration-table.js'
import { loadConfig } from '../../src/config/load.js'
import { fakeAuditKey, fakeDojoKey, fakeToken, refusalOf } from '../helpers/environment.js'
import { testDirectory } from '../helpers/test-directory.js'

t.test(
  'each bad configuration is one line that names its variable and holds no secret',
  async (t) => {
    const secrets = { dojoKey: fakeDojoKey, token: fakeToken, auditKey: fakeAuditKey }
    const directory = testDirectory(t, { 'not-a-certificate.pem': 'hello' })
    writeFileSync(join(directory, 'key'), fakeAuditKey)
    const bad = badConfigurations(secrets, directory)
    t.ok(bad.length >= 40)

    for (const [name, change] of bad) {
      const { problems, notices } = refusalOf(() =>
        loadConfig({ ...completeEnvironment(secrets), ...change }),
      )

      const label = JSON.stringify(change)
      t.equal(problems.length, 1, `${label}: ${problems.join(' | ')}`)
      t.match(problems[0], new RegExp(`\\b${name}`), label)
      t.notMatch(problems[0], /[\r\n]/)
      const written = [...problems, ...notices.map(({ message }) => message)].join('\n')
      for (const secret of Object.values(secrets)) {
        t.notOk(written.includes(secret), `${label} shows no secret`)
      }
    }
  },
)
