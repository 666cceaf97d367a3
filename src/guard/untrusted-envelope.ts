import type { TSchema } from '@sinclair/typebox'
import { isJsonObject } from '../json-object.js'
import { isSchema, presentedSchema, type SchemaNode, untrustedWarning } from './presented-schema.js'
import { redactSecrets } from './secret-catalogue.js'

/** `UNTRUSTED_CONTENT_WRAPPING`: an envelope per field, one notice per result, or nothing. */
export type WrappingMode = 'on' | 'page' | 'off'

/** Marks a field of an output schema as text that an outsider can influence: it is redacted and wrapped on its way out. */
export const untrusted = <Schema extends TSchema>(schema: Schema): Schema => ({
  ...schema,
  untrusted: true,
})

/** How the results of one schema reach a client. */
export interface Presenter {
  /** What clients are told that a result looks like, as JSON Schema 2020-12 with an object at its root. */
  readonly outputSchema: Readonly<Record<string, unknown>>
  /**
   * The result as the client gets it: secrets redacted and content marked in every untrusted field. Leaves its argument as it is.
   * To be called once per result: an envelope that is already in it came from outside and is wrapped like any other content.
   */
  present(result: unknown): Record<string, unknown>
}

/** Rewrites one value; null where nothing below a schema is untrusted. */
type Walk = (value: unknown) => unknown

/** Secrets in all strings below a value, names of members excepted. */
function redacted(value: unknown): unknown {
  if (typeof value === 'string') return redactSecrets(value)
  if (Array.isArray(value)) return value.map(redacted)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, redacted(member)]))
}

/** True when a value can only be meant by this alternative of a union. */
function fits({ type }: SchemaNode, value: unknown): boolean {
  if (type === 'object') return isJsonObject(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return typeof value === 'number'
  return typeof type !== 'string' || typeof value === type
}

/** The schema of members under names that are not fixed: TypeBox writes a record as one pattern. */
function otherMembers({ additionalProperties, patternProperties }: SchemaNode): SchemaNode | null {
  const patterns = isSchema(patternProperties) ? Object.values(patternProperties) : []
  const [others] = [...patterns, additionalProperties].filter(isSchema)
  return others ?? null
}

/** How many marks a schema holds, those inside marked ones not counted. */
function countMarks(schema: unknown): number {
  if (typeof schema !== 'object' || schema === null) return 0
  if ('untrusted' in schema && schema.untrusted === true) return 1
  return Object.values(schema).reduce((sum: number, member) => sum + countMarks(member), 0)
}

/**
 * Compiles how results of `schema` are presented under `mode`, once for all calls.
 *
 * @throws TypeError when the schema is no object schema, has a mark where values cannot be reached or told apart, or a field of the
 *   name that `page` adds
 */
export function createPresenter(schema: TSchema, mode: WrappingMode): Presenter {
  const root: SchemaNode = schema
  if (root.type !== 'object' || root.untrusted === true) {
    throw new TypeError('an output schema must be an object whose fields are marked one by one')
  }
  /** Paths of the untrusted fields, and which of them the result at hand has (presenting is synchronous). */
  const paths: string[] = []
  let present: boolean[] = []

  function mark(path: string): Walk {
    const index = paths.push(path) - 1
    return (value) => {
      if (value === null || value === undefined) return value
      const clean = redacted(value)
      if (mode === 'on') return { value: clean, _warning: untrustedWarning }
      present[index] = true
      return clean
    }
  }

  function compile(node: SchemaNode, path: string): Walk | null {
    if (node.untrusted === true) return mark(path)
    if (isSchema(node.items)) {
      const walkItem = compile(node.items, `${path}[]`)
      return walkItem && ((value) => (Array.isArray(value) ? value.map(walkItem) : value))
    }
    if (Array.isArray(node.anyOf)) return compileUnion(node.anyOf.filter(isSchema), path)
    return compileObject(node, path)
  }

  function compileUnion(alternatives: readonly SchemaNode[], path: string): Walk | null {
    const walks = alternatives.map((node) => ({ node, walk: compile(node, path) }))
    if (walks.every(({ walk }) => walk === null)) return null
    if (new Set(alternatives.map(({ type }) => type)).size < alternatives.length) {
      throw new TypeError(`untrusted fields in alternatives of the same type: ${path}`)
    }
    return (value) => {
      if (value === null) return value
      const chosen = walks.find(({ node }) => fits(node, value))
      return chosen?.walk ? chosen.walk(value) : value
    }
  }

  function compileObject(node: SchemaNode, path: string): Walk | null {
    const prefix = path === '' ? '' : `${path}.`
    const named = Object.entries(isSchema(node.properties) ? node.properties : {}).flatMap(
      ([name, field]) => {
        const walk = isSchema(field) ? compile(field, prefix + name) : null
        return walk ? [{ name, walk }] : []
      },
    )
    const others = otherMembers(node)
    const walkOthers = others && compile(others, `${prefix}*`)
    const known = new Set(Object.keys(isSchema(node.properties) ? node.properties : {}))
    if (named.length === 0 && walkOthers === null) return null

    return (value) => {
      if (!isJsonObject(value)) return value
      const result = { ...value }
      for (const { name, walk } of named) {
        if (result[name] !== undefined) result[name] = walk(result[name])
      }
      if (walkOthers) {
        for (const name of Object.keys(value)) {
          if (!known.has(name))
            Object.defineProperty(result, name, { value: walkOthers(value[name]) })
        }
      }
      return result
    }
  }

  const walk = compile(root, '') ?? ((value) => value)
  if (countMarks(root) !== paths.length) {
    throw new TypeError('a field is marked untrusted where no value would be found')
  }
  const isNoticed = mode === 'page' && paths.length > 0

  return {
    outputSchema: presentedSchema(root, mode === 'on', isNoticed),
    present(result) {
      present = []
      const presented = walk(result)
      if (!isJsonObject(presented)) throw new TypeError('a tool must return an object')
      const fields = paths.filter((_, index) => present[index])
      if (!isNoticed || fields.length === 0) return presented
      return { ...presented, _untrusted: { _warning: untrustedWarning, fields } }
    },
  }
}
