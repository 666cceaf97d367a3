import type { CompleteResult } from '@modelcontextprotocol/server'
import { maxSuggestions, type Suggestions } from '../completions/completer.js'
import { completionName } from '../completions/completion-operations.js'
import { isJsonObject } from '../json-object.js'
import type { Prompt } from '../prompts/define-prompt.js'
import type { Resource } from '../resources/define-resource.js'
import { type AnyParams, textOf } from './raw-calls.js'

/** What `completion/complete` asks for, as the pipeline names it. */
export interface CompletionQuestion {
  readonly name: string
  readonly arguments: unknown
}

/** Reads a question; what cannot be read names nothing that exists. */
export function createReadQuestion(offer: {
  readonly prompts: readonly Pick<Prompt, 'name'>[]
  readonly resources: readonly Pick<Resource, 'name' | 'uri'>[]
}): (params: AnyParams) => CompletionQuestion {
  const owners = new Map<string, string>([
    ...offer.prompts.map(({ name }) => [`ref/prompt ${name}`, name] as const),
    ...offer.resources.map(({ name, uri }) => [`ref/resource ${uri}`, name] as const),
  ])

  return ({ ref, argument, context }) => {
    const { type, name, uri } = isJsonObject(ref) ? ref : ({} as AnyParams)
    const asked = `${textOf(type)} ${textOf(type === 'ref/prompt' ? name : uri)}`
    const { name: argumentName, value } = isJsonObject(argument) ? argument : ({} as AnyParams)
    const given = isJsonObject(context) && isJsonObject(context.arguments) ? context.arguments : {}
    return {
      // With its kind, what is not there cannot pass for something else of the same name.
      name: completionName(owners.get(asked) ?? asked, textOf(argumentName)),
      // A client may send along the argument it asks about.
      arguments: { ...without(given, textOf(argumentName)), typed: value },
    }
  }
}

const without = (values: AnyParams, name: string): AnyParams =>
  Object.fromEntries(Object.entries(values).filter(([key]) => key !== name))

/** Suggestions as the protocol has them. */
export function toCompletion(result: Record<string, unknown>): CompleteResult {
  const { values, total, more } = result as unknown as Suggestions
  const shown = values.slice(0, maxSuggestions)
  const hasMore = more ?? (total ?? values.length) > shown.length
  return { completion: { values: shown, ...(total !== undefined && { total }), hasMore } }
}
