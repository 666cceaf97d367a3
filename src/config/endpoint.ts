import { configWarning, type Notice } from './notice.js'
import type { Variables } from './schema.js'

/** How clients reach the service. */
export interface Endpoint {
  readonly transport: 'stdio' | 'sse' | 'streamable-http'
  /** As it was configured (`http` is another word for `streamable-http`), for messages. */
  readonly transportName: string
  readonly onNetwork: boolean
  readonly host: string
  readonly port: number
}

/** `MCP_*` wins over `FASTMCP_*`; where both are set and differ, that is said. */
export function endpointOf(
  variables: Variables,
  isSet: (name: keyof Variables) => boolean,
): { endpoint: Endpoint; notices: Notice[] } {
  const name = variables.MCP_TRANSPORT ?? variables.FASTMCP_TRANSPORT
  const endpoint: Endpoint = {
    transport: name === 'http' ? 'streamable-http' : name,
    transportName: name,
    onNetwork: name !== 'stdio',
    host: variables.MCP_HOST ?? variables.FASTMCP_HOST,
    port: variables.MCP_PORT ?? variables.FASTMCP_PORT,
  }
  const notices = (['TRANSPORT', 'HOST', 'PORT'] as const)
    .filter((part) => {
      const ours = variables[`MCP_${part}`]
      const theirs = `FASTMCP_${part}` as const
      return ours !== undefined && isSet(theirs) && ours !== variables[theirs]
    })
    .map((part) => configWarning(`FASTMCP_${part} has no effect: MCP_${part} is set too, and wins`))
  return { endpoint, notices }
}

/** Whether nobody outside this machine can reach a server bound to `host`. */
export const isLoopback = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host)
