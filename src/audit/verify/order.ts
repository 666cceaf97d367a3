import type { TrailSource } from './source.js'

/** Where a record stands, as it states itself. */
interface Place {
  readonly chainId: string | null
  readonly seq: number | null
}

/** The first and the last record of a file; null if it holds none. */
export interface Ends {
  readonly source: TrailSource
  readonly first: Place | null
  readonly last: Place | null
}

/** Whether both are of one chain of ours, and `one` is the earlier record of it. */
const isEarlier = (one: Place | null, other: Place | null): boolean | null =>
  one === null || other === null || one.chainId === null || one.chainId !== other.chainId
    ? null
    : (one.seq ?? 0) < (other.seq ?? 0)

/** Whether the content of `one` has to be read before that of `other`, because it comes earlier in a chain of both. */
const precedes = (one: Ends, other: Ends): boolean =>
  one !== other &&
  (isEarlier(one.last, other.first) ??
    isEarlier(one.first, other.first) ??
    isEarlier(one.last, other.last) ??
    false)

/** Files in the order of their content (docs/audit-format.md §5.1); where that says nothing, as they were named. */
export function inOrder(files: readonly Ends[]): TrailSource[] {
  const left = [...files]
  const ordered: TrailSource[] = []
  while (left.length > 0) {
    const at = left.findIndex((file) => !left.some((other) => precedes(other, file)))
    // Files that contradict each other are read as they come; what is wrong with them shows then.
    const [next] = left.splice(Math.max(0, at), 1)
    if (next) ordered.push(next.source)
  }
  return ordered
}
