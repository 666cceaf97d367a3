import type { TSchema } from '@sinclair/typebox'
import type { Caller } from '../access/caller.js'
import type { Permission } from '../access/permissions.js'
import type { AuditValue, Level } from '../audit/audit-log.js'
import type { DojoCall } from '../dojo/dojo-call.js'
import type { Fields } from '../guard/fields.js'
import type { LogLevel } from '../log-level.js'

/** What a tool does to DefectDojo. The hints a client sees, the budget and the intent record follow from it. */
export type Effect = 'read' | 'create' | 'add' | 'change' | 'transition'

/** What the configuration decides about single tools. */
export interface ToolSettings {
  /** `DEFECTDOJO_DEFAULT_FOUND_BY_ID`: the test type a new finding is said to be found by; null for that of its test. */
  readonly defaultFoundById: number | null
}

/** Everything a tool may use. */
export interface ToolContext {
  readonly dojo: DojoCall
  readonly caller: Caller
  /** UUID of this call, as it stands in the audit trail and in errors. */
  readonly requestId: string
  readonly signal: AbortSignal
  readonly settings: ToolSettings
  /**
   * Tells a client that listens how far the call is; `message` is ours. A tool that sends more than one request begins with it, and
   * tells each step once: while a step lasts, the pipeline gives signs of life. `done` counts whole steps; parts of one are fractions.
   */
  progress(done: number, total: number | undefined, message: string): void
  /** Sends a client that listens a log message. `message` is ours; `fields` never hold text of the caller's or of DefectDojo's. */
  log(level: LogLevel, message: string, fields?: { readonly [name: string]: AuditValue }): void
  readonly findingsRead: { record(findingIds: readonly number[]): void }
  readonly audit: {
    /** An extra record of this call, never its terminal one: `terminal: false` is added, and the identity fields. */
    note(
      level: Level,
      message: string,
      fields: { event_type: string } & Record<string, AuditValue>,
    ): void
    /** Adds members to the terminal record of this call. */
    detail(name: string, value: AuditValue): void
  }
}

export interface ToolDefinition<Input, Output> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly permission: Permission
  readonly effect: Effect
  readonly input: Fields<Input>
  /** TypeBox schema of the result; fields that an outsider can influence are marked `untrusted(…)`. */
  readonly output: TSchema
  /** Rules across fields; throws a {@link ToolError}. */
  readonly check?: (input: Input) => void
  run(input: Input, context: ToolContext): Promise<Output>
}

/** A tool with its types forgotten, as lists and the pipeline hold it. */
export type Tool = ToolDefinition<unknown, unknown>

/** Every effect but `read` changes something at DefectDojo. */
export const mutates = (tool: { readonly effect: Effect }): boolean => tool.effect !== 'read'

/** Declares a tool; the types of `run` follow from `input`. */
export function defineTool<Input, Output>(definition: ToolDefinition<Input, Output>): Tool {
  // The pipeline only ever hands `run` and `check` what `input.bind` returned, so forgetting the type is sound.
  return Object.freeze(definition) as unknown as Tool
}

/** What a client shows before it runs a tool; hints, derived from what the tool says of itself. */
export interface ToolAnnotations {
  readonly title: string
  readonly readOnlyHint: boolean
  readonly destructiveHint: boolean
  readonly idempotentHint: boolean
  readonly openWorldHint: boolean
}

const hints: Record<
  Effect,
  readonly [readOnly: boolean, destructive: boolean, idempotent: boolean]
> = {
  read: [true, false, true],
  create: [false, false, false],
  add: [false, false, true],
  change: [false, true, true],
  transition: [false, true, false],
}

/** True when a schema, or one inside it, is marked as text that an outsider can influence. */
const carriesUntrusted = (schema: unknown): boolean =>
  typeof schema === 'object' &&
  schema !== null &&
  ('untrusted' in schema || Object.values(schema).some(carriesUntrusted))

/** The hints of a tool. "Open world" here means: its result carries text written by someone outside. */
export function annotations(tool: Tool): ToolAnnotations {
  const [readOnlyHint, destructiveHint, idempotentHint] = hints[tool.effect]
  const openWorldHint = carriesUntrusted(tool.output)
  return { title: tool.title, readOnlyHint, destructiveHint, idempotentHint, openWorldHint }
}
