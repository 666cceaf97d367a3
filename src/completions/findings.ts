import { Type } from '@sinclair/typebox'
import { pageReader } from '../dojo/record-reader.js'
import { type Completer, maxSuggestions } from './completer.js'
import { givenId, idsBeginningWith, isBeginningOfId } from './id-filter.js'
import { idsOf, nothing } from './suggestions.js'

const readPage = pageReader(Type.Object({ id: Type.Integer() }))

/** Ids of findings: by the first digits, else by part of the title, the open ones first, then the most severe, then the newest. */
export const findingIds: Completer = async (typed, given, { dojo }) => {
  const text = typed.trim()
  const [test, engagement, product] = [given.test_id, given.engagement_id, given.product_id].map(
    givenId,
  )
  if (test === null || engagement === null || product === null) return nothing

  const id = isBeginningOfId(text) ? idsBeginningWith(text) : null
  if (id === undefined) return nothing
  const wanted =
    id === null
      ? { title: text || undefined, o: '-active,numerical_severity,-id' }
      : { id, o: 'id' }
  const body = await dojo.get('findings/', {
    test,
    test__engagement: engagement,
    test__engagement__product: product,
    ...wanted,
    limit: maxSuggestions,
  })
  return idsOf(readPage(body))
}
