import { spawnSync } from 'node:child_process'

/**
 * Options of a test that needs programs from outside: where one is missing it is skipped and says so, but never in CI, where it
 * fails for lack of it.
 */
export function needs(...programs: readonly string[]): { skip: string | false } {
  if (process.env.CI === 'true') return { skip: false }
  const missing = programs.filter((program) => spawnSync(program, ['--help']).error !== undefined)
  return { skip: missing.length > 0 && `needs ${missing.join(' and ')} (Debian: apt install)` }
}
