import { Type } from '@sinclair/typebox'
import { recordReader } from '../dojo/record-reader.js'
import type { Completer } from './completer.js'
import { givenId } from './id-filter.js'
import { newestRows, nothing, occursIn, whatFits } from './suggestions.js'

const nullableText = Type.Optional(Type.Union([Type.String(), Type.Null()]))
const readPage = recordReader(
  Type.Object({
    count: Type.Optional(Type.Integer()),
    results: Type.Array(
      Type.Object({
        id: Type.Integer(),
        engagement: Type.Integer(),
        title: nullableText,
        test_type_name: nullableText,
      }),
    ),
    prefetch: Type.Optional(
      Type.Object({
        engagement: Type.Optional(
          Type.Record(Type.String(), Type.Object({ product: Type.Integer() })),
        ),
      }),
    ),
  }),
)

/**
 * Ids of tests, newest first: by the first digits, or by part of the title or of the test type. Tests can be asked for by their
 * engagement, but not by their product: for that each brings its engagement along.
 */
export const testIds: Completer = async (typed, given, { dojo }) => {
  const text = typed.trim()
  const engagement = givenId(given.engagement_id)
  const product = engagement === undefined ? givenId(given.product_id) : undefined
  if (engagement === null || product === null) return nothing

  const page = readPage(
    await dojo.get('tests/', {
      engagement,
      o: '-created',
      limit: newestRows,
      prefetch: product === undefined ? undefined : 'engagement',
    }),
  )
  const productOf = (id: number) => page.prefetch?.engagement?.[id]?.product
  return whatFits(page, (test) => {
    if (product !== undefined && productOf(test.engagement) !== product) return undefined
    const names = [test.title ?? '', test.test_type_name ?? '']
    const fits = String(test.id).startsWith(text) || names.some((name) => occursIn(text, name))
    return fits ? String(test.id) : undefined
  })
}
