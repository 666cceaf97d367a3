import { type Static, Type } from '@sinclair/typebox'
import type { VariableAnnotations } from './variable.js'
import { accessVariables } from './variables/access.js'
import { auditVariables } from './variables/audit.js'
import { defectdojoVariables } from './variables/defectdojo.js'
import { forwardingVariables } from './variables/forwarding.js'
import { limitAndContentVariables } from './variables/limits-and-content.js'
import { transportVariables } from './variables/transport.js'

/**
 * Every variable of the service but the role tokens: type, default, bounds, words and what is secret. Types, start-up messages,
 * the redaction list, `.env.example` and the README's table all come from here (behaviour spec §2.1).
 *
 * The order is the order in which the reference checks them at start.
 */
export const ConfigSchema = Type.Object({
  ...accessVariables,
  ...transportVariables,
  ...auditVariables,
  ...forwardingVariables,
  ...limitAndContentVariables,
  ...defectdojoVariables,
})

/** The value of every variable, under its own name. */
export type Variables = Static<typeof ConfigSchema>
export type VariableName = keyof Variables

/** One variable: its JSON Schema (bounds, default) with its annotations. */
export interface Variable extends VariableAnnotations {
  readonly name: VariableName
  readonly schema: (typeof ConfigSchema.properties)[VariableName]
  readonly defaultValue: string | number | boolean | readonly string[] | undefined
}

/** Every variable, in the schema's order. */
export const variables: readonly Variable[] = Object.entries(ConfigSchema.properties).map(
  ([name, schema]) => {
    // `variable.ts` is the only maker of these schemas and always adds the annotations; a test walks them all.
    const annotations = schema as unknown as VariableAnnotations & {
      default?: Variable['defaultValue']
    }
    return {
      ...annotations,
      name: name as VariableName,
      schema,
      defaultValue: annotations.default,
    }
  },
)
