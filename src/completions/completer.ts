import type { ToolContext } from '../tools/define-tool.js'

/** Values an argument can take, the likeliest first. */
export interface Suggestions {
  /** All that are known; an answer shows the first {@link maxSuggestions}. */
  readonly values: readonly string[]
  /** How many there are in all, where that is known. */
  readonly total?: number
  /** True when there may be others, but nobody knows how many. */
  readonly more?: true
}

/** As many values as an answer may hold (2026-07-28 server/utilities/completion). */
export const maxSuggestions = 100

/**
 * What can stand where `typed` stands now.
 *
 * @param given what the client says the other arguments are; not checked
 */
export type Completer = (
  typed: string,
  given: Readonly<Record<string, string>>,
  context: ToolContext,
) => Promise<Suggestions> | Suggestions

/** Completers by the argument they fill. */
export type Completers = Readonly<Record<string, Completer>>
