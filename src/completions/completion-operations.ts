import { Type } from '@sinclair/typebox'
import type { Permission } from '../access/permissions.js'
import { optional, text } from '../guard/field-kinds.js'
import { type Fields, fields } from '../guard/fields.js'
import type { Operation } from '../pipeline/operation.js'
import type { Completer, Completers } from './completer.js'
import { nothing } from './suggestions.js'

/** A prompt or a resource template, as far as filling in its arguments goes. */
export interface Completable {
  readonly name: string
  readonly permission: Permission
  readonly input: Pick<Fields<unknown>, 'schema'>
  readonly complete?: Completers
}

/** What is asked with: `typed` is the argument at hand, the others stand beside it under their own names. */
type Question = { readonly typed: string } & Readonly<Record<string, string | undefined>>

/** Longer than anything that can be completed. */
const maxTypedLength = 256

const Answer = Type.Object({
  values: Type.Array(Type.String()),
  total: Type.Optional(Type.Integer()),
  more: Type.Optional(Type.Literal(true)),
})

/** The name of the operation that completes one argument. */
export const completionName = (owner: string, argument: string): string => `${owner}.${argument}`

/** One operation for each argument of `owner`, so that asking for suggestions needs what using them needs. */
export function completionOperations(owner: Completable): readonly Operation[] {
  const names = Object.keys(owner.input.schema.properties as Record<string, unknown>)
  return names.map((argument) =>
    completion(owner, argument, names, owner.complete?.[argument] ?? (() => nothing)),
  )
}

function completion(
  owner: Completable,
  argument: string,
  names: readonly string[],
  complete: Completer,
): Operation {
  const word = text(maxTypedLength, '')
  const others = names.filter((name) => name !== argument)
  if (others.includes('typed')) throw new TypeError('an argument must not be named typed')
  return {
    name: completionName(owner.name, argument),
    permission: owner.permission,
    effect: 'read',
    input: fields({
      typed: word,
      ...Object.fromEntries(others.map((name) => [name, optional(word)])),
    }) as Fields<unknown>,
    output: Answer,

    async run(input, context) {
      const { typed, ...rest } = input as Question
      const given = Object.fromEntries(
        Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined),
      )
      return complete(typed, given, context)
    },
  }
}
