import type { Permission } from '../src/access/permissions.js'
import { prompts } from '../src/prompts/index.js'
import { resources } from '../src/resources/index.js'
import type { Params } from './protocol-eras.js'

/** Something besides tools that can be asked for, in a way that would be answered. */
export interface OtherRow {
  /** Its `tool_name` in the trail. */
  readonly recorded: string
  readonly method: string
  readonly params: Params
  readonly permission: Permission
}

type Schema = Readonly<Record<string, unknown>>

/** A value that an argument of this schema takes. */
function sample(schema: Schema): string {
  const [first] = (schema.anyOf ?? [schema]) as [Schema]
  if (Array.isArray(first.enum)) return String(first.enum[0])
  if (first.type === 'string') return first.format === 'date' ? '2026-01-01' : 'Shop'
  return first.type === 'boolean' ? 'true' : '1'
}

const argumentsOf = (schema: Schema): Readonly<Record<string, string>> => {
  const properties = schema.properties as Readonly<Record<string, Schema>>
  return Object.fromEntries(
    ((schema.required ?? []) as string[]).map((name) => [name, sample(properties[name] ?? {})]),
  )
}

/** Of a template, the address of the first there is: without what may be left out, ids are numbers. */
const addressOf = (uri: string): string => uri.replace(/\{\?.*\}$/, '').replaceAll(/\{\w+\}/g, '1')

const completionsOf = (
  owner: { readonly name: string; readonly permission: Permission; readonly input: Input },
  ref: Params,
): OtherRow[] =>
  Object.keys(owner.input.schema.properties as Schema).map((argument) => ({
    recorded: `completion/complete:${owner.name}.${argument}`,
    method: 'completion/complete',
    params: { ref, argument: { name: argument, value: '' } },
    permission: owner.permission,
  }))
interface Input {
  readonly schema: Schema
}

/** Whatever is in the lists, each resource, prompt and argument to complete once. */
export const everythingElse: readonly OtherRow[] = [
  ...resources.map(({ name, uri, permission }) => ({
    recorded: `resources/read:${name}`,
    method: 'resources/read',
    params: { uri: addressOf(uri) },
    permission,
  })),
  ...prompts.map(({ name, permission, input }) => ({
    recorded: `prompts/get:${name}`,
    method: 'prompts/get',
    params: { name, arguments: argumentsOf(input.schema) },
    permission,
  })),
  ...resources.flatMap((owner) => completionsOf(owner, { type: 'ref/resource', uri: owner.uri })),
  ...prompts.flatMap((owner) => completionsOf(owner, { type: 'ref/prompt', name: owner.name })),
]

/** What the lists of resources, templates and prompts hold for who has `permissions`. */
export const listedFor = (permissions: ReadonlySet<Permission>) => {
  const mayUse = ({ permission }: { readonly permission: Permission }): boolean =>
    permissions.has(permission)
  const names = (items: readonly { readonly name: string }[]): string[] =>
    items.map(({ name }) => name)
  const usable = resources.filter(mayUse)
  return {
    'resources/list': names(usable.filter(({ uri }) => !uri.includes('{'))),
    'resources/templates/list': names(usable.filter(({ uri }) => uri.includes('{'))),
    'prompts/list': names(prompts.filter(mayUse)),
  }
}
