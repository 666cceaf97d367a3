import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createAwaitedAnswers } from './awaited-answers.js'
import type { Message } from './raw-client.js'
import { root } from './run-command.js'

/** The server as a child process, spoken to line by line. */
export interface StdioClient {
  ask(message: { readonly id: string | number }): Promise<Message>
  /** A line that is no question. */
  tell(line: string): void
  /** Ends it in order; resolves to its exit status. */
  close(): Promise<number | null>
}

/** @param env its whole environment, besides the path */
export function startStdio(env: Readonly<Record<string, string>>): StdioClient {
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'serve'], {
    cwd: env.HOME,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const abandon = (): void => void child.kill('SIGKILL')
  process.once('exit', abandon)
  const exit = once(child, 'exit').finally(() => process.off('exit', abandon))
  const answers = createAwaitedAnswers()
  createInterface(child.stdout).on('line', (line) => answers.deliver(JSON.parse(line) as Message))
  const tell = (line: string): void => void child.stdin.write(`${line}\n`)
  return {
    ask(message) {
      const answer = answers.wait(message.id)
      tell(JSON.stringify(message))
      return answer
    },
    tell,
    async close() {
      child.stdin.end()
      const [status] = (await exit) as [number | null]
      return status
    },
  }
}
