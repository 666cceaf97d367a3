import type { Message } from './raw-client.js'

/** Answers that arrive in their own time, by the ids of their requests. */
export interface AwaitedAnswers {
  /** Rejects when nothing came in a minute. */
  wait(id: string | number): Promise<Message>
  deliver(message: Message): void
}

const patienceMs = 60_000

export function createAwaitedAnswers(): AwaitedAnswers {
  const waiting = new Map<unknown, (message: Message) => void>()
  return {
    wait: (id) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no answer to ${id}`)), patienceMs)
        waiting.set(id, (message) => {
          clearTimeout(timer)
          waiting.delete(id)
          resolve(message)
        })
      }),
    deliver: (message) => waiting.get(message.id)?.(message),
  }
}
