/** What a cursor holds: the version of this form, and how many products come before the page. */
const content = /^1:(0|[1-9]\d{0,9})$/

/** DefectDojo counts no further. */
const maxOffset = 2_147_483_647

/** The cursor of the page of products that begins at `offset`; its form is nobody's business but ours. */
export const cursorAt = (offset: number): string =>
  Buffer.from(`1:${offset}`, 'latin1').toString('base64url')

/** Where the page of a cursor begins; undefined for any text that {@link cursorAt} does not give. */
export function offsetOf(cursor: string): number | undefined {
  if (cursor.length > 16) return undefined
  const [, digits] = content.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  if (digits === undefined) return undefined
  const offset = Number(digits)
  // Decoding is lenient; only one spelling is ours.
  return offset <= maxOffset && cursorAt(offset) === cursor ? offset : undefined
}
