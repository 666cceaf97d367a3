import type { Exchange } from './exchange.js'

/** One page of a list, with the addresses of its neighbours built from the request's own, parameters in alphabetical order. */
export function page<Row>(
  x: Exchange,
  rows: readonly Row[],
  view: (rows: readonly Row[]) => unknown[],
): { count: number; next: string | null; previous: string | null; results: unknown[] } {
  const limit = positive(x.query.getAll('limit').at(-1)) || 25
  const offset = positive(x.query.getAll('offset').at(-1))
  const count = rows.length
  return {
    count,
    next: offset + limit < count ? address(x, limit, offset + limit) : null,
    previous: offset > 0 ? address(x, limit, offset - limit) : null,
    results: view(rows.slice(offset, offset + limit)),
  }
}

function positive(text: string | undefined): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : 0
}

function address(x: Exchange, limit: number, offset: number): string {
  const query = new URLSearchParams(x.query)
  query.set('limit', String(limit))
  if (offset > 0) query.set('offset', String(offset))
  else query.delete('offset')
  query.sort()
  return `${x.origin}${x.path}?${query}`
}
