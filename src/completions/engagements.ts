import { Type } from '@sinclair/typebox'
import type { DojoCall } from '../dojo/dojo-call.js'
import { pageReader } from '../dojo/record-reader.js'
import type { Completer } from './completer.js'
import { givenId } from './id-filter.js'
import { isOfferable } from './offerable.js'
import { readProductPage } from './products.js'
import { newestRows, occursIn, type Rows, whatFits } from './suggestions.js'

const readPage = pageReader(
  Type.Object({
    id: Type.Integer(),
    name: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  }),
)

/** More products than can have one name in different upper and lower case. */
const spellings = 20

type Given = Parameters<Completer>[1]
interface Engagement {
  readonly id: number
  readonly name?: string | null
}

/** The product that the other arguments name; undefined when they name none, null when there is none of that id or name. */
async function givenProduct(given: Given, dojo: DojoCall): Promise<number | null | undefined> {
  const id = givenId(given.product_id)
  const name = given.product_name ?? ''
  if (id !== undefined || name.trim() === '') return id
  // Engagements cannot be asked for by the name of their product, so this is a second request.
  const { results } = readProductPage(
    await dojo.get('products/', { name_exact: name, limit: spellings }),
  )
  return results.find((product) => product.name === name)?.id ?? null
}

/** The newest engagements: DefectDojo cannot look for part of a name or of an id, so that is done here. */
async function newest(given: Given, dojo: DojoCall): Promise<Rows<Engagement>> {
  const product = await givenProduct(given, dojo)
  if (product === null) return { count: 0, results: [] }
  return readPage(await dojo.get('engagements/', { product, o: '-created', limit: newestRows }))
}

/** Ids of engagements, newest first: by the first digits, or by part of the name. */
export const engagementIds: Completer = async (typed, given, { dojo }) => {
  const text = typed.trim()
  return whatFits(await newest(given, dojo), ({ id, name }) =>
    String(id).startsWith(text) || occursIn(text, name ?? '') ? String(id) : undefined,
  )
}

/** Names of engagements that have what is typed in them, newest first. */
export const engagementNames: Completer = async (typed, given, { dojo }) => {
  const text = typed.trim()
  return whatFits(await newest(given, dojo), ({ name }) =>
    name && occursIn(text, name) && isOfferable(name) ? name : undefined,
  )
}
