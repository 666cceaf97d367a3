/** A tool's arguments: one definition gives the JSON Schema a model reads and the refusal a caller gets. */
export interface Fields<Input> {
  /** JSON Schema of the arguments object, `additionalProperties: false`. */
  readonly schema: Readonly<Record<string, unknown>>
  /** Checks and coerces raw arguments; throws a `ToolError('invalid_arguments')` naming the argument. */
  bind(raw: unknown): Input
  /** Runs the content checks (secrets, instructions, tag rules) over bound arguments; throws `ToolError('content_refused')`. */
  screen(input: Input): void
  /** The arguments as the audit trail records them: after defaults, without nulls, long texts as `<N chars>`. */
  audited(input: Input): Record<string, unknown>
}
