import { type TObject, type TProperties, Type } from '@sinclair/typebox'
import { nullable, type Page } from '../dojo/views.js'
import { limit, offset } from '../guard/field-kinds.js'
import { addressOf, type Collection } from './addresses.js'

/** The two parameters of every address that stands for a list. */
export const pageFields = { limit: limit(), offset: offset() }

/** The schema of an object that names its own address. */
export const addressed = <Properties extends TProperties>(view: TObject<Properties>) =>
  Type.Composite([Type.Object({ uri: Type.String() }), view])

/** An object of DefectDojo's with its own address in front. */
export const withAddress = <View extends { readonly id: number }>(
  collection: Collection,
  view: View,
): { uri: string } & View => ({ uri: addressOf(collection, view.id), ...view })

/** The schema of one page of a list; `next` is the address of the page behind it. */
export const pageOf = <Properties extends TProperties>(item: TObject<Properties>) =>
  Type.Object({
    count: Type.Integer(),
    next: nullable(Type.String()),
    items: Type.Array(item),
  })

/** A page of the list at `address`, in as few words as tell where the next one is. */
export function pageAt<Item>(address: string, { items, pagination }: Page<Item>) {
  const { count, limit, offset, has_next } = pagination
  return {
    count,
    next: has_next ? `${address}?limit=${limit}&offset=${offset + limit}` : null,
    items: [...items],
  }
}

/** The same of objects with addresses of their own. */
export const pageOfObjects = <View extends { readonly id: number }>(
  address: string,
  collection: Collection,
  page: Page<View>,
) => pageAt(address, { ...page, items: page.items.map((view) => withAddress(collection, view)) })
