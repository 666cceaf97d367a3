import { Type } from '@sinclair/typebox'
import { pageReader } from '../dojo/record-reader.js'
import { type Completer, maxSuggestions } from './completer.js'
import { idsBeginningWith, isBeginningOfId } from './id-filter.js'
import { isOfferable } from './offerable.js'
import { idsOf, nothing, whatFits } from './suggestions.js'

/** Reads a page of products, as far as they can be suggested. */
export const readProductPage = pageReader(Type.Object({ id: Type.Integer(), name: Type.String() }))

/** Ids of products: by the first digits, or by part of the name; sorted by name unless digits are typed. */
export const productIds: Completer = async (typed, _given, { dojo }) => {
  const text = typed.trim()
  if (!isBeginningOfId(text)) {
    const query = { name: text || undefined, limit: maxSuggestions }
    return idsOf(readProductPage(await dojo.get('products/', query)))
  }
  const id = idsBeginningWith(text)
  if (id === undefined) return nothing
  return idsOf(readProductPage(await dojo.get('products/', { id, o: 'id', limit: maxSuggestions })))
}

/** Names of products that have what is typed in them, sorted by name. */
export const productNames: Completer = async (typed, _given, { dojo }) => {
  const query = { name: typed.trim() || undefined, limit: maxSuggestions }
  const page = readProductPage(await dojo.get('products/', query))
  return whatFits(page, ({ name }) => (isOfferable(name) ? name : undefined))
}
