import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { untrusted } from '../guard/untrusted-envelope.js'
import { afterWrite, pageReader, recordReader } from './record-reader.js'
import {
  EngagementRecord,
  ProductRecord,
  ProductTypeRecord,
  TagsRecord,
  TestRecord,
  TestTypeRecord,
} from './records.js'

/** What the caller sees (behaviour spec §1.4). Fields that an outsider can influence are marked `untrusted`. */

export const nullable = <Schema extends TSchema>(schema: Schema) =>
  Type.Union([schema, Type.Null()])

export const untrustedText = untrusted(Type.String())
export const untrustedTextOrNull = untrusted(nullable(Type.String()))
const untrustedTagsOrNull = untrusted(nullable(Type.Array(Type.String())))

export const ProductView = Type.Object({
  id: Type.Integer(),
  name: untrustedText,
  description: untrustedText,
  prod_type: Type.Integer(),
})
const productOf = (record: Static<typeof ProductRecord>): Static<typeof ProductView> => ({
  id: record.id,
  name: record.name,
  description: record.description,
  prod_type: record.prod_type,
})

export const ProductTypeView = Type.Object({
  id: Type.Integer(),
  name: untrustedText,
  description: untrustedTextOrNull,
  critical_product: Type.Boolean(),
  key_product: Type.Boolean(),
})
const productTypeOf = (
  record: Static<typeof ProductTypeRecord>,
): Static<typeof ProductTypeView> => ({
  id: record.id,
  name: record.name,
  description: record.description ?? null,
  critical_product: record.critical_product ?? false,
  key_product: record.key_product ?? false,
})

export const EngagementView = Type.Object({
  id: Type.Integer(),
  name: untrustedTextOrNull,
  product_id: Type.Integer(),
  status: nullable(Type.String()),
  target_start: Type.String(),
  target_end: Type.String(),
})
const engagementOf = (record: Static<typeof EngagementRecord>): Static<typeof EngagementView> => ({
  id: record.id,
  name: record.name ?? null,
  product_id: record.product,
  status: record.status ?? null,
  target_start: record.target_start,
  target_end: record.target_end,
})

export const TestView = Type.Object({
  id: Type.Integer(),
  engagement_id: Type.Integer(),
  test_type: Type.Integer(),
  title: untrustedTextOrNull,
  target_start: nullable(Type.String()),
  target_end: nullable(Type.String()),
})
const testOf = (record: Static<typeof TestRecord>): Static<typeof TestView> => ({
  id: record.id,
  engagement_id: record.engagement,
  test_type: record.test_type,
  title: record.title ?? null,
  target_start: record.target_start ?? null,
  target_end: record.target_end ?? null,
})

export const TestTypeView = Type.Object({
  id: Type.Integer(),
  name: untrustedText,
  tags: untrustedTagsOrNull,
})
const testTypeOf = (record: Static<typeof TestTypeRecord>): Static<typeof TestTypeView> => ({
  id: record.id,
  name: record.name,
  tags: record.tags ?? null,
})

export const TagListView = Type.Object({ tags: untrusted(Type.Array(Type.String())) })

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly pagination: {
    readonly count: number
    readonly offset: number
    readonly limit: number
    readonly has_next: boolean
  }
}

/** The schema of a list result: the items and where they stand in the whole. */
export const listOf = <Item extends TSchema>(item: Item) =>
  Type.Object({
    items: Type.Array(item),
    pagination: Type.Object({
      count: Type.Integer(),
      offset: Type.Integer(),
      limit: Type.Integer(),
      has_next: Type.Boolean(),
    }),
  })

/** What was asked for: DefectDojo's answer does not repeat it. */
export interface PageRequest {
  readonly limit: number
  readonly offset: number
}

/** One page of what DefectDojo gives as a whole. */
export const slice = <Item>(all: readonly Item[], { limit, offset }: PageRequest): Page<Item> => ({
  items: all.slice(offset, offset + limit),
  pagination: { count: all.length, offset, limit, has_next: offset + limit < all.length },
})

/** The forms in which DefectDojo gives an object, read and turned into what the caller sees. */
export function viewOf<Schema extends TSchema, View>(
  schema: Schema,
  toView: (record: Static<Schema>) => View,
) {
  const readOne = recordReader(schema)
  const readPage = pageReader(schema)

  const one = (body: unknown): View => toView(readOne(body))

  return {
    one,
    /** The same, of the answer to a write. */
    written: (body: unknown): View => afterWrite(one, body),
    page(body: unknown, { limit, offset }: PageRequest): Page<View> {
      const { count, results } = readPage(body)
      const total = count ?? results.length
      return {
        items: results.map(toView),
        pagination: { count: total, offset, limit, has_next: offset + limit < total },
      }
    },
  }
}

export const productView = viewOf(ProductRecord, productOf)
export const productTypeView = viewOf(ProductTypeRecord, productTypeOf)
export const engagementView = viewOf(EngagementRecord, engagementOf)
export const testView = viewOf(TestRecord, testOf)
export const testTypeView = viewOf(TestTypeRecord, testTypeOf)

const readTags = recordReader(TagsRecord)
/** The tags of a finding, as both tag calls of DefectDojo give them. */
export const tagListView = (body: unknown): Static<typeof TagListView> => ({
  tags: readTags(body).tags,
})
