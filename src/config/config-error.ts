import type { Notice } from './notice.js'

/** The configuration is not usable. `problems` are all of them, one line each, each naming its variable; none holds a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  constructor(
    readonly problems: readonly string[],
    /** Warnings that may explain the problems, such as a variable under a wrong name. */
    readonly notices: readonly Notice[] = [],
  ) {
    super(problems.join('\n'))
  }
}
