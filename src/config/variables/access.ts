import { Type } from '@sinclair/typebox'
import { roles } from '../../access/permissions.js'
import { flag, headerSecret, integer, list, word } from '../variable.js'

const group = 'Access'

/** Who may call (behaviour spec §2.3, §3). The role tokens themselves are {@link roleTokenVariable}. */
export const accessVariables = {
  MCP_AUTH_TOKEN: Type.Optional(
    headerSecret({
      group,
      reference: true,
      description:
        'A single token with the role admin (caller id `mcp-client`). Prefer `MCP_ROLE_<NAME>`.',
    }),
  ),
  MCP_READ_TOKEN: Type.Optional(
    headerSecret({
      group,
      reference: true,
      description:
        'A single token with the role reader (caller id `mcp-read-client`). Prefer `MCP_ROLE_<NAME>`.',
    }),
  ),
  MCP_MIN_TOKEN_LENGTH: Type.Optional(
    integer({
      group,
      maximum: 1024,
      description: 'Refuse to start with a token of fewer characters; not set only warns below 16.',
      example: '32',
    }),
  ),
  REQUIRE_AUTH: flag({
    group,
    reference: true,
    default: true,
    description:
      '`false` lets a network transport start without any token: every caller may do everything.',
  }),
  MCP_STDIO_ROLE: Type.Optional(
    word(roles, {
      group,
      emptyIsUnset: true,
      description: 'Role of the caller on stdio; not set means everything is allowed.',
      example: 'reader',
    }),
  ),
  MCP_ALLOWED_HOSTS: list({
    group,
    description:
      'Names under which clients reach the service (`Host` header), or `*`. Not set: loopback names only when bound to loopback or without auth, else any.',
    example: 'mcp.example.com',
  }),
  MCP_ALLOWED_ORIGINS: list({
    group,
    description:
      'Web origins that may call from a browser; a request with another `Origin` is refused.',
    example: 'https://console.example.com',
  }),
  MCP_TRUSTED_PROXIES: list({
    group,
    description:
      'Addresses or networks of proxies whose `X-Forwarded-For` is believed, or their number. Not set: none.',
    example: '10.0.3.0/24',
  }),
}

/** Every variable that begins so binds one token to one role. */
export const roleTokenPrefix = 'MCP_ROLE_'

/** What the documentation says of the role tokens: one variable each, so they cannot stand in the schema by name. */
export const roleTokenVariable = {
  name: `${roleTokenPrefix}<NAME>`,
  group,
  reference: true,
  secret: true,
  description:
    '`<token>:<role>` with the role admin, writer, scanner or reader. The name, lower-cased, is the caller id in the audit trail. Any number of them.',
  example: 'MCP_ROLE_CI=<32 random characters>:scanner',
} as const
