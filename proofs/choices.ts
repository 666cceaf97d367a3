/** Choices made at random, as often as one likes. */
export interface Choices {
  /** At least 0, less than 1. */
  next(): number
  /** A whole number, at least 0, less than `limit`. */
  below(limit: number): number
  pick<T>(from: readonly T[]): T
}

/** From a source of numbers such as {@link startProof} gives. */
export function choicesFrom(next: () => number): Choices {
  const below = (limit: number): number => Math.floor(next() * limit)
  return { next, below, pick: (from) => from[below(from.length)] as (typeof from)[number] }
}
