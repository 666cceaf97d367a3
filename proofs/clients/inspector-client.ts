import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Endpoint, McpClient } from './mcp-client.js'

export interface Inspector {
  /** A Node that is new enough for it. */
  readonly node: string
  /** Its program. */
  readonly program: string
  /** Its folder for what it remembers. */
  readonly home: string
  readonly era: 'legacy' | 'modern'
}

/** The CLI of the MCP Inspector, which is a client for one request each time it is run. */
export function createInspectorClient(
  { node, program, home, era }: Inspector,
  { url, token }: Endpoint,
): McpClient {
  /** Its answer; Ctrl-C when `signal` aborts. */
  async function run<T>(method: string, args: readonly string[], signal?: AbortSignal): Promise<T> {
    const child = spawn(
      node,
      [
        ...[program, '--cli', url, '--transport', 'http', '--protocol-era', era],
        ...['--header', `Authorization: Bearer ${token}`, '--quiet', '--format', 'json'],
        ...['--method', method, ...args],
      ],
      { env: { PATH: process.env.PATH ?? '', HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const interrupt = (): void => void child.kill('SIGINT')
    signal?.addEventListener('abort', interrupt, { once: true })
    process.once('exit', interrupt)
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    await once(child, 'close')
    process.off('exit', interrupt)
    if (stdout.trim() === '') throw new Error(stderr.trim().slice(-400))
    return (JSON.parse(stdout) as { result: T }).result
  }

  return {
    async listTools() {
      const { tools } = await run<{ tools: { name: string }[] }>('tools/list', [])
      return tools.map(({ name }) => name)
    },
    async callTool(name, args, { signal } = {}) {
      const result = await run<{
        isError?: boolean
        content: { text: string }[]
        structuredContent?: Record<string, unknown>
      }>('tools/call', ['--tool-name', name, '--tool-args-json', JSON.stringify(args)], signal)
      return {
        isError: result.isError === true,
        text: result.content[0]?.text ?? '',
        structured: result.structuredContent ?? null,
      }
    },
    async listResources() {
      const { resources } = await run<{ resources: { uri: string }[] }>('resources/list', [])
      return resources.map(({ uri }) => uri)
    },
    async listTemplates() {
      const { resourceTemplates } = await run<{ resourceTemplates: { uriTemplate: string }[] }>(
        'resources/templates/list',
        [],
      )
      return resourceTemplates.map(({ uriTemplate }) => uriTemplate)
    },
    async readResource(uri) {
      const { contents } = await run<{ contents: { text: string }[] }>('resources/read', [
        '--uri',
        uri,
      ])
      return contents[0]?.text ?? ''
    },
    async listPrompts() {
      const { prompts } = await run<{
        prompts: { name: string; arguments?: { name: string }[] }[]
      }>('prompts/list', [])
      return prompts.map((prompt) => ({
        name: prompt.name,
        arguments: (prompt.arguments ?? []).map(({ name }) => name),
      }))
    },
    async getPrompt(name, args) {
      const pairs = Object.entries(args).map(([key, value]) => `${key}=${value}`)
      const { messages } = await run<{ messages: { content: { text: string } }[] }>('prompts/get', [
        ...['--prompt-name', name, '--prompt-args', ...pairs],
      ])
      return messages[0]?.content.text ?? ''
    },
    complete: () => Promise.reject(new Error('it has no option for the argument')),
    async close() {},
  }
}
