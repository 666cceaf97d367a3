import type { TextScreen } from './text-screens.js'

export type JsonSchema = Readonly<Record<string, unknown>>

/** One argument of a tool: what a model reads of it, and how a raw value becomes a checked one. */
export interface Field<Value> {
  /** JSON Schema of the value, with its description and default. */
  readonly schema: JsonSchema
  /** What stands for a value that was left out or null; absent when the caller must give one. */
  readonly whenMissing?: { readonly value: Value }
  /** Coerces `raw` where nothing is lost and checks its bounds; throws a `ToolError('invalid_arguments')` naming the argument. */
  bind(name: string, raw: unknown): Value
  /** The content checks of the value, each in its round. */
  readonly screens?: readonly TextScreen[]
}

/** The same argument, but one that may be left out; it is `undefined` then. */
export const optional = <Value>(field: Field<Value>): Field<Value | undefined> => ({
  ...field,
  whenMissing: { value: undefined },
})
