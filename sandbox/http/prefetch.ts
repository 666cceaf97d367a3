import type { Exchange } from './exchange.js'

/** Which fields may be named in `prefetch`, and how to show what each one points to. */
export type Prefetch<Row> = Readonly<
  Record<
    string,
    {
      ids(row: Row): readonly (number | null)[]
      view(x: Exchange, id: number): object | undefined
    }
  >
>

/** The objects that the rows point to, by field and id; unknown names are ignored. */
export function prefetched<Row>(
  x: Exchange,
  rows: readonly Row[],
  prefetch: Prefetch<Row>,
): Record<string, Record<string, object>> {
  const wanted = x.query.getAll('prefetch').flatMap((names) => names.split(','))
  const result: Record<string, Record<string, object>> = {}
  for (const name of wanted) {
    const source = prefetch[name]
    if (!source) continue
    const found: Record<string, object> = {}
    for (const id of rows.flatMap((row) => source.ids(row))) {
      if (id === null || found[id]) continue
      const view = source.view(x, id)
      if (view) found[id] = view
    }
    result[name] = found
  }
  return result
}
