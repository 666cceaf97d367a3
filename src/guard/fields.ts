import { refuseUnusable } from './argument-names.js'
import type { Field, JsonSchema } from './field.js'
import { textLength } from './text-length.js'
import { type SoftSignal, screenRounds } from './text-screens.js'

export type { SoftSignal } from './text-screens.js'

/** A tool's arguments: one definition gives the JSON Schema a model reads and the refusal a caller gets. */
export interface Fields<Input> {
  /** JSON Schema of the arguments object, `additionalProperties: false`. */
  readonly schema: Readonly<Record<string, unknown>>
  /** Checks and coerces raw arguments; throws a `ToolError('invalid_arguments')` naming the argument. */
  bind(raw: unknown): Input
  /**
   * Runs the content checks (secrets, instructions, tag rules) over bound arguments; throws `ToolError('content_refused')`.
   * A text that merely mentions a tool is reported to `onSoftSignal` and passes.
   */
  screen(input: Input, onSoftSignal?: (signal: SoftSignal) => void): void
  /** The arguments as the audit trail records them: after defaults, without nulls, long texts as `<N chars>`. */
  audited(input: Input): Record<string, unknown>
}

type FieldSet = Readonly<Record<string, Field<unknown>>>

/** The bound arguments that follow from a set of fields. */
export type Bound<Set extends FieldSet> = {
  readonly [Name in keyof Set]: Set[Name] extends Field<infer Value> ? Value : never
}

/** Arguments that carry free text or a file: the trail records their length, so that it does not become a second copy. */
const maskedNames: ReadonlySet<string> = new Set([
  'title',
  'description',
  'file',
  'content',
  'entry',
  'note',
])

function schemaOf(entries: readonly (readonly [string, Field<unknown>])[]): JsonSchema {
  const required = entries.filter(([, field]) => !field.whenMissing).map(([name]) => name)
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  }
}

/** A tool's arguments, in the order in which they are checked and shown. */
export function fields<Set extends FieldSet>(set: Set): Fields<Bound<Set>> {
  const entries = Object.entries<Field<unknown>>(set)
  const names = entries.map(([name]) => name)
  const required = entries.filter(([, field]) => !field.whenMissing).map(([name]) => name)

  return {
    schema: schemaOf(entries),

    bind(raw) {
      const given = refuseUnusable(raw, names, required)
      // Built from `set` itself, so it has exactly the members that `Bound<Set>` speaks of.
      return Object.fromEntries(
        entries.map(([name, field]) => {
          const value = given[name] ?? undefined
          const missing = value === undefined && field.whenMissing !== undefined
          return [name, missing ? field.whenMissing?.value : field.bind(name, value)]
        }),
      ) as Bound<Set>
    },

    screen(input, onSoftSignal = () => {}) {
      for (const round of screenRounds) {
        for (const [name, field] of entries) {
          for (const screen of field.screens ?? []) {
            if (screen.round === round) screen.check(name, input[name], onSoftSignal)
          }
        }
      }
    },

    audited(input) {
      const given = names.map((name): [string, unknown] => [name, input[name]])
      return Object.fromEntries(
        given
          .filter(([, value]) => value !== undefined && value !== null)
          .map(([name, value]) =>
            maskedNames.has(name) && typeof value === 'string'
              ? [name, `<${textLength(value)} chars>`]
              : [name, value],
          ),
      )
    },
  }
}
