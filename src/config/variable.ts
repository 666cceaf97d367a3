import { type SchemaOptions, Type } from '@sinclair/typebox'

/** The headings under which `.env.example` and the README list the variables, in that order. */
export const variableGroups = [
  'DefectDojo',
  'Access',
  'Transport',
  'Limits',
  'Content',
  'Audit trail',
  'Forwarding',
  'Logging',
] as const
export type VariableGroup = (typeof variableGroups)[number]

/** What is known of a variable besides its type and bounds. */
export interface VariableFacts {
  readonly group: VariableGroup
  /** One line for `.env.example` and the README. */
  readonly description: string
  /** The rest of the start-up message "<NAME> must be …". */
  readonly expects: string
  /** The value is never shown, and is removed from everything the service writes. */
  readonly secret?: boolean
  /** Known to the reference server too, so a deployment may already set it. */
  readonly reference?: boolean
  /** The service does not start without it; how the documentation marks it. */
  readonly required?: boolean
  /** A value for `.env.example` where the default says too little. */
  readonly example?: string
  /** An empty value counts as not set (the reference's reading of texts), instead of being refused. */
  readonly emptyIsUnset?: boolean
  /** Words in any case, and an unknown word falls back to the default with a warning, as in the reference. */
  readonly lenient?: boolean
  /** The words that are values, of a variable that takes words. */
  readonly words?: readonly string[]
  /** The lower-case spelling that other tools read too; ours wins. */
  readonly alias?: string
}

/** How the text of a variable becomes a value. */
export type Reading = 'text' | 'integer' | 'number' | 'flag' | 'word' | 'list'

/** The annotations every variable's schema carries. */
export interface VariableAnnotations extends VariableFacts {
  readonly reads: Reading
}

type Facts<More = object> = Omit<VariableFacts, 'expects'> & { readonly expects?: string } & More

const annotate = (reads: Reading, facts: Facts, expects: string): SchemaOptions => ({
  ...facts,
  reads,
  expects: facts.expects ?? expects,
})

/** A text; empty means not set. */
export const text = (facts: Facts<{ default?: string; pattern?: string }>) =>
  Type.String({ minLength: 1, emptyIsUnset: true, ...annotate('text', facts, 'set') })

/** A secret that travels in an HTTP header: anything else than visible ASCII would break the header, or the log line about it. */
export const headerSecret = (facts: Facts) =>
  text({
    secret: true,
    pattern: '^[\\x21-\\x7e]+$',
    expects: 'made of visible ASCII characters, without blanks or line breaks',
    ...facts,
  })

/** The path of a readable file. */
export const path = (facts: Facts) => text({ expects: 'the path of a readable file', ...facts })

/** A positive whole number. */
export const integer = (facts: Facts<{ default?: number; minimum?: number; maximum: number }>) =>
  Type.Integer({ minimum: 1, ...annotate('integer', facts, 'a positive integer') })

/** A positive number, with or without a fraction. */
export const number = (facts: Facts<{ default: number; maximum: number }>) =>
  Type.Number({ exclusiveMinimum: 0, ...annotate('number', facts, 'a positive number') })

/** True or false; as in the reference, only the opposite of the default (any case) has an effect, all else leaves the default. */
export const flag = (facts: Facts<{ default: boolean }>) =>
  Type.Boolean({ lenient: true, emptyIsUnset: true, ...annotate('flag', facts, 'true or false') })

/** One of a few words. */
export const word = <const Words extends readonly string[]>(
  words: Words,
  facts: Facts<{ default?: Words[number] }>,
) =>
  Type.Union(
    words.map((each: Words[number]) => Type.Literal(each)),
    annotate('word', { ...facts, words }, `one of ${words.join(', ')}`),
  )

/** Values separated by commas; blanks around them do not count. */
export const list = (facts: Facts) =>
  Type.Array(Type.String({ minLength: 1 }), {
    default: [],
    emptyIsUnset: true,
    ...annotate('list', facts, 'a list separated by commas'),
  })
