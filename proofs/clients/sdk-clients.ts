import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernHttp,
  type VersionNegotiationOptions,
} from '@modelcontextprotocol/client'
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport as LegacyHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Endpoint, McpClient, Owner } from './mcp-client.js'
import { soon } from './soon.js'

type LegacyTransport = Parameters<LegacyClient['connect']>[0]

/** Has the form of the one in Node, and may go about it in another way. */
export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>

const info = { name: 'proof', version: '1.0.0' }
const headersOf = ({ token }: Endpoint) => ({ authorization: `Bearer ${token}` })

/** The 1.x client: a 2025-era client as most hosts ship it. */
export async function connectSdk1(endpoint: Endpoint, fetch?: Fetch): Promise<McpClient> {
  const client = new LegacyClient(info)
  const transport = new LegacyHttp(new URL(endpoint.url), {
    requestInit: { headers: headersOf(endpoint) },
    ...(fetch && { fetch }),
  })
  await soon('a connection', client.connect(transport as LegacyTransport))
  return wrap({
    ...methodsOf(client as unknown as SdkClient),
    // Between the parameters and the options it has the schema of the result, which 2.x no longer has.
    callTool: (params, options) => client.callTool(params, undefined, options),
    async close() {
      await transport.terminateSession()
      await client.close()
    },
  })
}

/** The 1.x client over the older HTTP+SSE transport. */
export async function connectSdk1Sse(
  endpoint: Endpoint,
  fetch: Fetch = globalThis.fetch,
): Promise<McpClient> {
  const client = new LegacyClient(info)
  const headers = headersOf(endpoint)
  const transport = new SSEClientTransport(new URL(endpoint.url), {
    requestInit: { headers },
    fetch,
    eventSourceInit: {
      fetch: (url, init) =>
        fetch(url, { ...init, headers: { ...init.headers, ...headers } } as RequestInit),
    },
  })
  await soon('a connection', client.connect(transport as LegacyTransport))
  return wrap({
    ...methodsOf(client as unknown as SdkClient),
    callTool: (params, options) => client.callTool(params, undefined, options),
  })
}

/** The 2.x client, which speaks to both generations. */
export async function connectSdk2(
  mode: NonNullable<VersionNegotiationOptions['mode']>,
  endpoint: Endpoint,
  fetch?: Fetch,
): Promise<McpClient> {
  const client = new ModernClient(info, { versionNegotiation: { mode } })
  const transport = new ModernHttp(new URL(endpoint.url), {
    requestInit: { headers: headersOf(endpoint) },
    ...(fetch && { fetch }),
  })
  await soon('a connection', client.connect(transport))
  return wrap({
    ...methodsOf(client as unknown as SdkClient),
    async close() {
      if (transport.sessionId !== undefined) await transport.terminateSession()
      await client.close()
    },
  })
}

interface SdkOptions {
  readonly onprogress?: (progress: { progress: number }) => void
  readonly signal?: AbortSignal
}

/** What the clients of both lines have in common. */
interface SdkClient {
  listTools(): Promise<{ tools: { name: string }[] }>
  callTool(
    params: { name: string; arguments: Record<string, unknown> },
    options?: SdkOptions,
  ): Promise<unknown>
  listResources(): Promise<{ resources: { uri: string }[] }>
  listResourceTemplates(): Promise<{ resourceTemplates: { uriTemplate: string }[] }>
  readResource(params: { uri: string }): Promise<{ contents: { text?: string }[] }>
  listPrompts(): Promise<{ prompts: { name: string; arguments?: { name: string }[] }[] }>
  getPrompt(params: {
    name: string
    arguments: Record<string, string>
  }): Promise<{ messages: { content: { text?: string } }[] }>
  complete(params: object): Promise<{ completion: { values: string[] } }>
  close(): Promise<void>
}

/** The methods by themselves, so that some can be replaced. */
function methodsOf(client: SdkClient): SdkClient {
  return {
    listTools: () => client.listTools(),
    callTool: (params, options) => client.callTool(params, options),
    listResources: () => client.listResources(),
    listResourceTemplates: () => client.listResourceTemplates(),
    readResource: (params) => client.readResource(params),
    listPrompts: () => client.listPrompts(),
    getPrompt: (params) => client.getPrompt(params),
    complete: (params) => client.complete(params),
    close: () => client.close(),
  }
}

const referenceTo = (owner: Owner) =>
  'prompt' in owner
    ? { type: 'ref/prompt', name: owner.prompt }
    : { type: 'ref/resource', uri: owner.template }

function wrap(client: SdkClient): McpClient {
  return {
    async listTools() {
      return (await client.listTools()).tools.map(({ name }) => name)
    },
    async callTool(name, args, { onProgress, signal } = {}) {
      const result = (await client.callTool(
        { name, arguments: { ...args } },
        {
          ...(onProgress && { onprogress: ({ progress }) => onProgress(progress) }),
          ...(signal && { signal }),
        },
      )) as {
        isError?: boolean
        content: { text?: string }[]
        structuredContent?: Record<string, unknown>
      }
      return {
        isError: result.isError === true,
        text: result.content[0]?.text ?? '',
        structured: result.structuredContent ?? null,
      }
    },
    async listResources() {
      return (await client.listResources()).resources.map(({ uri }) => uri)
    },
    async listTemplates() {
      const { resourceTemplates } = await client.listResourceTemplates()
      return resourceTemplates.map(({ uriTemplate }) => uriTemplate)
    },
    async readResource(uri) {
      return (await client.readResource({ uri })).contents[0]?.text ?? ''
    },
    async listPrompts() {
      const { prompts } = await client.listPrompts()
      return prompts.map((prompt) => ({
        name: prompt.name,
        arguments: (prompt.arguments ?? []).map(({ name }) => name),
      }))
    },
    async getPrompt(name, args) {
      const { messages } = await client.getPrompt({ name, arguments: { ...args } })
      return messages[0]?.content.text ?? ''
    },
    async complete(owner, argument, typed) {
      const { completion } = await client.complete({
        ref: referenceTo(owner),
        argument: { name: argument, value: typed },
      })
      return completion.values
    },
    close: () => client.close(),
  }
}
