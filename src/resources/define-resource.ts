import type { TSchema } from '@sinclair/typebox'
import type { Permission } from '../access/permissions.js'
import type { Completers } from '../completions/completer.js'
import type { Fields } from '../guard/fields.js'
import type { Operation } from '../pipeline/operation.js'
import type { ToolContext } from '../tools/define-tool.js'

/** What is said of a resource once; lists, reading and completing follow from it. */
export interface ResourceDefinition<Input, Output> {
  readonly name: string
  readonly title: string
  readonly description: string
  /**
   * `defectdojo://…`, or a template of such addresses: `{name}` stands for one path segment, `{?one,two}` at the end for optional
   * parameters (RFC 6570). The names are those of `input`. A path without variables is an address as it stands, so such a resource
   * is in both lists, once as a template.
   */
  readonly uri: string
  readonly permission: Permission
  readonly input: Fields<Input>
  /** TypeBox schema of the JSON document; fields that an outsider can influence are marked `untrusted(…)`. */
  readonly output: TSchema
  readonly complete?: Completers
  run(input: Input, context: ToolContext): Promise<Output>
}

/** A resource with its types forgotten, as lists and the pipeline hold it. */
export type Resource = ResourceDefinition<unknown, unknown>

/** Declares a resource; the types of `run` follow from `input`. */
export function defineResource<Input, Output>(
  definition: ResourceDefinition<Input, Output>,
): Resource {
  // The pipeline only ever hands `run` what `input.bind` returned, so forgetting the type is sound.
  return Object.freeze(definition) as unknown as Resource
}

/** Reading a resource, as the pipeline runs it. */
export const readOperation = (resource: Resource): Operation => ({ ...resource, effect: 'read' })

/** True when a resource stands for many addresses. */
export const isTemplate = ({ uri }: Pick<Resource, 'uri'>): boolean => uri.includes('{')

/** The address of a resource that needs nothing filled in; undefined when something of its path must be. */
export function fixedAddress({ uri }: Pick<Resource, 'uri'>): string | undefined {
  const [path = ''] = uri.split('{?')
  return path.includes('{') ? undefined : path
}
