import type { Role } from '../../src/access/permissions.js'
import { type Ask, askIn, type Generation, type Reply } from '../helpers/ask.js'
import type { TestApp } from '../helpers/test-app.js'

export interface Completion {
  readonly values: readonly string[]
  readonly total?: number
  readonly hasMore?: boolean
}

export interface Completing {
  readonly ask: Ask
  /** The answer to one question about an argument of a prompt. */
  reply(
    prompt: string,
    argument: string,
    typed?: string,
    given?: Readonly<Record<string, string>>,
  ): Promise<Reply>
  /** The same, when it must be answered. */
  complete(...question: Parameters<Completing['reply']>): Promise<Completion>
}

/** A caller of one role and protocol generation who completes arguments. */
export async function completing(
  { app, tokens }: TestApp,
  role: Role = 'admin',
  generation: Generation = '2026-07-28',
): Promise<Completing> {
  const ask = await askIn(generation, app, tokens[role])
  const reply: Completing['reply'] = (prompt, argument, typed = '', given) =>
    ask('completion/complete', {
      ref: { type: 'ref/prompt', name: prompt },
      argument: { name: argument, value: typed },
      ...(given && { context: { arguments: given } }),
    })
  return {
    ask,
    reply,
    async complete(...question) {
      const { result, error } = await reply(...question)
      if (result === undefined) throw new Error(`${question.join(' ')}: ${error?.message}`)
      return result.completion as Completion
    },
  }
}
