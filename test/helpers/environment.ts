import { ConfigError } from '../../src/config/config-error.js'
import type { Environment } from '../../src/config/secrets.js'

/** Long enough, obviously fake, and not what a secret scanner looks for. */
export const fakeDojoKey = ['0123456789abcdef', 'fake-dojo-key'].join('-')
export const fakeToken = ['fake', 'token', 'of', 'thirty', 'two', 'chars'].join('-')
export const fakeAuditKey = 'an audit key that is only used in tests'

/** A complete configuration for stdio, without anything to warn about. */
export const stdioEnvironment: Environment = {
  DEFECTDOJO_URL: 'https://dojo.test',
  DEFECTDOJO_API_KEY: fakeDojoKey,
  AUDIT_HMAC_KEY: fakeAuditKey,
}

/** A complete configuration for a network transport. */
export const networkEnvironment: Environment = {
  ...stdioEnvironment,
  MCP_TRANSPORT: 'streamable-http',
  MCP_ROLE_CI: `${fakeToken}:scanner`,
  MCP_ALLOWED_HOSTS: 'mcp.test',
}

/** The refusal that `load` ends in. */
export function refusalOf(load: () => unknown): ConfigError {
  try {
    load()
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('the configuration was accepted')
}
