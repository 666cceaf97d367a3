import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { McpClient, Prompt, ToolResult } from './mcp-client.js'

/** A program that does with a client what it is told, as `commands.py` describes. */
export interface Driver {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

interface Reply {
  readonly id: number
  readonly progress?: number
  readonly result?: unknown
  readonly error?: string
}

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  readonly onProgress?: ((progress: number) => void) | undefined
}

/** Starts the program; what the client is asked before it has connected waits. */
export function startDrivenClient({ command, args, env }: Driver): McpClient {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const exit = once(child, 'close')
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  // A proof that fails half-way leaves nobody behind.
  const abandon = (): void => void child.kill('SIGKILL')
  process.once('exit', abandon)
  void exit.then(() => {
    process.off('exit', abandon)
    for (const { reject } of waiting.values()) {
      reject(new Error(`the client has ended: ${stderr.trim().slice(-400)}`))
    }
  })
  child.stdin.on('error', () => {})
  createInterface(child.stdout).on('line', (line) => {
    const { id, progress, result, error } = JSON.parse(line) as Reply
    const call = waiting.get(id)
    if (progress !== undefined) {
      call?.onProgress?.(progress)
      return
    }
    waiting.delete(id)
    if (error === undefined) call?.resolve(result)
    else call?.reject(new Error(error))
  })

  const send = (message: object): void => void child.stdin.write(`${JSON.stringify(message)}\n`)
  function ask<T>(
    method: string,
    params: object = {},
    onProgress?: (progress: number) => void,
    signal?: AbortSignal,
  ): Promise<T> {
    const id = ++lastId
    const answer = new Promise<T>((resolve, reject) => {
      waiting.set(id, { resolve: resolve as Waiting['resolve'], reject, onProgress })
    })
    if (child.exitCode !== null) return Promise.reject(new Error(stderr.trim().slice(-400)))
    send({ id, method, params: { ...params, ...(onProgress && { progress: true }) } })
    signal?.addEventListener('abort', () => send({ id, method: 'cancel' }), { once: true })
    return answer
  }

  return {
    listTools: () => ask<string[]>('list_tools'),
    callTool: (name, args, { onProgress, signal } = {}) =>
      ask<ToolResult>('call_tool', { name, arguments: args }, onProgress, signal),
    listResources: () => ask<string[]>('list_resources'),
    listTemplates: () => ask<string[]>('list_templates'),
    readResource: (uri) => ask<string>('read_resource', { uri }),
    listPrompts: () => ask<Prompt[]>('list_prompts'),
    getPrompt: (name, args) => ask<string>('get_prompt', { name, arguments: args }),
    complete: (owner, argument, typed) => ask<string[]>('complete', { owner, argument, typed }),
    async close() {
      child.stdin.end()
      await exit
    },
  }
}
