import { configWarning } from './notice.js'
import type { Quote } from './quote.js'
import { readVariable } from './read-variable.js'
import { type Variables, variables } from './schema.js'
import type { Environment } from './secrets.js'
import type { GuardResult } from './startup-guards.js'

/**
 * Reads every variable of the schema. One that is wrong is a problem and has its default in `values`, so that the guards can go
 * on looking; a required one that is missing has no value, and its guard says so.
 */
export function readAll(
  environment: Environment,
  quote: Quote,
): GuardResult & { readonly values: Variables } {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  const warnings: string[] = []
  for (const variable of variables) {
    const result = readVariable(variable, environment[variable.name], quote)
    if ('problem' in result) problems.push(result.problem)
    else if (result.warning !== undefined) warnings.push(result.warning)
    const value = 'value' in result ? result.value : variable.defaultValue
    if (value !== undefined) values[variable.name] = Object.freeze(value)
  }
  return {
    problems,
    notices: warnings.map(configWarning),
    // Each value was checked against its own schema or is that schema's default, which a test checks.
    values: values as unknown as Variables,
  }
}

/** The environment with the lower-case spellings that other tools read too, where ours is not set. */
export function withAliases(environment: Environment): Environment {
  const added: Record<string, string> = {}
  for (const { name, alias } of variables) {
    const value = alias === undefined ? undefined : environment[alias]
    if (value !== undefined && environment[name] === undefined) added[name] = value
  }
  return { ...environment, ...added }
}
