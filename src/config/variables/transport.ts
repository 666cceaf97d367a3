import { Type } from '@sinclair/typebox'
import { integer, text, word } from '../variable.js'

const group = 'Transport'
const transports = ['stdio', 'sse', 'streamable-http', 'http'] as const

/** How clients reach the service (behaviour spec §2.1, §8). The `MCP_` names win over the `FASTMCP_` ones. */
export const transportVariables = {
  MCP_TRANSPORT: Type.Optional(
    word(transports, {
      group,
      emptyIsUnset: true,
      description:
        '`stdio`, `streamable-http` (or `http`), or `sse` for the older HTTP+SSE. Default: stdio.',
      example: 'streamable-http',
    }),
  ),
  MCP_HOST: Type.Optional(
    text({
      group,
      description: 'Address a network transport listens on. Default: 0.0.0.0, every interface.',
      example: '127.0.0.1',
    }),
  ),
  MCP_PORT: Type.Optional(
    integer({
      group,
      maximum: 65_535,
      description: 'Port a network transport listens on. Default: 8000.',
      example: '8000',
    }),
  ),
  FASTMCP_TRANSPORT: word(transports, {
    group,
    reference: true,
    default: 'stdio',
    description: 'Older name of `MCP_TRANSPORT`.',
  }),
  FASTMCP_HOST: text({
    group,
    reference: true,
    default: '0.0.0.0',
    description: 'Older name of `MCP_HOST`.',
  }),
  FASTMCP_PORT: integer({
    group,
    reference: true,
    default: 8000,
    maximum: 65_535,
    description: 'Older name of `MCP_PORT`.',
  }),
  MCP_MAX_BODY_BYTES: integer({
    group,
    default: 262_144,
    minimum: 1024,
    maximum: 1_073_741_824,
    description: 'Bytes of a request body.',
  }),
  MCP_MAX_IMPORT_BODY_BYTES: integer({
    group,
    default: 73_400_320,
    minimum: 1024,
    maximum: 1_073_741_824,
    description: 'The same for callers whose role may import scans.',
  }),
  MCP_LEGACY_SESSIONS: word(['on', 'off'], {
    group,
    default: 'on',
    description:
      '`off` serves clients of the protocol editions up to 2025-11-25 without a session.',
  }),
  MCP_SESSION_IDLE_SECONDS: integer({
    group,
    default: 1800,
    maximum: 604_800,
    description: 'Seconds after which a session nobody used is closed.',
  }),
  MCP_SESSION_MAX_AGE_SECONDS: integer({
    group,
    default: 86_400,
    maximum: 31_536_000,
    description: 'Seconds after which a session is closed however much it is used.',
  }),
  MCP_MAX_SESSIONS: integer({
    group,
    default: 1000,
    maximum: 100_000,
    description: 'Sessions held at once.',
  }),
}
