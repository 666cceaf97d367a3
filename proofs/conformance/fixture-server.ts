import { McpServer, type Server } from '@modelcontextprotocol/server'
import type { ServerFactory } from '../../src/mcp/create-server.js'
import { addAskingTools } from './asking-tools.js'
import { addContentTools, addSchemaTools } from './content-tools.js'
import { addInputRequired, verifyRequestState } from './input-required.js'
import { addPrompts } from './prompts.js'
import { addResources } from './resources.js'
import { addRunningTools } from './running-tools.js'

/** Makes the server whose tools, resources and prompts the conformance runner asks for by name. */
export const createFixtureServer: ServerFactory = (exchange) => {
  const server = new McpServer(
    { name: 'mcp-defectdojo-conformance', version: '1.0.0' },
    {
      // As the product has them, and the subscriptions that two scenarios ask for. The class would promise changes of its lists.
      capabilities: {
        tools: { listChanged: false },
        resources: { listChanged: false, subscribe: true },
        prompts: { listChanged: false },
        completions: {},
        logging: {},
      },
      requestState: { verify: verifyRequestState },
    },
  )
  addContentTools(server)
  addSchemaTools(server)
  addRunningTools(server)
  addAskingTools(server)
  addInputRequired(server)
  addResources(server)
  addPrompts(server)
  // Only of this class does the SDK compare `Mcp-Param-*` headers with the arguments, and only where an exchange has a server of its
  // own. The endpoint asks nothing else of it there; no tool of the product has such a header.
  const ownExchange = exchange !== undefined && exchange.sessionId === null
  return ownExchange ? (server as unknown as Server) : server.server
}
