/** How a tool call ended. */
export interface ToolResult {
  readonly isError: boolean
  readonly text: string
  readonly structured: Readonly<Record<string, unknown>> | null
}

export interface CallOptions {
  /** Asks for progress, and hears it. */
  readonly onProgress?: (progress: number) => void
  /** Cancels the call as this client does it. */
  readonly signal?: AbortSignal
}

export interface Prompt {
  readonly name: string
  readonly arguments: readonly string[]
}

/** What a value is suggested for: an argument of a prompt, or of a resource template. */
export type Owner = { readonly prompt: string } | { readonly template: string }

/** What is asked of every client, whoever wrote it. Each of these rejects when the client says that it failed. */
export interface McpClient {
  /** Names. */
  listTools(): Promise<readonly string[]>
  callTool(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): Promise<ToolResult>
  /** Addresses. */
  listResources(): Promise<readonly string[]>
  listTemplates(): Promise<readonly string[]>
  readResource(uri: string): Promise<string>
  listPrompts(): Promise<readonly Prompt[]>
  getPrompt(name: string, args: Readonly<Record<string, string>>): Promise<string>
  complete(owner: Owner, argument: string, typed: string): Promise<readonly string[]>
  close(): Promise<void>
}

/** Where a client connects, and as whom. */
export interface Endpoint {
  readonly url: string
  readonly token: string
}
