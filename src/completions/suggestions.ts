import type { Suggestions } from './completer.js'

/** A page of a list, as DefectDojo answers it. */
export interface Rows<Row> {
  readonly count?: number
  readonly results: readonly Row[]
}

/**
 * How many rows are read where DefectDojo's filters cannot choose among them: as many as it gives at once in every edition, and few
 * enough to be had while someone types.
 */
export const newestRows = 250

/** No value fits. */
export const nothing: Suggestions = { values: [], total: 0 }

/** The ids of rows that DefectDojo chose itself: all of them fit, and it has counted those behind this page. */
export const idsOf = ({ count, results }: Rows<{ readonly id: number }>): Suggestions => ({
  values: results.map(({ id }) => String(id)),
  total: count ?? results.length,
})

/**
 * What is left of rows that are chosen here, each value once.
 * @param valueIn the value of a row; undefined when it does not fit
 */
export function whatFits<Row>(
  { count, results }: Rows<Row>,
  valueIn: (row: Row) => string | undefined,
): Suggestions {
  const fitting = results.map(valueIn).filter((value) => value !== undefined)
  const values = [...new Set(fitting)]
  const isWhole = (count ?? results.length) <= results.length
  return {
    values,
    ...(isWhole ? { total: values.length } : { more: true }),
  }
}

/** True when one text occurs in another, upper or lower case, as DefectDojo's own filters by part of a text do it. */
export const occursIn = (part: string, text: string): boolean =>
  text.toLowerCase().includes(part.toLowerCase())
