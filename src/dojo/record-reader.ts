import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { TypeCompiler, type ValueError } from '@sinclair/typebox/compiler'
import { ToolError } from '../errors.js'

/** A schema in words, e.g. `string or null`; made of the schema alone, never of what DefectDojo sent. */
function inWords(schema: TSchema): string {
  if (Array.isArray(schema.anyOf)) return [...new Set(schema.anyOf.map(inWords))].join(' or ')
  if (typeof schema.const === 'string') return `'${schema.const}'`
  return typeof schema.type === 'string' ? schema.type : 'another type'
}

/** `/results/3/severity` as `item 3: severity must be …`; the path holds names of the schema and indexes only. */
function problemText(error: ValueError): string {
  const [, index, within] = /^\/results\/(\d+)(?:\/(.*))?$/.exec(error.path) ?? []
  const field = (within ?? (index === undefined ? error.path.slice(1) : '')).replaceAll('/', '.')
  const subject = field === '' ? 'the value' : field
  const item = index === undefined ? '' : `item ${index}: `
  return `${item}${subject} must be ${inWords(error.schema)}`
}

/** Makes a reader that returns a body as what `schema` says, or throws a {@link ToolError} without any value of the body. */
export function recordReader<Schema extends TSchema>(
  schema: Schema,
): (body: unknown) => Static<Schema> {
  const compiled = TypeCompiler.Compile(schema)

  return (body) => {
    if (compiled.Check(body)) return body
    const error = compiled.Errors(body).First()
    const problem = error === undefined ? 'it has another form' : problemText(error)
    throw new ToolError('upstream', `Invalid API response data: ${problem}`)
  }
}

/** One page of a list, as DefectDojo sends it. */
export const pageReader = <Schema extends TSchema>(schema: Schema) =>
  recordReader(
    Type.Object({
      count: Type.Optional(Type.Integer()),
      results: Type.Array(schema),
    }),
  )

/** Reads the answer to a write; when it cannot be read, the caller is told that the change was made all the same. */
export function afterWrite<View>(read: (body: unknown) => View, body: unknown): View {
  try {
    return read(body)
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    const made = 'DefectDojo has accepted the change: look before repeating the call.'
    throw new ToolError(error.code, `${error.message}. ${made}`, { cause: error })
  }
}
