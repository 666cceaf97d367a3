import { refused } from '../http/api-error.js'
import type { Exchange } from '../http/exchange.js'

type Key = string | number | boolean | null | undefined
/** What `o` may name, and what each name sorts by. */
export type Ordering<Row> = Readonly<Record<string, (row: Row, x: Exchange) => Key>>

/** Sorts as `o` says, or leaves the rows in the order they came in. A name outside the list is refused. */
export function applyOrdering<Row extends { id: number }>(
  x: Exchange,
  rows: Row[],
  ordering: Ordering<Row>,
): Row[] {
  const wanted = (x.query.getAll('o').at(-1) ?? '').split(',').filter((name) => name !== '')
  if (wanted.length === 0) return rows
  const keys = wanted.map((name) => {
    const descending = name.startsWith('-')
    const key = ordering[descending ? name.slice(1) : name]
    if (!key) {
      const text = `Select a valid choice. ${name} is not one of the available choices.`
      throw refused({ o: [{ text, code: 'invalid_choice' }] })
    }
    return { key, sign: descending ? -1 : 1 }
  })
  const decorated = rows.map((row) => ({ row, values: keys.map(({ key }) => key(row, x)) }))
  decorated.sort((a, b) => {
    for (const [index, { sign }] of keys.entries()) {
      const order = compare(a.values[index], b.values[index])
      if (order !== 0) return order * sign
    }
    // The real clock has microseconds, so rows made one after the other never tie on their dates; here the id stands in.
    return (a.row.id - b.row.id) * (keys.at(-1)?.sign ?? 1)
  })
  return decorated.map(({ row }) => row)
}

/** PostgreSQL's order: null last when ascending, first when descending. */
function compare(a: Key, b: Key): number {
  if (a === b) return 0
  if (a === null || a === undefined) return b === null || b === undefined ? 0 : 1
  if (b === null || b === undefined) return -1
  return a < b ? -1 : 1
}

/** An ordering by the fields of the row that have these names. */
export function byFields<Row>(...names: (keyof Row & string)[]): Ordering<Row> {
  return Object.fromEntries(names.map((name) => [name, (row: Row) => row[name] as Key]))
}
