import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernHttp,
} from '@modelcontextprotocol/client'
import { StdioClientTransport as ModernStdio } from '@modelcontextprotocol/client/stdio'
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StdioClientTransport as LegacyStdio } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as LegacyHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv'

export interface Answer {
  readonly isError: boolean
  readonly text: string
  readonly structured: Record<string, unknown> | undefined
}

/** What the tests need of a client, whichever SDK it is from. */
export interface TestClient {
  tools(): Promise<{ name: string; [member: string]: unknown }[]>
  call(name: string, args?: Record<string, unknown>): Promise<Answer>
  close(): Promise<void>
}

export type Server =
  | { readonly url: string; readonly token?: string | undefined }
  | { readonly command: string; readonly args: string[]; readonly env: Record<string, string> }

type Validator = ReturnType<AjvJsonSchemaValidator['getValidator']>

/** The SDK's own validator of results, but compiled once per schema and process instead of once per connection. */
const ajv = new AjvJsonSchemaValidator()
const compiled = new Map<string, Validator>()
const jsonSchemaValidator = {
  getValidator<T>(schema: unknown) {
    const text = JSON.stringify(schema)
    const validator = compiled.get(text) ?? ajv.getValidator(schema as never)
    compiled.set(text, validator)
    return validator as ReturnType<typeof ajv.getValidator<T>>
  },
}

const info = { name: 'test-client', version: '1.0.0' }
const headersOf = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

interface AnyClient {
  listTools(): Promise<{ tools: unknown[] }>
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>
  close(): Promise<void>
}

function wrap(client: AnyClient): TestClient {
  return {
    async tools() {
      return (await client.listTools()).tools as { name: string }[]
    },
    async call(name, args = {}) {
      const result = (await client.callTool({ name, arguments: args })) as {
        isError?: boolean
        content: { text: string }[]
        structuredContent?: Record<string, unknown>
      }
      return {
        isError: result.isError === true,
        text: result.content[0]?.text ?? '',
        structured: result.structuredContent,
      }
    },
    close: () => client.close(),
  }
}

/** The SDK's 1.x client: a 2025-era client as most hosts ship it. */
export async function connectLegacy(server: Server): Promise<TestClient> {
  const client = new LegacyClient(info, { jsonSchemaValidator })
  const transport =
    'url' in server
      ? new LegacyHttp(new URL(server.url), { requestInit: { headers: headersOf(server.token) } })
      : new LegacyStdio({ ...server, stderr: 'ignore' })
  await client.connect(transport as Parameters<LegacyClient['connect']>[0])
  return wrap(client as unknown as AnyClient)
}

/** The SDK's 2.x client, pinned to 2026-07-28 or finding out by itself. */
export async function connectModern(
  server: Server,
  mode: 'auto' | { pin: '2026-07-28' } = { pin: '2026-07-28' },
): Promise<TestClient> {
  const client = new ModernClient(info, { versionNegotiation: { mode }, jsonSchemaValidator })
  const transport =
    'url' in server
      ? new ModernHttp(new URL(server.url), { requestInit: { headers: headersOf(server.token) } })
      : new ModernStdio({ ...server, stderr: 'ignore' })
  await client.connect(transport)
  return wrap(client as unknown as AnyClient)
}

/** The 1.x client over HTTP+SSE. */
export async function connectSse(url: string, token?: string): Promise<TestClient> {
  const client = new LegacyClient(info, { jsonSchemaValidator })
  const headers = headersOf(token)
  const transport = new SSEClientTransport(new URL(url), {
    requestInit: { headers },
    eventSourceInit: {
      fetch: (input, init) =>
        fetch(input, {
          ...init,
          headers: { ...(init.headers as Record<string, string>), ...headers },
        }),
    },
  })
  await client.connect(transport as Parameters<LegacyClient['connect']>[0])
  return wrap(client as unknown as AnyClient)
}
