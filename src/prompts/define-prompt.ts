import { Type } from '@sinclair/typebox'
import type { Permission } from '../access/permissions.js'
import type { Completers } from '../completions/completer.js'
import type { Fields } from '../guard/fields.js'
import type { Operation } from '../pipeline/operation.js'
import type { ToolName } from '../tools/tool-names.js'

/** What is said of a prompt once; list, getting and completing follow from it. */
export interface PromptDefinition<Input> {
  readonly name: string
  readonly title: string
  readonly description: string
  /** The permission that its most demanding tool needs; whoever has it may use all of `tools`. */
  readonly permission: Permission
  readonly input: Fields<Input>
  readonly complete?: Completers
  /** All tools that its text names, in the order in which they come up. */
  readonly tools: readonly ToolName[]
  /** What the agent is told; `input` is the only part of it that is not ours. */
  text(input: Input): string
}

/** A prompt with its types forgotten, as lists and the pipeline hold it. */
export type Prompt = PromptDefinition<unknown>

/** Declares a prompt; the types of `text` follow from `input`. */
export function definePrompt<Input>(definition: PromptDefinition<Input>): Prompt {
  // The pipeline only ever hands `text` what `input.bind` returned, so forgetting the type is sound.
  return Object.freeze(definition) as unknown as Prompt
}

const PromptText = Type.Object({ text: Type.String() })

/** The arguments without those left blank: clients with a form send an empty text for them. */
const withoutBlanks = (raw: unknown): unknown =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw)
    ? Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== ''))
    : raw

/** Getting a prompt, as the pipeline runs it. */
export const promptOperation = (prompt: Prompt): Operation => ({
  name: prompt.name,
  permission: prompt.permission,
  effect: 'read',
  input: { ...prompt.input, bind: (raw) => prompt.input.bind(withoutBlanks(raw)) },
  output: PromptText,
  run: async (input) => ({ text: prompt.text(input) }),
})
