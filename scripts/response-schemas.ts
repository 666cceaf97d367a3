import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'

type Json = Record<string, unknown>

/** Where a response is looked up by method and path, and its body held against the OpenAPI document. */
export interface ResponseSchemas {
  /** The complaints about a body, empty if it is valid; undefined if the document says nothing about this answer. */
  check(method: string, path: string, status: number, body: unknown): string[] | undefined
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** OpenAPI 3.0 to JSON Schema: `nullable` becomes a type, and what is only written is not required of an answer. */
function toJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toJsonSchema)
  if (!isObject(value)) return value
  const { nullable, ...rest } = value
  const schema: Json = Object.fromEntries(
    Object.entries(rest).map(([key, inner]) => [key, key === 'enum' ? inner : toJsonSchema(inner)]),
  )
  const { properties, required } = value
  if (isObject(properties) && Array.isArray(required)) {
    const writeOnly = (name: unknown) => {
      const property = properties[String(name)]
      return isObject(property) && property.writeOnly === true
    }
    schema.required = required.filter((name) => !writeOnly(name))
  }
  if (nullable !== true) return schema
  if (Array.isArray(schema.enum)) schema.enum = [...new Set([...schema.enum, null])]
  if (typeof schema.type === 'string') return { ...schema, type: [schema.type, 'null'] }
  return { anyOf: [schema, { type: 'null' }] }
}

/** Compiles the schemas of a document on demand. */
export function responseSchemas(document: Json): ResponseSchemas {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true })
  formats.default(ajv)
  for (const name of ['decimal', 'binary']) ajv.addFormat(name, true)
  ajv.addSchema({ $id: 'api', components: toJsonSchema(document.components) } as Json)
  const paths = Object.entries(document.paths as Record<string, Json>).map(([path, item]) => ({
    pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
    item,
  }))
  const compiled = new Map<unknown, ValidateFunction>()
  return {
    check(method, path, status, body) {
      const item = paths.find(({ pattern }) => pattern.test(path))?.item
      const schema = responseSchema(item?.[method.toLowerCase()], status)
      if (!schema) return undefined
      let validate = compiled.get(schema)
      if (!validate) {
        const absolute = JSON.stringify(toJsonSchema(schema)).replaceAll('"#/', '"api#/')
        validate = ajv.compile(JSON.parse(absolute) as Json)
        compiled.set(schema, validate)
      }
      if (validate(body)) return []
      return (validate.errors ?? []).map(
        (error) => `${error.instancePath || '/'} ${error.message ?? ''} ${shown(error.params)}`,
      )
    },
  }
}

const shown = (params: unknown) => JSON.stringify(params).slice(0, 100)

function responseSchema(operation: unknown, status: number): Json | undefined {
  if (!isObject(operation) || !isObject(operation.responses)) return undefined
  const { responses } = operation
  // Several creations are said to answer 201 where the server says 200: then any success will do.
  const success = Object.keys(responses).find((code) => code.startsWith('2'))
  const response = responses[String(status)] ?? (success && status < 300 && responses[success])
  if (!isObject(response) || !isObject(response.content)) return undefined
  const media = response.content['application/json']
  return isObject(media) && isObject(media.schema) ? media.schema : undefined
}
