import { toolNames } from '../../src/tools/tool-names.js'

/** A tool call that the text of a prompt shows. */
export interface PromptCall {
  readonly tool: string
  /** Arguments whose value stands in the text. */
  readonly fixed: Readonly<Record<string, string | number | boolean>>
  /** Arguments whose value is found on the way, by what the text says of it. */
  readonly open: Readonly<Record<string, string>>
}

const argument = /\s*([a-z_]+)=(?:("(?:[^"\\]|\\.)*"|-?\d+|true|false)|<([^<>]+)>)\s*([,)])/y

/** Reads one list of arguments, beginning behind its bracket; throws on anything that is no argument. */
function argumentsAt(text: string, start: number): Omit<PromptCall, 'tool'> & { end: number } {
  const fixed: Record<string, string | number | boolean> = {}
  const open: Record<string, string> = {}
  if (text[start] === ')') return { fixed, open, end: start + 1 }
  argument.lastIndex = start
  for (;;) {
    const from = argument.lastIndex
    const [, name, value, what, next] = argument.exec(text) ?? []
    if (name === undefined) throw new Error(`no argument: ${text.slice(from, from + 40)}`)
    if (name in fixed || name in open) throw new Error(`${name} stands twice`)
    if (value !== undefined) fixed[name] = JSON.parse(value)
    else open[name] = what ?? ''
    if (next === ')') return { fixed, open, end: argument.lastIndex }
  }
}

/** All tool calls of a text in their order, read from the text alone. Words in quotation marks are no calls. */
export function callsIn(text: string): PromptCall[] {
  const calls: PromptCall[] = []
  const next = /"(?:[^"\\]|\\.)*"|\b([a-z]+(?:_[a-z]+)+)\(/g
  for (let found = next.exec(text); found !== null; found = next.exec(text)) {
    const [, tool] = found
    if (tool === undefined) continue
    if (!toolNames.some((name) => name === tool)) throw new Error(`${tool} is no tool`)
    const { fixed, open, end } = argumentsAt(text, next.lastIndex)
    calls.push({ tool, fixed, open })
    next.lastIndex = end
  }
  return calls
}
