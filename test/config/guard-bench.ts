import type { Files } from '../../src/config/files.js'
import { loadConfig } from '../../src/config/load.js'
import type { Notice } from '../../src/config/notice.js'
import type { Environment } from '../../src/config/secrets.js'
import { networkEnvironment, refusalOf } from '../helpers/environment.js'

const files: Files = { readText: () => null, canAppend: (path) => path.startsWith('/var/log/') }

/** A network transport with nothing to warn about. */
export const network: Environment = {
  ...networkEnvironment,
  AUDIT_LOG_FILE: '/var/log/audit.jsonl',
}

/** Loads as at start, without looking at this machine's files. */
export const load = (environment: Environment) => loadConfig(environment, files)

/** The problems and notices of a refused start. */
export const refusal = (environment: Environment) => refusalOf(() => load(environment))

/** What the notices say, of one level or of all. */
export const messages = (notices: readonly Notice[], level?: Notice['level']): string[] =>
  notices
    .filter((notice) => level === undefined || notice.level === level)
    .map(({ message }) => message)
