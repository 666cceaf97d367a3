import type { Test } from 'tap'
import { paging } from '../../src/prompts/standing-rules.js'
import type { Ask } from '../helpers/ask.js'
import { callsIn, type PromptCall } from './prompt-calls.js'

/** A tool's result without its envelopes. */
export interface Plain {
  readonly id: number
  readonly items: readonly Plain[]
  readonly pagination: { readonly count: number; readonly has_next: boolean }
  readonly [member: string]: unknown
}

/** How a tool call ended. */
export interface Ended {
  readonly isError: boolean
  readonly text: string
  readonly result: Plain
}

/** Walks through a prompt, step by step, as an agent that reads nothing but its text. */
export interface Walker {
  readonly text: string
  /** Sends the next call of the text, which must be of this tool; `found` are the arguments that the text leaves open, and no others. */
  step(tool: string, found?: Readonly<Record<string, unknown>>): Promise<Plain>
  /** Sends the call of this tool that was sent last once more, with other findings. */
  again(tool: string, found: Readonly<Record<string, unknown>>): Promise<Plain>
  /** All items of the last call's list, page by page, as the rule on paging says. */
  rest(first: Plain): Promise<readonly Plain[]>
  /** The same as `step`, but for a call that may fail. */
  attempt(tool: string, found?: Readonly<Record<string, unknown>>): Promise<Ended>
  /** Goes on behind the next call of the text without sending it: a step that is not taken. */
  skip(tool: string): void
  /** Fails when calls of the text were neither sent nor skipped. */
  end(): void
}

function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped)
  if (typeof value !== 'object' || value === null) return value
  if ('value' in value && '_warning' in value) return unwrapped(value.value)
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, unwrapped(member)]),
  )
}

/** Gets the prompt over MCP, and walks through its text. */
export async function walkThrough(
  t: Test,
  ask: Ask,
  name: string,
  args: Readonly<Record<string, string>>,
): Promise<Walker> {
  const { result } = await ask('prompts/get', { name, arguments: args })
  const [message] = (result?.messages ?? []) as { content: { text: string } }[]
  const text = message?.content.text ?? ''
  const ahead = callsIn(text)
  if (ahead.length === 0) throw new Error(`${name} names no call`)
  let here: PromptCall | undefined
  const taken = new Map<string, PromptCall>()
  let sent: Readonly<Record<string, unknown>> = {}

  function take(tool: string): PromptCall {
    const next = ahead.shift()
    if (next?.tool !== tool)
      throw new Error(`the text says ${next?.tool ?? 'nothing'}, not ${tool}`)
    here = next
    taken.set(tool, next)
    return next
  }

  async function send(found: Readonly<Record<string, unknown>>, more = {}): Promise<Ended> {
    if (here === undefined) throw new Error('no call yet')
    t.same(Object.keys(found).sort(), Object.keys(here.open).sort(), `${here.tool}: what is open`)
    sent = { ...here.fixed, ...found }
    const params = { name: here.tool, arguments: { ...sent, ...more } }
    const answer = (await ask('tools/call', params)).result as {
      isError?: boolean
      content: { text: string }[]
      structuredContent?: unknown
    }
    return {
      isError: answer.isError === true,
      text: answer.content[0]?.text ?? '',
      result: unwrapped(answer.structuredContent) as Plain,
    }
  }

  async function sendWell(found: Readonly<Record<string, unknown>>, more = {}): Promise<Plain> {
    const { isError, text: said, result: plain } = await send(found, more)
    if (isError) throw new Error(`${here?.tool} was refused: ${said}`)
    return plain
  }

  return {
    text,
    step(tool, found = {}) {
      take(tool)
      return sendWell(found)
    },
    again(tool, found) {
      here = taken.get(tool)
      return sendWell(found)
    },
    async rest(first) {
      t.ok(text.includes(paging), 'the text says how to page')
      const items = [...first.items]
      const open = Object.fromEntries(
        Object.keys(here?.open ?? {}).map((name) => [name, sent[name]]),
      )
      const limit = Number(sent.limit)
      for (let page = first, offset = limit; page.pagination.has_next; offset += limit) {
        page = await sendWell(open, { offset })
        items.push(...page.items)
      }
      return items
    },
    attempt(tool, found = {}) {
      take(tool)
      return send(found)
    },
    skip: take,
    end: () => t.same(ahead, [], `${name} is walked to its end`),
  }
}
