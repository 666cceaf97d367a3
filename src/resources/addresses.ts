/** The kinds of objects that have addresses. */
export type Collection = 'products' | 'engagements' | 'tests' | 'findings'

/** The address of one object. */
export const addressOf = (collection: Collection, id: number): string =>
  `defectdojo://${collection}/${id}`

/** The address of what belongs to one object. */
export const addressBelow = (
  collection: Collection,
  id: number,
  below: Collection | 'notes',
): string => `${addressOf(collection, id)}/${below}`
