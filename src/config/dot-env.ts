import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigError } from './config-error.js'
import type { Environment } from './secrets.js'

/**
 * The environment completed by the `.env` file of `directory`, if there is one; a variable that is already set, even to nothing,
 * keeps its value.
 *
 * @throws ConfigError if the file cannot be read, or would be misread.
 */
export function loadDotEnv(directory: string, environment: Environment): Environment {
  const path = join(directory, '.env')
  let text: string
  try {
    text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return environment
    throw new ConfigError([`.env exists in the working directory but cannot be read (${code})`])
  }
  const problems = cutValues(text)
  if (problems.length > 0) throw new ConfigError(problems)
  const present = Object.entries(environment).filter(([, value]) => value !== undefined)
  return { ...parseEnv(text), ...Object.fromEntries(present) }
}

/** Node's parser takes every `#` outside quotes for a comment, so a token with one in it would silently be half a token. */
function cutValues(text: string): string[] {
  return [...text.matchAll(/^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*([^\s"'`#][^\r\n]*)$/gm)]
    .filter(([, , value = '']) => /\S#/.test(value))
    .map(([, name]) => `${name} must be in quotes in .env, because its value contains a #`)
}
